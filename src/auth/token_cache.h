/* TokenCache - the access tokens that were found genuine a short while ago: who asks again does not
 * make us compute the signature and read the JSON of the claims again.
 *
 * Only what can never change is kept: the very bytes of a token, and what it says. Whether it is
 * valid at this moment is judged at each use, and whether its session still stands is asked of the
 * database (permit.h), as without a cache. docs/decisions/0008. Thread-safe. */
#pragma once

#include "auth/token.h"

typedef struct TokenCache TokenCache;

/* Empty, in the arena; it never grows. `key` must outlive it: a cache is for one key. */
TokenCache *token_cache_create(const TokenKey *key, Arena *arena);

/* As token_verify: always the same answer to the same question. */
bool token_cache_verify(TokenCache *cache, const char *token, int64_t now_s, Arena *arena,
                        TokenClaims *ret_claims);
