#include "auth/token_cache.h"

#include <pthread.h>
#include <string.h>

#include "auth/mac.h"
#include "base/limits.h"

/* How it works: a token has one place, and a newer one takes the place of an older. Which place,
 * its signature says: that is a hash under a key which nobody else has, so nobody can choose whom
 * they push out. A forged token finds its place too, and there is only compared, in constant time,
 * with the genuine one that may lie in it. */

enum { LEAST_BYTES = 64 }; /* the header and the start of a signature: nothing shorter is genuine */

typedef struct Place {
    pthread_mutex_t mutex;
    size_t length; /* 0: empty */
    char text[LIMIT_CACHED_TOKEN_BYTES];
    GenuineToken token;
} Place;

struct TokenCache {
    TokenKey key;
    Place places[LIMIT_CACHED_TOKENS];
};

TokenCache *token_cache_create(const TokenKey *key, Arena *arena)
{
    TokenCache *cache = ARENA_NEW(arena, TokenCache);

    cache->key = *key;
    for (size_t i = 0; i < LIMIT_CACHED_TOKENS; i++)
        pthread_mutex_init(&cache->places[i].mutex, NULL);
    return cache;
}

/* Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4) of the last characters
 * but the very last, which has few values. */
static Place *place_of(TokenCache *cache, const char *text, size_t length)
{
    uint64_t end;

    memcpy(&end, text + length - 1 - sizeof(end), sizeof(end));
    return &cache->places[(end * UINT64_C(0x9e3779b97f4a7c15) >> 32) % LIMIT_CACHED_TOKENS];
}

static bool find(Place *place, const char *text, size_t length, GenuineToken *ret_token)
{
    pthread_mutex_lock(&place->mutex);
    bool is_it = place->length == length &&
                 mac_equal((const unsigned char *)place->text, (const unsigned char *)text, length);
    *ret_token = place->token;
    pthread_mutex_unlock(&place->mutex);
    return is_it;
}

static void keep(Place *place, const char *text, size_t length, const GenuineToken *token)
{
    pthread_mutex_lock(&place->mutex);
    memcpy(place->text, text, length);
    place->length = length;
    place->token = *token;
    pthread_mutex_unlock(&place->mutex);
}

bool token_cache_verify(TokenCache *cache, const char *token, int64_t now_s, Arena *arena,
                        TokenClaims *ret_claims)
{
    size_t length = strnlen(token, LIMIT_CACHED_TOKEN_BYTES + 1);
    if (length < LEAST_BYTES || length > LIMIT_CACHED_TOKEN_BYTES)
        return token_verify(&cache->key, token, now_s, arena, ret_claims);

    Place *place = place_of(cache, token, length);
    GenuineToken found;
    if (!find(place, token, length, &found)) {
        if (!token_read(&cache->key, token, arena, &found))
            return false;
        keep(place, token, length, &found);
    }
    if (!token_is_valid_at(&found, now_s))
        return false;
    *ret_claims = found.claims;
    return true;
}
