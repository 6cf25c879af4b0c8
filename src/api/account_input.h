/* Account input - what the files about accounts share: how an account comes in, and how it is
 * changed and deleted in the name of who asks (auth/accounts.h has the rules). */
#pragma once

#include "auth/account_text.h"
#include "auth/password.h"
#include "base/limits.h"
#include "http/reply.h"

/* Field check: an IANA time zone that this system knows. */
bool timezone_check(const Decoder *d, const Field *field, const char *name);

/* The members by which an account is known, the same in every table that takes them. */
#define USERNAME_FIELD(struct_, flags_)                                                            \
    TEXT(struct_, username, .flags = (flags_), .min = 3, .max = LIMIT_USERNAME,                    \
         .check = account_check_username, .pattern = "^[A-Za-z0-9._-]{3,50}$",                     \
         .doc = "3 to 50 letters, digits, `.`, `_` or `-`.", .example = "\"amira\"")

#define EMAIL_FIELD(struct_, flags_)                                                               \
    TEXT(struct_, email, .flags = (flags_), .max = LIMIT_EMAIL, .check = account_check_email,      \
         .format = "email", .doc = "Compared without regard to case.",                             \
         .example = "\"amira@example.org\"")

#define PASSWORD_FIELD(struct_, flags_)                                                            \
    TEXT(struct_, password, .flags = (flags_) | WRITE_ONLY | UNBOUNDED_TEXT,                       \
         .max = LIMIT_PASSWORD_BYTES, .check = password_check, .format = "password",               \
         .described = PASSWORD_LENGTH, .doc = "8 to 72 bytes.",                                    \
         .example = "\"correct horse battery\"")

#define TIMEZONE_FIELD(struct_)                                                                    \
    TEXT(struct_, timezone, .flags = NULLABLE, .max = LIMIT_ZONE_NAME, .check = timezone_check,    \
         .doc = "IANA time zone that new events get when they name none; null is UTC.",            \
         .example = "\"Europe/Zurich\"")

/* Step for the READ lane, before the next one: ERROR_CONFLICT when the name or the address of the
 * body (struct User) is taken. */
Reply check_is_free(Request *req);

/* Step for the HASH lane: hashes the `password` of the body (struct User) and
 * leaves the hash in req->state. */
Reply hash_password_of_body(Request *req);
Reply hash_for_next_step(Request *req, const char *password);

/* What one may change of one's own account, and what administrators may set of any. */
extern const Schema own_account_schema;
extern const Schema new_account_schema;

/* What other people see of an account. */
extern const Schema person_schema;

/* `?events=delete` or `?events=transfer&to=<user id>`: what account_delete takes. */
extern const Schema delete_account_query_schema;

/* For a step in the READ lane before the account `id` is deleted: counts what must be known about
 * its events, so that no writer has to. */
Reply account_look_at_legacy(Request *req, int64_t id);

/* Writes what `patch` (struct User) changes in the account; *ret_after is the result. What somebody
 * changes in his own counts as account_count_change says. */
bool account_update(Request *req, const Schema *schema, const User *before, const User *patch,
                    User *ret_after);

/* Ids follow one another: who names people whom he cannot see by their number could list them all.
 * So those whom the caller shares no event with are counted, also when they are nobody's; 429 after
 * LIMIT_STRANGERS_BY_ID in a day. Two steps before the handler, for to find out who is one is a
 * walk along all that the caller may see:
 *
 *   .before = { { LANE_SCAN, … account_find_strangers(req, ids, count) },
 *               { LANE_WRITE, account_count_strangers, account_names_strangers } }
 *
 * What is counted stays, whatever becomes of the rest. They hand on what they found in req->state.
 */
Reply account_find_strangers(Request *req, const int64_t ids[], size_t count);
bool account_names_strangers(const Request *req);
Reply account_count_strangers(Request *req);

#define COUNTS_STRANGERS                                                                           \
    {                                                                                              \
        LANE_WRITE, account_count_strangers, account_names_strangers                               \
    }

/* Counts one change that the caller makes to his own account; ERROR_TOO_MANY_REQUESTS after
 * LIMIT_ACCOUNT_CHANGES in a day. */
bool account_count_change(Request *req);

/* Deletes the account, and its events or not, as the query says. */
bool account_delete(Request *req, const User *user);
