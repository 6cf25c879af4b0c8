/* Account input - what the files about accounts share: how an account comes in, and how it is
 * changed and deleted in the name of who asks (auth/accounts.h has the rules). */
#pragma once

#include "http/request.h"

/* Field check: an IANA time zone that this system knows. */
bool timezone_check(const Decoder *d, const Field *field, const char *name);

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

/* Writes what `patch` (struct User) changes in the account; *ret_after is the result. */
bool account_update(Request *req, const Schema *schema, const User *before, const User *patch,
                    User *ret_after);

/* Deletes the account, and its events or not, as the query says. */
bool account_delete(Request *req, const User *user);
