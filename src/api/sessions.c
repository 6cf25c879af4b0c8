/* Sessions: renew, sign out, see and end them; the password, whose change ends them. */

#include "api/account_input.h"
#include "api/accounts_api.h"
#include "api/event_input.h"
#include "api/routes.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "auth/refresh.h"
#include "base/limits.h"
#include "permit/user.h"
#include "store/audit.h"

enum { PARENT_GRACE_S = 10 }; /* a client that lost the reply may ask once more */

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct Refresh {
    Members given;
    const char *refresh_token;
    int64_t grant_type;
} Refresh;

static const char *const refresh_grants[] = { "refresh_token", NULL };

static const Field refresh_fields[] = {
    TEXT(Refresh, refresh_token, .flags = REQUIRED, .min = 1, .max = LIMIT_TOKEN_BYTES,
         .doc = "From the last sign-in or refresh; each is good once.", .example = "\"fr1.AAAA\""),
    CHOICE(Refresh, grant_type, .choices = refresh_grants, .doc = "RFC 6749 6.",
           .example = "\"refresh_token\""),
};

static const Schema refresh_schema = SCHEMA(Refresh, refresh_fields, .doc = "A token to renew.");

typedef struct Message {
    Members given;
    const char *message;
} Message;

static const Field message_fields[] = {
    TEXT(Message, message, .doc = "What was done.", .example = "\"Successfully logged out\""),
};

static const Schema message_schema = SCHEMA(Message, message_fields, .doc = "A sentence.");

typedef struct LogoutQuery {
    Members given;
    bool all;
} LogoutQuery;

static const Field logout_query_fields[] = {
    BOOLEAN(LogoutQuery, all, .fallback = "false", .doc = "End every session of mine.",
            .example = "true"),
};

static const Schema logout_query_schema =
    SCHEMA(LogoutQuery, logout_query_fields, .doc = "How much to end.");

typedef struct PasswordChange {
    Members given;
    const char *current_password;
    const char *new_password;
} PasswordChange;

static const Field password_fields[] = {
    TEXT(PasswordChange, current_password, .flags = REQUIRED | WRITE_ONLY | UNBOUNDED_TEXT,
         .min = 1, .max = 4096, .format = "password", .doc = "The present one.",
         .example = "\"correct horse battery\""),
    TEXT(PasswordChange, new_password, .flags = REQUIRED | WRITE_ONLY | UNBOUNDED_TEXT, .max = 72,
         .check = password_check, .format = "password", .described = PASSWORD_LENGTH,
         .doc = "8 to 72 bytes.", .example = "\"a better horse battery\""),
};

static const Schema password_schema =
    SCHEMA(PasswordChange, password_fields, .doc = "A new password.");

/* -- Handlers ------------------------------------------------------------------------------------
 */

/* What a refresh found: the session to go on with, or NULL: 401. */
typedef struct Rotation {
    Session *session;
    User *user;
} Rotation;

static const char *session_detail(Request *req, int64_t id)
{
    return arena_printf(req->arena, "{\"session\":%lld}", (long long)id);
}

static bool audit_sign_out(Request *req, const char *detail)
{
    const Author author = author_of(req, NULL);
    const char *subject = arena_printf(req->arena, "user %lld", (long long)req->user->user_id);

    return audit_record(req->db, &author, "user.sign_out", subject, detail, &req->error);
}

/* A genuine token that is not the newest: the parent, shortly after, gets the same answer again;
 * anything else was stolen and ends the family. */
static bool judge_old_token(Request *req, Session *session, int64_t generation, bool *ret_fine)
{
    bool found = false;
    const Author author = author_of(req, NULL);
    const char *subject = arena_printf(req->arena, "user %lld", (long long)session->user_id);

    *ret_fine = generation == session->generation - 1 &&
                req->now - session->rotated_at <= PARENT_GRACE_S * SECOND_US;
    return *ret_fine || (sessions_revoke(req->db, session->id, session->user_id, req->now, &found,
                                         &req->error) &&
                         (!found || audit_record(req->db, &author, "session.replayed", subject,
                                                 session_detail(req, session->id), &req->error)));
}

/* The session, locked with its account, so that of two with one token the second one is judged by
 * what the first one did. *ret_session is NULL when the token is worth nothing. */
static bool find_session(Request *req, const char *token, int64_t session_id, Session **ret_session,
                         User **ret_user)
{
    const TokenKey key = { .secret = req->app->refresh_key, .secret_length = KEY_BYTES };
    Session *session = NULL;

    *ret_session = NULL;
    if (!sessions_find(req->db, req->arena, session_id, &session, &req->error))
        return false;
    if (session == NULL || !refresh_is_genuine(&key, token, session->nonce))
        return true;
    if (!users_find_locked(req->db, req->arena, session->user_id, ret_user, &req->error) ||
        !sessions_find(req->db, req->arena, session_id, &session, &req->error))
        return false;
    bool is_alive = session != NULL && session->revoked_at == INSTANT_NULL &&
                    session->expires_at > req->now && *ret_user != NULL && (*ret_user)->is_active;
    *ret_session = is_alive ? session : NULL;
    return true;
}

