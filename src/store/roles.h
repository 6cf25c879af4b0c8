/* Roles - the rows of `roles`: what can be held on an event. A new database has 1 Owner, 2 Editor
 * and 3 Viewer. One of the old system keeps the ids and the names that its people gave (front ends
 * send ids), and each row says which of the three it means; several may mean the same. */
#pragma once

#include "calendar/event.h"
#include "store/driver/db.h"

typedef struct RoleRow {
    Members given;
    int64_t id;
    const char *name;
    const char *description;
    int64_t meaning; /* Role; not shown */
} RoleRow;

extern const Schema role_schema;

/* All of them, by id. */
Ask *roles_ask(Db *db, Arena *arena);
bool roles_take(Ask *ask, Arena *arena, List *ret_roles, Error *err);

/* What the role of this id means, among all; ROLE_NONE: there is none. */
Role roles_meaning(const List *roles, int64_t id);

/* The role of this id, or, where that is INTEGER_NULL, the first one that means `meaning`; NULL:
 * there is none. */
const RoleRow *roles_choose(const List *roles, int64_t id, Role meaning);
