/* Account text - user names and e-mail addresses: what is one, and which two are the same.
 *
 * A key is the stored form that unique indexes and look-ups compare byte for byte. Nothing outside
 * ASCII is ever folded into ASCII, so that no look-alike (ı, ſ, K, full-width letters) can reach
 * another person's account, as in CVE-2019-19844. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "json/schema.h"

/* Field checks for schemas. User name: 3 to 50 ASCII letters, digits, '.', '_' and '-'. Address:
 * RFC 5321 with an ASCII dot-atom before the '@' and a domain of two or more labels behind it,
 * which may be internationalised (RFC 5891). */
bool account_check_username(const Decoder *d, const Field *field, const char *username);
bool account_check_email(const Decoder *d, const Field *field, const char *email);

/* The key, in the arena; NULL when the text fails its check. */
const char *account_username_key(Arena *arena, const char *username);
const char *account_email_key(Arena *arena, const char *email);

/* The key of either: an address has an '@', a user name cannot have one. NULL gives NULL. */
const char *account_key(Arena *arena, const char *name_or_address);
