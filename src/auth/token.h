/* Token - access tokens: JSON Web Tokens (RFC 7519), HS256 and nothing else.
 *
 * The header must be byte for byte one that we issue; the signature is checked (constant time)
 * before a claim is read; rights never come from the token, only the identity does. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct TokenClaims {
    int64_t user_id;    /* sub, as decimal text */
    int64_t session_id; /* sid */
    int64_t issued_at_s;
    int64_t expires_at_s;
} TokenClaims;

typedef struct TokenKey {
    const unsigned char *secret;
    size_t secret_length;
} TokenKey;

/* A signed token, in the arena. */
const char *token_issue(const TokenKey *key, const TokenClaims *claims, Arena *arena);

/* Reads and checks: exact form, signature, exp (no leeway), nbf, iat (30 s), iss, aud. False for
 * anything else, without saying why. `now_s`: seconds since 1970. */
bool token_verify(const TokenKey *key, const char *token, int64_t now_s, Arena *arena,
                  TokenClaims *ret_claims);

/* token_verify in two parts, for the cache: what never changes about a token, and what does. */
typedef struct GenuineToken {
    TokenClaims claims;
    int64_t not_before_s; /* nbf */
} GenuineToken;

/* All but the time: false when it is not genuine, whenever that may be. */
bool token_read(const TokenKey *key, const char *token, Arena *arena, GenuineToken *ret_token);

/* Only the time: exp, nbf and iat. */
bool token_is_valid_at(const GenuineToken *token, int64_t now_s);
