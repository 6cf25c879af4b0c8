/* Refresh - refresh tokens, that are recomputed and never stored.
 *
 *   fr1.<base64url of: session id, generation, HMAC-SHA-256 over both and the session's nonce>
 *
 * The session's row holds a random nonce and the newest generation. Use one so:
 *
 *   refresh_read               which session? (its form is all that is known)  false: 401
 *   sessions_find              none, ended or expired: 401
 *   refresh_is_genuine         false: 401 and nothing else, so that nobody can end another person's
 *                              session by guessing
 *   generation < the row's     a genuine token a second time: it was stolen; end the session
 *
 * A new nonce makes every older token of the session a forgery. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"
#include "base/arena.h"

/* The token text, in the arena. Ids and generations are not negative. */
const char *refresh_issue(const TokenKey *key, int64_t session_id, int64_t generation,
                          const char *nonce, Arena *arena);

/* What the text says of itself. False: it has not the form of one. Proves nothing. */
bool refresh_read(const char *text, int64_t *ret_session_id, int64_t *ret_generation);

/* Did we issue it for the session with this nonce? Compares in constant time. */
bool refresh_is_genuine(const TokenKey *key, const char *text, const char *nonce);
