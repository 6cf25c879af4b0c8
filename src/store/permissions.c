#include "store/permissions.h"

#include "base/limits.h"
#include "store/mapping.h"

/* $2: who reads. $3: may he see everybody's address? */
#define SELECT_PERMISSIONS                                                                         \
    "SELECT p.id, p.event_id, p.user_id, u.username,"                                              \
    " CASE WHEN $3 OR p.user_id = $2 THEN u.email END AS email,"                                   \
    " p.role_id, r.name AS role_name, p.granted_by, p.granted_at"                                  \
    " FROM event_permissions p JOIN users u ON u.id = p.user_id JOIN roles r ON r.id = p.role_id"  \
    " JOIN events e ON e.id = p.event_id"                                                          \
    " WHERE p.event_id = $1"

SQL(select_permissions, SELECT_PERMISSIONS " ORDER BY CASE WHEN p.user_id = e.owner_id THEN 0"
                                           " ELSE 1 END, p.role_id, p.id LIMIT $4");

SQL(select_permission, SELECT_PERMISSIONS " AND p.user_id = $4");

SQL(insert_permission,
    "INSERT INTO event_permissions (event_id, user_id, role_id, granted_by, granted_at)"
    " VALUES ($1, $2, $3, $4, $5)");

SQL(update_permission, "UPDATE event_permissions SET role_id = $3, granted_by = $4,"
                       " granted_at = $5 WHERE event_id = $1 AND user_id = $2");

SQL(delete_permission, "DELETE FROM event_permissions WHERE event_id = $1 AND user_id = $2");

SQL(copy_permissions,
    "INSERT INTO event_permissions (event_id, user_id, role_id, granted_by, granted_at)"
    " SELECT e.id, p.user_id, p.role_id, p.granted_by, p.granted_at"
    " FROM event_permissions p JOIN events e ON e.id = $2 WHERE p.event_id = $1 ORDER BY p.id");

SQL(count_permissions,
    "SELECT count(*) AS n, coalesce(sum(CASE WHEN role_id = 1 THEN 1 ELSE 0 END),"
    " 0) AS owners FROM event_permissions WHERE event_id = $1");

static bool sees_addresses(const Event *event)
{
    return event->my_role == ROLE_OWNER;
}

bool permissions_list(Db *db, Arena *arena, const Event *event, int64_t reader, List *ret_list,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t capacity = 8;
    Permission *list = ARENA_ARRAY(arena, Permission, capacity);
    size_t count = 0;

    if (!db_query(db, &select_permissions,
                  PARAMS(INT(event->id), INT(reader), BOOL(sees_addresses(event)),
                         INT(LIMIT_GRANTS_PER_EVENT + 1)),
                  &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (count == capacity) {
            list = arena_grow(arena, list, sizeof(*list) * capacity, sizeof(*list) * capacity * 2);
            capacity *= 2;
        }
        if (!rows_read(&rows, &permission_schema, arena, &list[count++], err))
            return false;
    }
    *ret_list = (List){ .items = list, .count = count };
    return rows_finish(&rows, err);
}

bool permissions_find(Db *db, Arena *arena, const Event *event, int64_t user_id, int64_t reader,
                      Permission **ret_permission, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_permission = NULL;
    if (!db_query(db, &select_permission,
                  PARAMS(INT(event->id), INT(reader), BOOL(sees_addresses(event)), INT(user_id)),
                  &rows, err))
        return false;
    if (rows_next(&rows)) {
        Permission *permission = ARENA_NEW(arena, Permission);
        if (!rows_read(&rows, &permission_schema, arena, permission, err))
            return false;
        *ret_permission = permission;
    }
    return rows_finish(&rows, err);
}

bool permissions_insert(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err)
{
    return db_execute_later(
        db, &insert_permission,
        PARAMS(INT(event_id), INT(user_id), INT((int64_t)role), INT(granted_by), TIME(now)), err);
}

bool permissions_update(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err)
{
    return db_execute_later(
        db, &update_permission,
        PARAMS(INT(event_id), INT(user_id), INT((int64_t)role), INT(granted_by), TIME(now)), err);
}

bool permissions_delete(Db *db, int64_t event_id, int64_t user_id, Error *err)
{
    return db_execute_later(db, &delete_permission, PARAMS(INT(event_id), INT(user_id)), err);
}

bool permissions_count(Db *db, int64_t event_id, int64_t *ret_all, int64_t *ret_owners, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_all = *ret_owners = 0;
    if (!db_query(db, &count_permissions, PARAMS(INT(event_id)), &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_all = rows_int(&rows, "n");
        *ret_owners = rows_int(&rows, "owners");
    }
    return rows_finish(&rows, err);
}

bool permissions_copy(Db *db, int64_t from, int64_t to, Error *err)
{
    return db_execute_later(db, &copy_permissions, PARAMS(INT(from), INT(to)), err);
}
