/* What the files of accounts and sessions share: how one signs in. */
#pragma once

#include "api/tries.h"
#include "http/reply.h"
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

/* In the WRITE lane: 401 with this sentence, and a line in the audit trail, which stays. */
Reply refuse_password(Request *req, const Tries *tries, const char *sentence);

/* The tokens of a session that is open. */
Reply reply_tokens(Request *req, User *user, const Session *session);

/* Opens a session for `user` and gives {user, access_token, refresh_token, …}. */
Reply reply_signed_in(Request *req, User *user);
