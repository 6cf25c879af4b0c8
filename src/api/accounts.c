/* Accounts: register and sign in. */

#include "auth/accounts.h"
#include "api/account_input.h"
#include "api/accounts_api.h"
#include "api/event_input.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "auth/password.h"
#include "auth/refresh.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "permit/anybody.h"
#include "permit/user.h"
#include "store/sessions.h"

enum { NONCE_BYTES = 16 };

/* -- Tables ----------------------------------------------------------------------------------- */

static const Field register_fields[] = {
    USERNAME_FIELD(User, REQUIRED),
    EMAIL_FIELD(User, REQUIRED),
    PASSWORD_FIELD(User, REQUIRED),
    TIMEZONE_FIELD(User),
};

static const Schema register_schema =
    SCHEMA_NAMED("Registration", User, register_fields, .doc = "A new account.");

typedef struct Login {
    Members given;
    const char *username;
    const char *password;
    int64_t grant_type;
    const char *scope;
    const char *client_id;
    const char *client_secret;
} Login;

static const char *const password_grants[] = { "password", NULL };

static const Field login_fields[] = {
    TEXT(Login, username, .flags = REQUIRED, .min = 1, .max = 255,
         .doc = "User name or e-mail address.", .example = "\"amira\""),
    TEXT(Login, password, .flags = REQUIRED | WRITE_ONLY | UNBOUNDED_TEXT, .min = 1, .max = 4096,
         .format = "password", .doc = "The password.", .example = "\"correct horse battery\""),
    CHOICE(Login, grant_type, .choices = password_grants, .doc = "RFC 6749 4.3.2.",
           .example = "\"password\""),
    TEXT(Login, scope, .max = 255,
         .doc = "Taken and passed over: a token may do what its user may.", .example = "\"\""),
    TEXT(Login, client_id, .flags = NULLABLE, .max = 255, .doc = "Taken and passed over."),
    TEXT(Login, client_secret, .flags = NULLABLE | WRITE_ONLY, .max = 255,
         .doc = "Taken and passed over."),
};

static const Schema login_schema = SCHEMA(Login, login_fields, .doc = "Who signs in.");

static const Field signed_in_fields[] = {
    OBJECT(SignedIn, user, User, .schema = &user_schema, .doc = "Who signed in."),
    TEXT(SignedIn, access_token, .max = LIMIT_TOKEN_BYTES,
         .doc = "Send it as `Authorization: Bearer <token>`.", .example = "\"eyJ…\""),
    TEXT(SignedIn, refresh_token, .max = LIMIT_TOKEN_BYTES,
         .doc = "Gives the next pair of tokens, once.", .example = "\"fr1.AAAA\""),
    TEXT(SignedIn, token_type, .doc = "Always `bearer`.", .example = "\"bearer\""),
    INTEGER(SignedIn, expires_in, .doc = "Seconds until the access token ends.", .example = "1800"),
};

const Schema signed_in_schema = SCHEMA(SignedIn, signed_in_fields, .doc = "Tokens.");

/* -- Shared --------------------------------------------------------------------------------------
 */

Reply reply_tokens(Request *req, User *user, const Session *session)
{
    const TokenKey access = { .secret = req->app->access_key, .secret_length = KEY_BYTES };
    const TokenKey refresh = { .secret = req->app->refresh_key, .secret_length = KEY_BYTES };
    int64_t lifetime_s = req->app->config->access_token_expire_minutes * 60;
    const TokenClaims claims = {
        .user_id = user->id,
        .session_id = session->id,
        .issued_at_s = req->now / SECOND_US,
        .expires_at_s = req->now / SECOND_US + lifetime_s,
    };
    const SignedIn signed_in = {
        .user = user,
        .access_token = token_issue(&access, &claims, req->arena),
        .refresh_token =
            refresh_issue(&refresh, session->id, session->generation, session->nonce, req->arena),
        .token_type = "bearer",
        .expires_in = lifetime_s,
    };
    Reply reply = reply_object(req, &signed_in_schema, &signed_in);
    reply.no_store = true; /* RFC 6749 5.1 */
    return reply;
}

Reply reply_signed_in(Request *req, User *user)
{
    char *nonce = arena_alloc(req->arena, 2 * NONCE_BYTES + 1);
    random_hex(nonce, NONCE_BYTES);
    Session session = {
        .user_id = user->id,
        .nonce = nonce,
        .created_at = req->now,
        .expires_at = req->now + SESSION_LIFETIME_US,
        .address = req->address,
        .agent = req->agent,
    };

    if (!sessions_insert(req->db, &session, &req->error))
        return reply_error(req);
    return reply_tokens(req, user, &session);
}

/* The work of every check, so that time does not tell whose hash is of which cost, nor whether
 * there is one. */
static int work_of_a_check(const Request *req)
{
    int cost = (int)req->app->config->bcrypt_cost;

    return req->app->dearest_hash > cost ? req->app->dearest_hash : cost;
}

/* -- Handlers ------------------------------------------------------------------------------------
 */