static bool rotate(Request *req, const char *token, Rotation *rotation)
{
    int64_t session_id = 0;
    int64_t generation = 0;
    Session *session = NULL;
    bool is_fine = false;

    if (!refresh_read(token, &session_id, &generation))
        return true;
    if (!find_session(req, token, session_id, &session, &rotation->user))
        return false;
    if (session == NULL)
        return true;
    if (generation == session->generation) {
        if (!sessions_rotate(req->db, session, req->now, req->now + SESSION_LIFETIME_US, &is_fine,
                             &req->error))
            return false;
        session->generation++;
    } else if (!judge_old_token(req, session, generation, &is_fine)) {
        return false;
    }
    rotation->session = is_fine ? session : NULL;
    return true;
}

/* In the WRITE lane with its reply: what was rotated must not be followed by anything that may
 * still be refused. A family that is ended stays ended though the answer is a 401. */
static Reply refresh(Request *req)
{
    const Refresh *body = req->body;
    Rotation rotation = { .session = NULL };

    if (!rotate(req, body->refresh_token, &rotation))
        return reply_error(req);
    if (rotation.session != NULL)
        return reply_tokens(req, rotation.user, rotation.session);
    error_set(&req->error, ERROR_UNAUTHENTICATED,
              "This refresh token is not valid any more: sign in again.");
    Reply reply = reply_error(req);
    reply.stays = true;
    return reply;
}

/* Of who ends sessions of his own, or all by a new password: two who end each other's are not both
 * done. */
static void ask_alone(Request *req)
{
    (void)users_ask_locked(req->db, req->arena, req->claims.user_id);
}

static Reply log_out(Request *req)
{
    const LogoutQuery *query = req->query;
    const Message message = { .message = query->all ? "Signed out everywhere."
                                                    : "Successfully logged out" };
    bool found = false;
    bool done = query->all ? sessions_revoke_all(req->db, req->user->user_id, 0, req->now, NULL,
                                                 &req->error)
                           : sessions_revoke(req->db, req->user->session_id, req->user->user_id,
                                             req->now, &found, &req->error);
    const char *detail = query->all ? "{\"all\":true}" : session_detail(req, req->user->session_id);

    return done && audit_sign_out(req, detail) ? reply_object(req, &message_schema, &message)
                                               : reply_error(req);
}

static void ask_sessions(Request *req)
{
    req->asked = sessions_ask_list(req->db, req->arena, req->claims.user_id, req->now);
}

static Reply list_sessions(Request *req)
{
    List list = { 0 };

    if (!sessions_take_list(req->asked, req->arena, &list, &req->error))
        return reply_error(req);
    Session *sessions = list.items;
    for (size_t i = 0; i < list.count; i++)
        sessions[i].is_current = sessions[i].id == req->user->session_id;
    return reply_array(req, &session_schema, sessions, list.count);
}

static Reply refuse_session(Request *req)
{
    error_set(&req->error, ERROR_NOT_FOUND, "You have no such session.");
    return reply_error(req);
}

static void ask_session(Request *req)
{
    req->asked = sessions_ask(req->db, req->arena, request_id(req, "session_id"));
}

static Reply read_session(Request *req)
{
    Session *session = NULL;

    if (!sessions_take(req->asked, req->arena, &session, &req->error))
        return reply_error(req);
    if (session == NULL || session->user_id != req->user->user_id ||
        session->revoked_at != INSTANT_NULL || session->expires_at <= req->now)
        return refuse_session(req);
    session->is_current = session->id == req->user->session_id;
    return reply_object(req, &session_schema, session);
}

static Reply end_session(Request *req)
{
    int64_t id = request_id(req, "session_id");
    bool found = false;

    if (!sessions_revoke(req->db, id, req->user->user_id, req->now, &found, &req->error))
        return reply_error(req);
    if (!found)
        return refuse_session(req);
    return audit_sign_out(req, session_detail(req, id)) ? reply_no_content() : reply_error(req);
}

static Reply end_other_sessions(Request *req)
{
    int64_t ended = 0;

    if (!sessions_revoke_all(req->db, req->user->user_id, req->user->session_id, req->now, &ended,
                             &req->error))
        return reply_error(req);
    if (ended > 0 && !audit_sign_out(req, "{\"others\":true}"))
        return reply_error(req);
    return reply_no_content();
}

