#include "store/roles.h"

#include "store/rows.h"

static const Field role_fields[] = {
    INTEGER(RoleRow, id, .min = 1, .doc = "For `role_id`.", .example = "2"),
    TEXT(RoleRow, name, .doc = "Its name in this database.", .example = "\"Editor\""),
    TEXT(RoleRow, description, .doc = "What the role may do.",
         .example = "\"May read and change the event.\""),
};

static const Field role_meaning[] = {
    INTEGER(RoleRow, meaning, .min = ROLE_OWNER, .max = ROLE_VIEWER),
};

const Schema role_schema = SCHEMA_NAMED("Role", RoleRow, role_fields, UNSEEN(role_meaning),
                                        .doc = "What a person may do with an event.");

SQL(select_roles, "SELECT id, name, description, meaning FROM roles ORDER BY id");

/* The old system's own tables had no descriptions. */
static void complete_role(Rows *rows, Arena *arena, void *object, const void *context)
{
    RoleRow *role = object;

    (void)rows;
    (void)context;
    if (role->description == NULL)
        role->description = arena_printf(arena, "Means %s.", role_names[role->meaning]);
}

Ask *roles_ask(Db *db, Arena *arena)
{
    return db_ask(db, arena, &select_roles, NO_PARAMS);
}

bool roles_take(Ask *ask, Arena *arena, List *ret_roles, Error *err)
{
    static const RowReader role_rows = { &role_schema, complete_role, NULL };

    return rows_all(ask, arena, &role_rows, ret_roles, err);
}

Role roles_meaning(const List *roles, int64_t id)
{
    const RoleRow *role = id != INTEGER_NULL ? roles_choose(roles, id, ROLE_NONE) : NULL;

    return role != NULL ? (Role)role->meaning : ROLE_NONE;
}

const RoleRow *roles_choose(const List *roles, int64_t id, Role meaning)
{
    const RoleRow *rows = roles->items;

    for (size_t i = 0; i < roles->count; i++) {
        if (id != INTEGER_NULL ? rows[i].id == id : rows[i].meaning == (int64_t)meaning)
            return &rows[i];
    }
    return NULL;
}
