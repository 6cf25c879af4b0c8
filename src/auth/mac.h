/* MAC - HMAC-SHA256 (RFC 2104, FIPS 180-4) by OpenSSL, and base64url (RFC 4648 5) for what it
 * signs: access tokens, refresh tokens, cursors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { MAC_BYTES = 32 };

void mac_sha256(const unsigned char *key, size_t key_length, const void *data, size_t length,
                unsigned char ret_mac[MAC_BYTES]);

/* In constant time. */
bool mac_equal(const unsigned char *a, const unsigned char *b, size_t length);

/* Without padding, in the arena. */
const char *base64url_encode(Arena *arena, const void *bytes, size_t length);

/* Strict: no padding, no blanks, nothing outside the alphabet, unused bits zero. A NUL follows the
 * bytes. */
bool base64url_decode(Arena *arena, const char *text, size_t length, unsigned char **ret_bytes,
                      size_t *ret_length);
