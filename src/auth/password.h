/* Password - bcrypt ($2b$) by libxcrypt; hashes made by passlib verify. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "json/schema.h"

enum { PASSWORD_HASH_BYTES = 61 }; /* 60 characters and the NUL */

/* What descriptions say of it beside `max`: fewer characters are fewer bytes, but for some letters
 * outside of ASCII. */
#define PASSWORD_LENGTH "\"minLength\":8"

/* Field check for schemas: 8 to 72 bytes, not one of the commonest. A NUL cannot get here. */
bool password_check(const Decoder *d, const Field *field, const char *password);

/* Hashes; some 200 ms at cost 12. */
bool password_hash(const char *password, int cost, char ret_hash[PASSWORD_HASH_BYTES], Error *err);

/* Does it match? A password over 72 bytes and a stored form that is not exactly a bcrypt hash
 * ($2a$, $2b$, $2y$) match nothing, after the same work as a wrong password; so does `hash` NULL,
 * which is nobody's. That work is that of a hash of this `cost`, also where the stored one is
 * cheaper: time tells nobody who has an account, or of what age its hash is. */
bool password_matches(const char *password, const char *hash, int cost);

/* Is this what password_hash makes at `cost`? Otherwise hash anew when the password is at hand. */
bool password_is_current(const char *hash, int cost);
