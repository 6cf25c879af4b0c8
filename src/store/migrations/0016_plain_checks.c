/* Migration 16: on SQLite, checks that cost nothing. For `x IN (three or more values)` in a CHECK
 * it builds a table in memory for every row that is written. What may stand in the columns is the
 * same. */

#include "store/migrations/migration.h"

static const char plain_checks[] =
    "UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,"
    " '(meaning IN (1, 2, 3))', '(meaning BETWEEN 1 AND 3)'),"
    " '(status IN (''confirmed'', ''tentative'', ''cancelled''))',"
    " '(status = ''confirmed'' OR status = ''tentative'' OR status = ''cancelled'')'),"
    " '(answer IN (''yes'', ''maybe'', ''no''))',"
    " '(answer = ''yes'' OR answer = ''maybe'' OR answer = ''no'')'),"
    " '(free_busy IN (''known'', ''everyone'', ''nobody''))',"
    " '(free_busy = ''known'' OR free_busy = ''everyone'' OR free_busy = ''nobody'')')"
    " WHERE type = 'table' AND name IN ('roles', 'users', 'events', 'event_permissions');";

static bool ease_checks(Db *db, Error *err)
{
    return db_kind(db) != DB_SQLITE || db_edit_schema(db, plain_checks, err);
}

static const MigrationStep steps[] = { { .run = ease_checks } };

const Migration migration_16 = MIGRATION(steps);
