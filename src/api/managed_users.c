/* Managed users: one account by its id, for administrators and for who it is; making one. */

#include "api/account_input.h"
#include "api/event_input.h"
#include "api/routes.h"
#include "auth/accounts.h"
#include "permit/account.h"
#include "permit/user.h"

/* -- Handlers -----------------------------------------------------------------------------------
 */

/* The need asks for all there is, so that a read may be gathered with others (http/route.h). */
static void ask_nothing_more(Request *req)
{
    (void)req;
}

static Reply read_user(Request *req)
{
    return reply_object(req, account_may_be_managed(req) ? &user_schema : &person_schema,
                        account_of(req));
}

/* Before its password is hashed. */
static Reply check_new_user(Request *req)
{
    if (!schema_check_read_only(&new_account_schema, NULL, req->body, req->arena, &body_location,
                                &req->error))
        return reply_error(req);
    return check_is_free(req);
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
static bool check_patch(Request *req)
{
    const Schema *schema = req->user->is_admin ? &new_account_schema : &own_account_schema;

    if (!req->user->is_admin && has_password(req))
        return error_set(&req->error, ERROR_FORBIDDEN,
                         "Change your own password at /api/auth/password.");
    return schema_check_read_only(schema, account_of(req), req->body, req->arena, &body_location,
                                  &req->error);
}

/* Before a password is hashed, and before the writer would have to find out who somebody else is.
 */
static bool is_checked_before(const Request *req)
{
    return has_password(req) || account_is_of_another(req);
}

static Reply check_before(Request *req)
{
    return check_patch(req) ? reply_go_on() : reply_error(req);
}

/* Somebody's own account takes the same members here as at /api/users/me. */
static Reply update_user(Request *req)
{
    const User *before = account_of(req);
    const User *patch = req->body;
    User after;

    if (!check_patch(req))
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
    return account_look_at_legacy(req, request_id(req, "user_id"));
}

static Reply delete_user(Request *req)
{
    return account_delete(req, account_of(req)) ? reply_no_content() : reply_error(req);
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define GIVES_USER .out.shape = GIVES_ONE, .out.gives = &user_schema
#define CHANGES_USER                                                                               \
    .tag = "Users", .needs = &need_managed_account, .in.takes = &new_account_schema,               \
    .in.mode = DECODE_PATCH, .in.example = "{\"timezone\":\"Europe/Zurich\"}",                     \
    .before = { { LANE_SCAN, check_before, is_checked_before },                                    \
                { LANE_HASH, hash_password_of_body, has_password } }

static const Route routes[] = {
    { METHOD_POST, "/api/users", create_user, LANE_WRITE, .tag = "Users", .needs = &need_admin,
      .before = { { .lane = LANE_READ, .run = check_new_user },
                  { .lane = LANE_HASH, .run = hash_password_of_body } },
      .in.takes = &new_account_schema, .out.status = 201, GIVES_USER, .fails = FAILS_1(CONFLICT),
      .id = "create_user", .summary = "Create an account" },
    { METHOD_GET, "/api/users/{user_id:int}", read_user, LANE_READ, .tag = "Users",
      .needs = &need_known_account, .ask = ask_nothing_more, GIVES_USER,
      .out.or_gives = &person_schema, .id = "get_user", .summary = "See a user",
      .doc = "The whole record for administrators and oneself, name and id for others." },
    { METHOD_PUT, "/api/users/{user_id:int}", update_user, LANE_WRITE, GIVES_USER, CHANGES_USER,
      .fails = FAILS_1(CONFLICT), .id = "replace_user", .summary = "Change an account",
      .doc = "Takes any subset of the members, like PATCH." },
    { METHOD_PATCH, "/api/users/{user_id:int}", update_user, LANE_WRITE, GIVES_USER, CHANGES_USER,
      .fails = FAILS_1(CONFLICT), .id = "update_user",
      .summary = "Change some members of an account" },
    { METHOD_DELETE, "/api/users/{user_id:int}", delete_user, LANE_WRITE, .tag = "Users",
      .needs = &need_managed_account, .needs_again = &need_user,
      .before = { { .lane = LANE_SCAN, .run = look_at_legacy } },
      .in.query = &delete_account_query_schema, .out.shape = GIVES_NOTHING,
      .fails = FAILS_3(CONFLICT, NOT_KNOWN, QUOTA), .id = "delete_user",
      .summary = "Delete an account" },
};

const RouteTable managed_user_routes = ROUTE_TABLE(routes);
