/* What the files of accounts and sessions share: how one signs in. */
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
