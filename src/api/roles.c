/* Roles: the three there are. */

#include "api/routes.h"
#include "http/request.h"
#include "permit/user.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct RoleRow {
    Members given;
    int64_t id;
    const char *name;
    const char *description;
} RoleRow;

static const Field role_fields[] = {
    INTEGER(RoleRow, id, .doc = "For `role_id`.", .example = "2"),
    TEXT(RoleRow, name, .doc = "For `role`.", .example = "\"Editor\""),
    TEXT(RoleRow, description, .doc = "What the role may do.",
         .example = "\"May read and change the event.\""),
};

static const Schema role_schema =
    SCHEMA_NAMED("Role", RoleRow, role_fields, .doc = "What a person may do with an event.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

static Reply list_roles(Request *req)
{
    static const RoleRow rows[] = {
        { .id = ROLE_OWNER, .name = "Owner", .description = "May do everything." },
        { .id = ROLE_EDITOR, .name = "Editor", .description = "May read and change the event." },
        { .id = ROLE_VIEWER, .name = "Viewer", .description = "May read the event." },
    };

    return reply_array(req, &role_schema, rows, sizeof(rows) / sizeof(rows[0]));
}

/* -- Routes --------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/roles", list_roles, LANE_READ, .tag = "Users", .needs = &need_user,
      .out.shape = GIVES_ARRAY, .out.gives = &role_schema, .id = "list_roles",
      .summary = "List the roles" },
};

const RouteTable role_routes = ROUTE_TABLE(routes);
