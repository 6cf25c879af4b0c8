/* What the files of accounts, sessions and users share. */
#pragma once

#include "http/request.h"
#include "store/sessions.h"

#define SESSION_LIFETIME_US (30 * DAY_US) /* without a refresh in between */

typedef struct SignedIn {
    Members given;
    User *user;
    const char *access_token;
    const char *refresh_token;
    const char *token_type;
    int64_t expires_in;
} SignedIn;
extern const Schema signed_in_schema;

/* Field check: an IANA time zone that this system knows. */
bool timezone_check(const Decoder *d, const Field *field, const char *name);

/* Step for the HASH lane: hashes the `password` of the body (struct User), if it has one, and
 * leaves the hash in req->state. */
Reply hash_password_of_body(Request *req);

/* Counts a try to prove who one is, before anything is hashed; one counter for all doors. `account`
 * is account_name's. */
bool count_tries(Request *req, const char *account, bool *ret_locked);

/* What tries are counted by: an account's id, or the key of an unknown name, so that both look the
 * same. */
const char *account_name(Request *req, const User *user, const char *key);

/* The tokens of a session that is open. */
Reply reply_tokens(Request *req, User *user, const Session *session);

/* Opens a session for `user` and gives {user, access_token, refresh_token, …}. */
Reply reply_signed_in(Request *req, User *user);

/* The reply for a name or an address that somebody else has. */
Reply reply_taken(Request *req);

/* Writes what `patch` (struct User) changes in the account; *ret_after is the result. */
bool account_update(Request *req, const Schema *schema, const User *before, const User *patch,
                    User *ret_after);

/* `?events=delete` or `?events=transfer&to=<user id>`: what becomes of the events of an account
 * that is deleted. */
enum { EVENTS_DELETE, EVENTS_TRANSFER };
typedef struct DeleteAccountQuery {
    Members given;
    int64_t events; /* one of these, or INTEGER_NULL */
    int64_t to;
} DeleteAccountQuery;
extern const Schema delete_account_query_schema;

/* The account that gets events: `where` has a fault when there is none that can. */
bool account_find_heir(Request *req, int64_t id, const Location *where, User **ret_heir);

/* Deletes the account with its events, or hands them on. */
bool account_delete(Request *req, const User *user);
