#include "store/migrations.h"

#include <assert.h>

#include "base/clock.h"
#include "store/rows.h"

static const Migration *const migrations[] = {
    &migration_1,  &migration_2,  &migration_3,  &migration_4,  &migration_5,
    &migration_6,  &migration_7,  &migration_8,  &migration_9,  &migration_10,
    &migration_11, &migration_12, &migration_13, &migration_14, &migration_15,
    &migration_16, &migration_17, &migration_18, &migration_19, &migration_20,
};

const MigrationList all_migrations = {
    .migrations = migrations,
    .count = sizeof(migrations) / sizeof(migrations[0]),
};

/* Where several nodes start at once on one PostgreSQL, one migrates and the others wait, then find
 * nothing to do. On SQLite the writer's lock does the same. */
SQL_DIALECTS(lock_migrations, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" MIGRATIONS_LOCK_CLASS
                         ", " MIGRATIONS_LOCK_NUMBER ")");

SQL_DIALECTS(count_version_tables,
             .sqlite = "SELECT count(*) AS n FROM sqlite_master"
                       " WHERE type = 'table' AND name = 'schema_version'",
             .postgres = "SELECT count(*) AS n FROM pg_tables"
                         " WHERE schemaname = current_schema() AND tablename = 'schema_version'");

SQL_DIALECTS(say_roles, .sqlite = "SELECT $1",
             .postgres = "SELECT set_config('fasti.roles', $1, false)");

SQL(select_schema_version, "SELECT max(version) AS n FROM schema_version");

SQL(insert_schema_version, "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)");

int migrations_newest(void)
{
    return all_migrations.count;
}

bool migrations_version(Db *db, int *ret_version, Error *err)
{
    int64_t tables;
    int64_t version = 0;

    *ret_version = 0;
    if (!rows_number(db, &count_version_tables, NO_PARAMS, &tables, err) ||
        (tables > 0 && !rows_number(db, &select_schema_version, NO_PARAMS, &version, err)))
        return false;
    *ret_version = (int)version;
    return true;
}

bool migrations_say_roles(Db *db, const char *roles, Error *err)
{
    return db_execute(db, &say_roles, PARAMS(TXT(roles)), NULL, err);
}

static bool refuse_newer(int version, int newest, Error *err)
{
    if (version <= newest)
        return true;
    return error_set(err, ERROR_UNAVAILABLE,
                     "The database has schema %d and this program knows %d: a newer fasti has "
                     "used it. Start that one.",
                     version, newest);
}

static bool run_steps(Db *db, const Migration *migration, Error *err)
{
    for (size_t i = 0; i < migration->step_count; i++) {
        const MigrationStep *step = &migration->steps[i];
        const char *script = db_kind(db) == DB_SQLITE ? step->sqlite : step->postgres;
        if ((script != NULL && !db_execute_script(db, script, err)) ||
            (step->run != NULL && !step->run(db, err)))
            return false;
    }
    return true;
}

static bool take_step(Db *db, const MigrationList *list, int version, Error *err)
{
    return run_steps(db, list->migrations[version], err) &&
           db_execute(db, &insert_schema_version,
                      PARAMS(INT((int64_t)version + 1), TIME(clock_now_us())), NULL, err);
}

bool migrations_build(Db *db, int version, Error *err)
{
    if (!db_execute(db, &lock_migrations, NO_PARAMS, NULL, err) ||
        !refuse_newer(version, all_migrations.count, err))
        return false;
    for (int i = 0; i < version; i++) {
        if (!take_step(db, &all_migrations, i, err))
            return false;
    }
    return true;
}

/* In a transaction: looks again at what there is, now that nobody else migrates, and takes the
 * next step. */
static bool apply_next(Db *db, const MigrationList *list, int *ret_version, Error *err)
{
    int version;

    if (!db_execute(db, &lock_migrations, NO_PARAMS, NULL, err) ||
        !migrations_version(db, &version, err) || !refuse_newer(version, list->count, err))
        return false;
    *ret_version = version;
    if (version == list->count)
        return true;
    if (!take_step(db, list, version, err))
        return false;
    *ret_version = version + 1;
    return true;
}

/* What a database says about a failed migration is for the person who started it: no client sees
 * it, and "nothing was changed" is what matters most. */
static bool explain(Db *db, int version, Error *err)
{
    if (*db_last_message(db) == '\0')
        return false;
    return error_set(err, err->code, "Migration %d failed, and nothing was changed by it: %s",
                     version + 1, db_last_message(db));
}

static bool refuse_unreadable(Db *db, Error *err)
{
    if (*db_last_message(db) == '\0' || err->code == ERROR_RETRY)
        return false;
    return error_set(err, ERROR_UNAVAILABLE, "The database cannot be read: %s",
                     db_last_message(db));
}

static bool migrate_once(Db *db, const MigrationList *list, int *version, Error *err)
{
    int before = *version;

    if (!db_begin(db, err))
        return explain(db, before, err);
    if (apply_next(db, list, version, err) && db_commit(db, err))
        return true;
    explain(db, before, err);
    db_rollback(db);
    return false;
}

/* A file that holds something is copied before it is changed: <file>.before-<first migration>. */
static bool copy_before(Db *db, int version, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };

    if (db_file(db) == NULL || version == 0)
        return true;
    const char *path = arena_printf(&scratch, "%s.before-%d", db_file(db), version + 1);
    return db_copy(db, path, err) || explain(db, version, err);
}

bool migrations_apply(Db *db, const MigrationList *list, int *ret_from, int *ret_to, Error *err)
{
    int version;

    if (!db_set_statement_timeout(db, 0, err))
        return false;
    if (!migrations_version(db, &version, err))
        return refuse_unreadable(db, err);
    if (!refuse_newer(version, list->count, err))
        return false;
    *ret_from = version;
    if (version < list->count && !copy_before(db, version, err))
        return false;
    while (version < list->count) {
        if (!migrate_once(db, list, &version, err))
            return false;
    }
    *ret_to = version;
    return true;
}

bool migrations_run(const char *url, int *ret_from, int *ret_to, Error *err)
{
    Db AUTO(db_close) *db = NULL;

    if (!db_open(url, DB_WRITE, &db, err))
        return false;
    return migrations_apply(db, &all_migrations, ret_from, ret_to, err);
}
