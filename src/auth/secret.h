/* Secret - the one secret of an installation, and the keys that are derived from it.
 *
 *   secret_from_text(SECRET_KEY) or secret_load_or_create(<data_dir>/secret)
 *   secret_derive … secret_derive, secret_finish
 *
 * Errors are ERROR_INVALID with a sentence for whoever runs the program: it must not start. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

enum { SECRET_BYTES = 32 };

/* HKDF's pseudorandom key: whatever length the input had, this is what is kept of it. */
typedef struct Secret {
    unsigned char key[SECRET_BYTES];
} Secret;

/* A SECRET_KEY out of the configuration: at least 32 bytes, none of the well-known examples and
 * no placeholder. */
bool secret_from_text(const char *text, Secret *ret_secret, Error *err);

/* The secret in a file: 32 bytes or more in hexadecimal. Makes it when there is none, all at once:
 * a kill leaves no half file, and of two servers that start together both get the same one.
 * Refuses symbolic links and files that others own, read or write. */
bool secret_load_or_create(const char *path, Secret *ret_secret, Error *err);

/* RFC 5869 HKDF-Expand: one key for each label ("access", "refresh", "cursor", "replay"), so that
 * nothing signed for one use is valid for another. */
void secret_derive(const Secret *secret, const char *label, unsigned char ret_key[SECRET_BYTES]);

/* Overwrites it. */
void secret_finish(Secret *secret);
