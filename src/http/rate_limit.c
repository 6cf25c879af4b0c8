#include "http/rate_limit.h"

#include <pthread.h>

#include "base/address.h"
#include "base/random.h"

/* How it works: the generic cell rate algorithm (ITU-T I.371). For each client one moment is kept,
 * the one at which its allowance is whole again; a request moves it on by the time that one request
 * costs, and is refused when that would be further ahead than the whole allowance. So a bucket is
 * 16 bytes, needs no timer, and a zeroed one is a client that has not been seen. */

enum { SETS = 2048, WAYS = 4, LOCKS = 64 };

typedef struct Bucket {
    uint64_t client;
    int64_t whole_at_us;
} Bucket;

struct RateLimiter {
    pthread_mutex_t locks[LOCKS];
    uint64_t seeds[RATE_CLASSES]; /* so that nobody can choose with whom they share a set */
    Bucket buckets[SETS][WAYS];
};

/* draft-ietf-httpapi-ratelimit-headers-10: q requests in a window of w seconds. */
static const struct {
    const char *name;
    const char *policy;
    int64_t cost_us;
    int64_t window_us;
} classes[] = {
    [RATE_GENERAL] = { "default", "\"default\";q=600;w=3", 5000, 3000000 },
    [RATE_GUESSING] = { "accounts", "\"accounts\";q=20;w=60", 3000000, 60000000 },
    [RATE_HEALTH] = { "health", "\"health\";q=60;w=6", 100000, 6000000 },
    [RATE_STRANGERS] = { "strangers", "\"strangers\";q=300;w=600", 2000000, 600000000 },
    [RATE_FAILURES] = { "failures", "\"failures\";q=1000;w=3600", 3600000, 3600000000 },
};

RateLimiter *rate_limiter_create(Arena *arena)
{
    RateLimiter *limiter = ARENA_NEW(arena, RateLimiter);

    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&limiter->locks[i], NULL);
    random_bytes(limiter->seeds, sizeof(limiter->seeds));
    return limiter;
}

/* One for each client and class: nobody shares a bucket with anybody. */
static uint64_t bucket_of(const RateLimiter *limiter, RateClass class, const char *address)
{
    return address_spread(address != NULL ? address_network(address) : 0, limiter->seeds[class]);
}

/* The client's bucket, or the one that is forgotten for it. */
static Bucket *find_bucket(Bucket set[WAYS], uint64_t client)
{
    Bucket *least = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].client == client)
            return &set[i];
        if (set[i].whole_at_us < least->whole_at_us)
            least = &set[i];
    }
    *least = (Bucket){ .client = client };
    return least;
}

RateVerdict rate_limiter_count(RateLimiter *limiter, RateClass class, const char *address,
                               int64_t now_us)
{
    uint64_t client = bucket_of(limiter, class, address);
    size_t set = client % SETS;
    int64_t cost = classes[class].cost_us;
    int64_t window = classes[class].window_us;
    RateVerdict verdict = { .policy = classes[class].policy };

    pthread_mutex_lock(&limiter->locks[set % LOCKS]);
    Bucket *bucket = find_bucket(limiter->buckets[set], client);
    int64_t debt = bucket->whole_at_us > now_us ? bucket->whole_at_us - now_us : 0;
    verdict.is_allowed = debt + cost <= window;
    if (verdict.is_allowed) {
        debt += cost;
        bucket->whole_at_us = now_us + debt;
    }
    pthread_mutex_unlock(&limiter->locks[set % LOCKS]);

    verdict.remaining = (unsigned)((window - debt) / cost);
    verdict.reset_s = (unsigned)((debt + 999999) / 1000000);
    if (!verdict.is_allowed)
        verdict.retry_after_s = (unsigned)((debt + cost - window + 999999) / 1000000);
    return verdict;
}

void rate_limiter_forgive(RateLimiter *limiter, RateClass class, const char *address)
{
    uint64_t client = bucket_of(limiter, class, address);
    size_t set = client % SETS;

    pthread_mutex_lock(&limiter->locks[set % LOCKS]);
    find_bucket(limiter->buckets[set], client)->whole_at_us -= classes[class].cost_us;
    pthread_mutex_unlock(&limiter->locks[set % LOCKS]);
}

const char *rate_limit_state(RateClass class, const RateVerdict *verdict, Arena *arena)
{
    return arena_printf(arena, "\"%s\";r=%u;t=%u", classes[class].name, verdict->remaining,
                        verdict->reset_s);
}