/* What the steps of a password change hand on. */
typedef struct OwnPassword {
    User *user;
    Tries tries;
    bool is_right;
    char hash[PASSWORD_HASH_BYTES];
} OwnPassword;

static const char wrong_password[] = "The current password is not right.";

static Reply count_password_change(Request *req)
{
    OwnPassword *change = ARENA_NEW(req->arena, OwnPassword);

    if (!users_find(req->db, req->arena, req->user->user_id, &change->user, &req->error) ||
        !tries_count_session(req, change->user, &change->tries))
        return reply_error(req);
    if (change->tries.is_locked) /* who is known learns it at once: no work is spent on him */
        return refuse_password(req, &change->tries, wrong_password);
    req->state = change;
    return reply_go_on();
}

static Reply hash_new_password(Request *req)
{
    const PasswordChange *body = req->body;
    OwnPassword *change = req->state;
    int cost = (int)req->app->config->bcrypt_cost;

    change->is_right =
        password_matches(body->current_password, change->user->hashed_password, cost);
    if (!change->is_right)
        return reply_go_on();
    if (!password_hash(body->new_password, cost, change->hash, &req->error))
        return reply_error(req);
    return reply_go_on();
}

static Reply change_password(Request *req)
{
    const OwnPassword *change = req->state;
    const Author author = author_of(req, NULL);
    const NewPassword password = {
        .hash = change->hash,
        .old_hash = change->user->hashed_password,
        .spared_session = req->user->session_id,
    };

    if (!change->is_right)
        return refuse_password(req, &change->tries, wrong_password);
    if (!tries_succeed(req, &change->tries) || !account_count_change(req) ||
        !accounts_set_password(req->db, req->arena, &author, req->user->user_id, &password,
                               &req->error))
        return reply_error(req);
    return reply_no_content();
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define SESSIONS .tag = "Accounts"

static const Route routes[] = {
    { METHOD_POST, "/api/auth/refresh", refresh, LANE_WRITE, SESSIONS, .needs = &need_nobody,
      .in.takes = &refresh_schema, .in.takes_form = true, .fails_as = &problem_json_oauth,
      .in.limit = LIMIT_LOGIN_BODY_BYTES, .out.shape = GIVES_ONE, .out.gives = &signed_in_schema,
      .fails = FAILS_1(UNAUTHENTICATED), .id = "refresh", .summary = "Get new tokens",
      .doc = "The old refresh token dies; using it again ends the whole session." },
    { METHOD_POST, "/api/auth/logout", log_out, LANE_WRITE, SESSIONS, .needs = &need_user,
      .ask = ask_alone, .in.query = &logout_query_schema, .out.shape = GIVES_ONE,
      .out.gives = &message_schema, .id = "logout", .summary = "Sign out",
      .doc = "Ends this session at once, or every one." },
    { METHOD_GET, "/api/auth/sessions", list_sessions, LANE_READ, SESSIONS, .needs = &need_user,
      .ask = ask_sessions, .out.shape = GIVES_ARRAY, .out.gives = &session_schema,
      .id = "list_sessions", .summary = "See where I am signed in" },
    { METHOD_DELETE, "/api/auth/sessions", end_other_sessions, LANE_WRITE, SESSIONS,
      .ask = ask_alone, .needs = &need_user, .out.shape = GIVES_NOTHING, .id = "end_other_sessions",
      .summary = "End all my other sessions" },
    { METHOD_GET, "/api/auth/sessions/{session_id:int}", read_session, LANE_READ, SESSIONS,
      .needs = &need_user, .ask = ask_session, .out.shape = GIVES_ONE, .out.gives = &session_schema,
      .id = "get_session", .summary = "See one of my sessions" },
    { METHOD_DELETE, "/api/auth/sessions/{session_id:int}", end_session, LANE_WRITE, SESSIONS,
      .ask = ask_alone, .needs = &need_user, .out.shape = GIVES_NOTHING, .id = "end_session",
      .summary = "End one of my sessions" },
    { METHOD_POST, "/api/auth/password", change_password, LANE_WRITE, SESSIONS, .ask = ask_alone,
      .before = { { .lane = LANE_WRITE, .run = count_password_change },
                  { .lane = LANE_HASH, .run = hash_new_password } },
      .needs = &need_user, .limits_guessing = true, .in.takes = &password_schema,
      .in.limit = LIMIT_LOGIN_BODY_BYTES, .out.shape = GIVES_NOTHING,
      .fails = FAILS_2(CONFLICT, WRONG_PASSWORD), .id = "change_password",
      .summary = "Change my password", .doc = "Ends all my other sessions." },
};

const RouteTable session_routes = ROUTE_TABLE(routes);