static Reply check_signup(Request *req)
{
    return permit_signup(req) ? check_is_free(req) : reply_error(req);
}

static Reply register_user(Request *req)
{
    User *user = req->body;
    const Author author = author_of(req, NULL);

    user->hashed_password = req->state;
    user->is_active = true;
    user->free_busy = req->app->config->free_busy;
    if (!accounts_register(req->db, req->arena, &author, user, &req->error) ||
        !tries_remember(req, user))
        return reply_error(req);
    return reply_signed_in(req, user);
}

/* What the steps of a sign-in find out. */
typedef struct Attempt {
    User *user; /* NULL: nobody */
    Tries tries;
    bool is_right;
    char *renewed; /* the hash that takes the place of one of another cost, or NULL */
} Attempt;

static Reply count_login(Request *req)
{
    const Login *login = req->body;
    Attempt *attempt = ARENA_NEW(req->arena, Attempt);

    if (!tries_count(req, login->username, &attempt->user, &attempt->tries))
        return reply_error(req);
    req->state = attempt;
    return reply_go_on();
}

#define WRONG_LOGIN "Incorrect user name or password."

/* Whatever is wrong takes the same time. */
static Reply check_login(Request *req)
{
    const Login *login = req->body;
    Attempt *attempt = req->state;
    const char *hash = attempt->user != NULL ? attempt->user->hashed_password : NULL;
    int cost = (int)req->app->config->bcrypt_cost;
    bool matches = password_matches(login->password, hash, work_of_a_check(req));

    attempt->is_right =
        matches && attempt->user != NULL && !attempt->tries.is_locked && attempt->user->is_active;
    if (!attempt->is_right || password_is_current(hash, cost))
        return reply_go_on();
    attempt->renewed = arena_alloc(req->arena, PASSWORD_HASH_BYTES);
    if (!password_hash(login->password, cost, attempt->renewed, &req->error))
        return reply_error(req);
    return reply_go_on();
}

Reply refuse_password(Request *req, const Tries *tries, const char *sentence)
{
    if (!tries_fail(req, tries))
        return reply_error(req);
    error_set(&req->error, ERROR_WRONG_PASSWORD, "%s", sentence);
    Reply reply = reply_error(req);
    reply.stays = true; /* what the audit trail got */
    return reply;
}

/* Changing a password, or disabling an account, ends all sessions: one must not be opened just
 * after with what was still right when bcrypt began. */
static bool is_still_right(Request *req, const Attempt *attempt)
{
    User *user = NULL;

    if (!users_find_locked(req->db, req->arena, attempt->user->id, &user, &req->error))
        return false;
    bool may_sign_in = user != NULL && user->is_active;
    if (may_sign_in && text_equal(user->hashed_password, attempt->user->hashed_password))
        return true;
    if (!may_sign_in || attempt->renewed == NULL)
        return error_set(&req->error, ERROR_WRONG_PASSWORD, WRONG_LOGIN);
    /* Another sign-in may have renewed the hash of the same password: there is no telling. */
    req->error.retry_after_s = 1;
    return error_set(&req->error, ERROR_UNAVAILABLE,
                     "This account's password was stored anew at the same moment; try again.");
}

static Reply open_session(Request *req)
{
    const Attempt *attempt = req->state;

    if (!attempt->is_right)
        return refuse_password(req, &attempt->tries, WRONG_LOGIN);
    if (!is_still_right(req, attempt) || !tries_succeed(req, &attempt->tries))
        return reply_error(req);
    if (attempt->renewed != NULL &&
        !users_renew_hash(req->db, attempt->user->id, attempt->user->hashed_password,
                          attempt->renewed, &req->error))
        return reply_error(req);
    return reply_signed_in(req, attempt->user);
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define ACCOUNTS                                                                                   \
    .tag = "Accounts", .needs = &need_nobody, .out.shape = GIVES_ONE, .out.gives = &signed_in_schema

static const Route routes[] = {
    { METHOD_POST, "/api/auth/register", register_user, LANE_WRITE, ACCOUNTS,
      .before = { { .lane = LANE_READ, .run = check_signup },
                  { .lane = LANE_HASH, .run = hash_password_of_body } },
      .in.takes = &register_schema, .in.limit = LIMIT_LOGIN_BODY_BYTES, .out.status = 201,
      .fails = FAILS_2(CONFLICT, FORBIDDEN), .id = "register", .summary = "Register",
      .doc = "And sign in at once." },
    { METHOD_POST, "/api/auth/login", open_session, LANE_WRITE, ACCOUNTS,
      .before = { { .lane = LANE_WRITE, .run = count_login },
                  { .lane = LANE_HASH, .run = check_login } },
      .in.takes = &login_schema, .in.takes_form = true, .fails_as = &problem_json_oauth,
      .in.limit = LIMIT_LOGIN_BODY_BYTES, .fails = FAILS_1(WRONG_PASSWORD), .id = "login",
      .summary = "Sign in",
      .doc = "With a form (OAuth 2.0 password grant, RFC 6749 4.3) or the same as JSON." },
};

const RouteTable account_routes = ROUTE_TABLE(routes);
