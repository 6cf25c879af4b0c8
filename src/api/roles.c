/* Roles: what a person may hold on an event. */

#include "store/roles.h"
#include "api/routes.h"
#include "http/reply.h"
#include "permit/user.h"

static void ask_roles(Request *req)
{
    req->asked = roles_ask(req->db, req->arena);
}

static Reply list_roles(Request *req)
{
    List roles = { 0 };

    if (!roles_take(req->asked, req->arena, &roles, &req->error))
        return reply_error(req);
    return reply_array(req, &role_schema, roles.items, roles.count);
}

/* -- Routes --------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/roles", list_roles, LANE_READ, .tag = "Users", .needs = &need_user,
      .ask = ask_roles, .out.shape = GIVES_ARRAY, .out.gives = &role_schema, .id = "list_roles",
      .summary = "List the roles",
      .doc = "A new database has three. One that came from the old system keeps the ids and names "
             "that it had." },
};

const RouteTable role_routes = ROUTE_TABLE(routes);
