/* Managed users: one account by its id, for administrators and for who it is; making one. */

#include "api/account_input.h"
#include "api/event_input.h"
#include "api/routes.h"
#include "auth/accounts.h"
#include "permit/user.h"

/* -- Handlers -----------------------------------------------------------------------------------
 */

static bool is_somebody_else(const Request *req)
{
    return request_id(req, "user_id") != req->claims.user_id;
}

/* To find out whether somebody else is known is a walk along all of one's grants. */
static Pace prepare_user(Request *req)
{
    return is_somebody_else(req) ? PACE_SCAN : PACE_QUICK;
}

static void ask_managed(Request *req)
{
    req->asked = account_ask(req, request_id(req, "user_id"));
}

/* The account of the path: oneself, or anybody's for an administrator. Others are 403 when known
 * through a shared event and 404 otherwise; a step before the writer finds that out. Who comes as
 * far as the writer was an administrator then. */
static bool find_managed(Request *req, User **ret_user)
{
    int64_t id = request_id(req, "user_id");
    bool is_known = true;

    if (!users_take(req->asked, req->arena, ret_user, &req->error))
        return false;
    bool may_manage = req->user->is_admin || id == req->user->user_id;
    if (!may_manage && *ret_user != NULL && req->lane != LANE_WRITE &&
        !users_is_known(req->db, req->user->user_id, id, &is_known, &req->error))
        return false;
    if (*ret_user == NULL || !is_known)
        return error_set(&req->error, ERROR_NOT_FOUND, "There is no such user.");
    if (!may_manage)
        return error_set(&req->error, ERROR_FORBIDDEN, "Only administrators may do this.");
    return true;
}

/* Who may see the whole account may have the reply to its change again. */
static bool permit_managed(const Need *need, Request *req)
{
    User *user = NULL;

    (void)need;
    return permit_user(req) && find_managed(req, &user);
}

static const Need need_managed = { .ask = permit_ask_asker, .permit = permit_managed };

static Reply read_user(Request *req)
{
    User *user = NULL;

    if (find_managed(req, &user))
        return reply_object(req, &user_schema, user);
    if (req->error.code != ERROR_FORBIDDEN)
        return reply_error(req);
    error_clear(&req->error);
    return reply_object(req, &person_schema, user);
}

/* Before its password is hashed. */
static Reply check_new_user(Request *req)
{
    if (!schema_check_read_only(&new_account_schema, NULL, req->body, req->arena, &body_location,
                                &req->error))
        return reply_error(req);
    /* With a key it may have been made already, and its reply is sent again. */
    return req->has_key ? (Reply){ 0 } : check_is_free(req);
}

static Reply create_user(Request *req)
{
    User *user = req->body;
    const Author author = author_of(req, NULL);
    User whole;

    user->hashed_password = req->state;
    if (!schema_is_given(&new_account_schema, user, offsetof(User, is_active)))
        user->is_active = true;
    if (user->free_busy == INTEGER_NULL)
        user->free_busy = req->app->config->free_busy;
    if (!schema_check_read_only(&new_account_schema, NULL, user, req->arena, &body_location,
                                &req->error))
        return reply_error(req);
    whole = *user; /* with quotas */
    if (!accounts_create(req->db, req->arena, &author, user, &req->error))
        return reply_error(req);
    whole.id = user->id;
    whole.created_at = whole.updated_at = user->updated_at;
    if (!accounts_update(req->db, req->arena, &author, user, &whole, &req->error))
        return reply_error(req);
    const char *location = arena_printf(req->arena, "/api/users/%lld", (long long)user->id);
    return reply_created(req, location, &user_schema, &whole);
}

static bool set_password(Request *req, int64_t user_id)
{
    const NewPassword password = { .hash = req->state };
    const Author author = author_of(req, NULL);

    return password.hash == NULL ||
           accounts_set_password(req->db, req->arena, &author, user_id, &password, &req->error);
}

static bool has_password(const Request *req)
{
    return ((const User *)req->body)->password != NULL;
}

/* May the account of the path be changed like that? What only the database can refuse is left. */
static bool check_patch(Request *req, User **ret_before)
{
    const Schema *schema = req->user->is_admin ? &new_account_schema : &own_account_schema;

    if (!find_managed(req, ret_before))
        return false;
    if (!req->user->is_admin && has_password(req))
        return error_set(&req->error, ERROR_FORBIDDEN,
                         "Change your own password at /api/auth/password.");
    return schema_check_read_only(schema, *ret_before, req->body, req->arena, &body_location,
                                  &req->error);
}

