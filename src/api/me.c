/* Me: one's own account. */

#include "api/account_input.h"
#include "api/routes.h"
#include "permit/account.h"
#include "permit/user.h"
#include "store/users.h"

/* -- Handlers -----------------------------------------------------------------------------------
 */

static void ask_me(Request *req)
{
    req->asked = permit_ask_account(req, req->claims.user_id);
}

static bool find_me(Request *req, User **ret_user)
{
    if (!users_take(req->asked, req->arena, ret_user, &req->error))
        return false;
    if (*ret_user == NULL)
        return error_set(&req->error, ERROR_NOT_FOUND, "There is no such user.");
    return true;
}

static Reply read_me(Request *req)
{
    User *me = NULL;

    return find_me(req, &me) ? reply_object(req, &user_schema, me) : reply_error(req);
}

static Reply update_me(Request *req)
{
    User *me = NULL;
    User after;

    if (!find_me(req, &me) || !account_update(req, &own_account_schema, me, req->body, &after))
        return reply_error(req);
    return reply_object(req, &user_schema, &after);
}

static Reply look_at_my_legacy(Request *req)
{
    return account_look_at_legacy(req, req->user->user_id);
}

static Reply delete_me(Request *req)
{
    User *me = NULL;

    if (!find_me(req, &me) || !account_delete(req, me))
        return reply_error(req);
    return reply_no_content();
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define USERS      .tag = "Users", .needs = &need_user
#define GIVES_USER .out.shape = GIVES_ONE, .out.gives = &user_schema

static const Route routes[] = {
    { METHOD_GET, "/api/users/me", read_me, LANE_READ, USERS, .ask = ask_me, GIVES_USER,
      .id = "get_me", .summary = "See my account" },
    { METHOD_PUT, "/api/users/me", update_me, LANE_WRITE, USERS, .ask = ask_me, GIVES_USER,
      .in.takes = &own_account_schema, .in.mode = DECODE_PATCH,
      .in.example = "{\"timezone\":\"Europe/Zurich\"}", .fails = FAILS_1(CONFLICT),
      .id = "replace_me", .summary = "Change my account",
      .doc = "Takes any subset of the members, like PATCH." },
    { METHOD_PATCH, "/api/users/me", update_me, LANE_WRITE, USERS, .ask = ask_me, GIVES_USER,
      .in.takes = &own_account_schema, .in.mode = DECODE_PATCH,
      .in.example = "{\"timezone\":\"Europe/Zurich\"}", .fails = FAILS_1(CONFLICT),
      .id = "update_me", .summary = "Change some members of my account" },
    { METHOD_DELETE, "/api/users/me", delete_me, LANE_WRITE, USERS, .ask = ask_me,
      .before = { { .lane = LANE_SCAN, .run = look_at_my_legacy } },
      .in.query = &delete_account_query_schema, .out.shape = GIVES_NOTHING,
      .fails = FAILS_3(CONFLICT, NOT_KNOWN, QUOTA), .id = "delete_me",
      .summary = "Delete my account",
      .doc = "When others share my events, say what becomes of them." },
};

const RouteTable me_routes = ROUTE_TABLE(routes);