/* Before a password is hashed, and before the writer has to find out who somebody else is. */
static bool is_checked_before(const Request *req)
{
    return has_password(req) || is_somebody_else(req);
}

static Reply check_before(Request *req)
{
    User *before = NULL;

    if (req->user->is_admin && !has_password(req))
        return reply_go_on();
    ask_managed(req);
    return check_patch(req, &before) ? reply_go_on() : reply_error(req);
}

/* Somebody's own account takes the same members here as at /api/users/me. */
static Reply update_user(Request *req)
{
    const User *patch = req->body;
    User *before = NULL;
    User after;

    if (!check_patch(req, &before))
        return reply_error(req);
    const Schema *schema = req->user->is_admin ? &new_account_schema : &own_account_schema;
    if (!account_update(req, schema, before, patch, &after) || !set_password(req, before->id))
        return reply_error(req);
    if (patch->password != NULL)
        after.updated_at = req->now;
    return reply_object(req, &user_schema, &after);
}

static Reply look_at_legacy(Request *req)
{
    User *user = NULL;

    if (!req->user->is_admin && is_somebody_else(req)) {
        ask_managed(req);
        if (!find_managed(req, &user))
            return reply_error(req);
    }
    return account_look_at_legacy(req, request_id(req, "user_id"));
}

static Reply delete_user(Request *req)
{
    User *user = NULL;

    if (!find_managed(req, &user) || !account_delete(req, user))
        return reply_error(req);
    return reply_no_content();
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define USERS      .tag = "Users", .needs = &need_user
#define GIVES_USER .out.shape = GIVES_ONE, .out.gives = &user_schema
#define CHANGES_USER                                                                               \
    .in.takes = &new_account_schema, .in.mode = DECODE_PATCH,                                      \
    .in.example = "{\"timezone\":\"Europe/Zurich\"}",                                              \
    .before = { { LANE_SCAN, check_before, is_checked_before },                                    \
                { LANE_HASH, hash_password_of_body, has_password } }

static const Route routes[] = {
    { METHOD_POST, "/api/users", create_user, LANE_WRITE, .tag = "Users", .needs = &need_admin,
      .before = { { .lane = LANE_READ, .run = check_new_user },
                  { .lane = LANE_HASH, .run = hash_password_of_body } },
      .in.takes = &new_account_schema, .out.status = 201, GIVES_USER, .fails = FAILS_1(CONFLICT),
      .id = "create_user", .summary = "Create an account" },
    { METHOD_GET, "/api/users/{user_id:int}", read_user, LANE_READ, USERS, .prepare = prepare_user,
      .ask = ask_managed, GIVES_USER, .out.or_gives = &person_schema, .id = "get_user",
      .summary = "See a user",
      .doc = "The whole record for administrators and oneself, name and id for others." },
    { METHOD_PUT, "/api/users/{user_id:int}", update_user, LANE_WRITE, USERS, .ask = ask_managed,
      GIVES_USER, CHANGES_USER, .needs_again = &need_managed, .fails = FAILS_2(CONFLICT, FORBIDDEN),
      .id = "replace_user", .summary = "Change an account",
      .doc = "Takes any subset of the members, like PATCH." },
    { METHOD_PATCH, "/api/users/{user_id:int}", update_user, LANE_WRITE, USERS, .ask = ask_managed,
      GIVES_USER, CHANGES_USER, .needs_again = &need_managed, .fails = FAILS_2(CONFLICT, FORBIDDEN),
      .id = "update_user", .summary = "Change some members of an account" },
    { METHOD_DELETE, "/api/users/{user_id:int}", delete_user, LANE_WRITE, USERS, .ask = ask_managed,
      .before = { { .lane = LANE_SCAN, .run = look_at_legacy } },
      .in.query = &delete_account_query_schema, .out.shape = GIVES_NOTHING,
      .fails = FAILS_4(CONFLICT, FORBIDDEN, NOT_KNOWN, QUOTA), .id = "delete_user",
      .summary = "Delete an account" },
};

const RouteTable managed_user_routes = ROUTE_TABLE(routes);
