/* New databases, and those that the old system filled. */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrations.h"
#include "store/migrations_list.h"

static void migrate(Bench *bench, int expected_from)
{
    int from = -1;
    int to = -1;

    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
    if (expected_from >= 0)
        assert_int_equal(from, expected_from);
    assert_int_equal(to, migrations_newest(db_kind(bench->db)));
}

static void must_not_migrate(Bench *bench, const char *part)
{
    int from;
    int to;

    db_close(&bench->reader);
    db_close(&bench->db);
    error_clear(&bench->err);
    assert_false(migrations_run(bench->url, &from, &to, &bench->err));
    if (strstr(bench->err.detail, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, bench->err.detail);
    bench_reconnect(bench);
}

static Sql *query(Bench *bench, const char *text)
{
    Sql *sql = ARENA_NEW(&bench->arena, Sql);

    *sql = (Sql){ .text = text, .name = "query" };
    return sql;
}

static void must_count(Bench *bench, int64_t expected, const char *from)
{
    const char *text = arena_printf(&bench->arena, "SELECT count(*) AS n FROM %s", from);
    int64_t found = bench_number(bench->db, query(bench, text));

    if (found != expected)
        fail_msg("%lld, not %lld: %s", (long long)found, (long long)expected, from);
}

/* -- New databases ---------------------------------------------------------------------------- */

static void a_new_database_is_ready_after_one_run(void **state)
{
    Bench *bench = bench_of(state);
    int version = -1;

    bench_must(bench, bench->db, migrations_version(bench->db, &version, &bench->err));
    assert_int_equal(version, 0);
    migrate(bench, 0);
    bench_must(bench, bench->db, migrations_version(bench->db, &version, &bench->err));
    assert_int_equal(version, migrations_newest(db_kind(bench->db)));
    must_count(bench, 3, "roles");
    must_count(bench, 1, "roles WHERE id = 1 AND name = 'Owner'");
    must_count(bench, 0, "events");
}

static void a_second_run_does_nothing(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    migrate(bench, migrations_newest(db_kind(bench->db)));
    must_count(bench, migrations_newest(db_kind(bench->db)), "schema_version");
}

static void a_newer_database_is_refused(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "INSERT INTO schema_version VALUES (999, 0)"
                             : "INSERT INTO schema_version VALUES (999, now())");
    must_not_migrate(bench, "999");
}

typedef struct Preparation {
    Bench *bench;
    int count;
    int wrong;
} Preparation;

static void try_to_prepare(const Sql *sql, void *context)
{
    Preparation *all = context;

    all->count++;
    if (!db_prepare(all->bench->db, sql, &all->bench->err)) {
        print_error("%s\n", db_last_message(all->bench->db));
        all->wrong++;
    }
}

static void every_statement_of_the_stores_can_be_prepared(void **state)
{
    Bench *bench = bench_of(state);
    Preparation all = { .bench = bench };

    migrate(bench, 0);
    sql_each(try_to_prepare, &all);
    assert_int_equal(all.wrong, 0);
    assert_true(all.count > 50);
}

/* -- Steps ------------------------------------------------------------------------------------ */

static bool refuse(Db *db, Error *err)
{
    return db_execute_script(db, "INSERT INTO nowhere VALUES (1)", err);
}

static const MigrationStep make_first[] = {
    { .script = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER)" },
    { .script = "CREATE TABLE first (id INTEGER)" },
};
static const MigrationStep make_second[] = {
    { .script = "CREATE TABLE second (id INTEGER)" },
};
static const MigrationStep fail_second[] = {
    { .script = "CREATE TABLE second (id INTEGER)" },
    { .run = refuse },
};
static const Migration good_migrations[] = { MIGRATION(make_first), MIGRATION(make_second) };
static const Migration bad_migrations[] = { MIGRATION(make_first), MIGRATION(fail_second) };

static void a_migration_that_fails_changes_nothing(void **state)
{
    Bench *bench = bench_of(state);
    const MigrationList bad = { bad_migrations, 2 };
    const MigrationList good = { good_migrations, 2 };
    int from;
    int to;

    assert_false(migrations_apply(bench->db, &bad, &from, &to, &bench->err));
    assert_non_null(strstr(bench->err.detail, "Migration 2 failed"));
    assert_non_null(strstr(bench->err.detail, "nowhere"));
    must_count(bench, 1, "schema_version");
    must_count(bench, 0, "sqlite_master WHERE name = 'second'");

    bench_must(bench, bench->db, migrations_apply(bench->db, &good, &from, &to, &bench->err));
    assert_int_equal(from, 1);
    assert_int_equal(to, 2);
    must_count(bench, 0, "second");
}

static void a_file_with_data_is_copied_before_it_is_changed(void **state)
{
    Bench *bench = bench_of(state);
    const MigrationList one = { good_migrations, 1 };
    const MigrationList both = { good_migrations, 2 };
    const char *copy = arena_printf(&bench->arena, "%s/fasti.db.before-2", bench->folder);
    Db AUTO(db_close) *before = NULL;
    int from;
    int to;

    bench_must(bench, bench->db, migrations_apply(bench->db, &one, &from, &to, &bench->err));
    bench_run(bench->db, "INSERT INTO first VALUES (7)");
    assert_int_equal(access(copy, F_OK), -1);
    bench_must(bench, bench->db, migrations_apply(bench->db, &both, &from, &to, &bench->err));
    bench_must(
        bench, NULL,
        db_open(arena_printf(&bench->arena, "sqlite:///%s", copy), DB_WRITE, &before, &bench->err));
    assert_int_equal(bench_number(before, query(bench, "SELECT id AS n FROM first")), 7);
    assert_int_equal(
        bench_number(before,
                     query(bench, "SELECT count(*) AS n FROM sqlite_master WHERE name = 'second'")),
        0);
}

/* -- What later versions add ------------------------------------------------------------------ */

/* An event as version 2 knew it, from 2024-10-04T00:00:00Z to `ends`; `hour` and `days64` are an
 * hour and 64 days later, as long as class 2 can be. */
static void add_old_event(Bench *bench, const char *ends, const char *series_ends,
                          const char *pattern, const char *overrides, const char *deleted)
{
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO events (title, uid, start_time, end_time, series_end,"
                           " is_recurring, recurrence_pattern, recurrence_overrides, owner_id,"
                           " version_number, created_at, updated_at, deleted_at)"
                           " SELECT 'old', (SELECT count(*) FROM events), begins, %s, %s,"
                           " %s IS NOT NULL, %s, %s, 1, 1, begins, begins, %s FROM moments",
                           ends, series_ends, pattern, pattern, overrides, deleted));
}

#define NONE        "NULL"
#define RULE(parts) "'{\"rrule\":\"FREQ=DAILY" parts "}'"

/* One person owns six events, of which another may read the first two. */
static void fill_version_two(Bench *bench)
{
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_run(bench->db,
              is_sqlite ? "CREATE TABLE moments AS SELECT 480000 * 3600000000 AS begins,"
                          " 480001 * 3600000000 AS hour, 481536 * 3600000000 AS days64"
                        : "CREATE TABLE moments AS SELECT to_timestamp(480000 * 3600) AS begins,"
                          " to_timestamp(480001 * 3600) AS hour,"
                          " to_timestamp(481536 * 3600) AS days64");
    bench_run(bench->db,
              "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
              " SELECT 'a', 'a', 'x', begins, begins FROM moments;"
              "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
              " SELECT 'b', 'b', 'x', begins, begins FROM moments");
    add_old_event(bench, "hour", "hour", NONE, NONE, "begins");
    add_old_event(bench, "hour", "hour", NONE, NONE, NONE);
    add_old_event(bench, "days64", "days64", NONE, NONE, NONE);
    add_old_event(bench, "hour", NONE, RULE("\",\"rdates\":[]"), NONE, NONE);
    add_old_event(bench, "hour", "days64",
                  RULE(";COUNT=30\",\"rdates\":[\"2024-10-01T00:00:00Z\"]"), NONE, NONE);
    add_old_event(bench, "hour", "days64", RULE(";COUNT=30\",\"rdates\":[]"),
                  "'{\"2024-10-05T00:00:00Z\":{\"start_time\":\"2024-10-01T00:00:00Z\"}}'", NONE);
    bench_run(bench->db,
              "DROP TABLE moments;"
              "INSERT INTO event_permissions (event_id, user_id, role_id)"
              " SELECT id, 1, 1 FROM events;"
              "INSERT INTO event_permissions (event_id, user_id, role_id) VALUES (1, 2, 3),"
              " (2, 2, 3)");
}

static void an_upgrade_fills_in_what_lists_look_for(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;
    const MigrationList two = {
        .migrations = is_sqlite ? sqlite_migrations.migrations : postgres_migrations.migrations,
        .count = 2,
    };
    const char *early = is_sqlite ? "1727740800000000" : "'2024-10-01T00:00:00Z'";
    int from;
    int to;

    bench_must(bench, bench->db, migrations_apply(bench->db, &two, &from, &to, &bench->err));
    fill_version_two(bench);
    migrate(bench, 2);
    must_count(bench, 4, "events WHERE series_start = start_time");
    must_count(bench, 2,
               arena_printf(&bench->arena, "events WHERE series_start = %s AND id > 4", early));
    must_count(bench, 8,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.start_time = e.start_time"
               " AND p.hidden = (e.deleted_at IS NOT NULL)");
    must_count(bench, 8,
               "event_permissions p WHERE extent_class"
               " = CASE event_id WHEN 1 THEN 0 WHEN 2 THEN 0 WHEN 3 THEN 2"
               " WHEN 4 THEN 5 ELSE 6 END");
    must_count(bench, 2,
               "event_counts WHERE (user_id = 1 AND events = 5)"
               " OR (user_id = 2 AND events = 1)");
    must_count(bench, 2, "event_counts");
}

/* -- Killed on the way ------------------------------------------------------------------------ */

/* Runs the migrations in a process that is killed after `delay_us`. */
static void migrate_and_kill(Bench *bench, int64_t delay_us)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        Error err = { 0 };
        int from;
        int to;
        migrations_run(bench->url, &from, &to, &err);
        _exit(0);
    }
    usleep((useconds_t)delay_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_kill_at_any_moment_leaves_a_database_that_can_be_migrated(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;
    int64_t step_us = is_sqlite ? 2000 : 12000;

    for (int i = 0; i < 12; i++) {
        bench_close(state);
        if (is_sqlite)
            bench_open_sqlite(state);
        else
            bench_open_postgres(state);
        bench = *state;
        db_close(&bench->reader);
        db_close(&bench->db);
        migrate_and_kill(bench, i * step_us);
        bench_reconnect(bench);
        migrate(bench, -1);
        must_count(bench, 3, "roles");
    }
}

/* -- The old system's databases --------------------------------------------------------------- */

/* Fills the bench's schema from the dump; psql knows its \-commands. */
static void load_old_system(Bench *bench)
{
    const char *command =
        arena_printf(&bench->arena,
                     "sed 's/\\bpublic\\./%s./g' '%s' | psql -q -v ON_ERROR_STOP=1 '%s' >/dev/null",
                     bench->schema, OLD_SYSTEM_SQL, getenv("FASTI_TEST_POSTGRES"));

    assert_int_equal(system(command), 0);
}

static int64_t number(Bench *bench, const char *text)
{
    return bench_number(bench->db, query(bench, text));
}

static void the_old_systems_data_stay_as_they_are(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "CREATE TABLE before_users AS TABLE users;"
                         "CREATE TABLE before_events AS TABLE events;"
                         "CREATE TABLE before_versions AS TABLE event_versions;"
                         "CREATE TABLE before_changelog AS TABLE changelog;"
                         "CREATE TABLE before_grants AS TABLE event_permissions");
    migrate(bench, 0);
    must_count(bench, 0,
               "(SELECT * FROM before_users EXCEPT SELECT id, username, email,"
               " hashed_password, created_at, updated_at FROM users) AS x");
    must_count(bench, 0,
               "(SELECT id, title, description, start_time, end_time, location, owner_id,"
               " created_at, updated_at FROM before_events EXCEPT SELECT id, title,"
               " description, start_time, end_time, location, owner_id, created_at,"
               " updated_at FROM events) AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_versions EXCEPT SELECT id, event_id, version_number,"
               " data, changed_by_user_id, timestamp FROM event_versions"
               " WHERE origin = 'old') AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_changelog EXCEPT SELECT id, event_id, version_id,"
               " user_id, timestamp, changes FROM changelog) AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_grants EXCEPT SELECT id, event_id, user_id,"
               " role_id FROM event_permissions) AS x");
    must_count(bench, 12,
               "users WHERE username_key = lower(username) AND email_key = lower(email)"
               " AND is_active AND NOT is_admin");
    must_count(bench, 0,
               "changelog WHERE change_type <> 'update' OR user_name IS NULL"
               " OR version_number IS NULL");
}

static void every_event_of_the_old_system_gets_its_owner_and_its_newest_version(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);
    must_count(bench, 0,
               "pg_sequences WHERE schemaname = current_schema()"
               " AND data_type <> 'bigint'::regtype");
    must_count(bench, 232, "events");
    must_count(bench, 232, "events WHERE uid ~ '^[0-9a-f-]{36}$'");
    must_count(bench, 232,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.user_id = e.owner_id AND p.role_id = 1");
    must_count(bench, 318, "event_versions WHERE origin = 'old'");
    must_count(bench, 232,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number = e.version_number AND v.origin = 'fasti'"
               " AND v.timestamp = e.updated_at"
               " AND v.data ->> 'title' = e.title AND v.data ->> 'uid' = e.uid"
               " AND (v.data ->> 'start_time')::timestamptz = e.start_time"
               " AND v.data ->> 'end_time' ~ 'Z$'"
               " AND (v.data ->> 'updated_at')::timestamptz = e.updated_at"
               " AND (v.data ->> 'version_number')::bigint = e.version_number"
               " AND v.data ->> 'status' = 'confirmed'"
               " AND v.data -> 'all_day' = 'false'");
    must_count(bench, 0,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number > e.version_number");
    must_count(bench, 0,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number = e.version_number AND (v.version_number = 1)"
               " <> (v.change_type = 'create')");
}

static void the_old_systems_patterns_become_rules_where_they_can_be_read(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);
    must_count(bench, 31, "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=DAILY;COUNT=5'");
    must_count(bench, 31,
               "events WHERE recurrence_pattern ->> 'rrule'"
               " = 'FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10'");
    must_count(bench, 22, "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=YEARLY'");
    must_count(bench, 22,
               "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=YEARLY'"
               " AND series_end IS NULL");
    must_count(bench, 25, "events WHERE recurrence_pattern ->> 'rrule' LIKE 'FREQ=MONTHLY%'");
    must_count(bench, 15,
               "events WHERE recurrence_pattern ->> 'rrule'"
               " LIKE 'FREQ=WEEKLY;INTERVAL=2;UNTIL=2026%'");
    must_count(bench, 27, "events WHERE recurrence_pattern::text LIKE '%unless it rains%'");
    must_count(bench, 151, "events WHERE is_recurring AND recurrence_pattern IS NOT NULL");
    must_count(bench, 232 - 151,
               "events WHERE NOT is_recurring AND recurrence_pattern IS NULL"
               " AND series_end = end_time");
}

#define COLUMNS                                                                                    \
    "SELECT table_name, column_name, ordinal_position, data_type, is_nullable,"                    \
    " regexp_replace(column_default, 'store_test_[0-9a-f]+\\.', '') AS fallback,"                  \
    " character_maximum_length AS length FROM information_schema.columns WHERE table_schema"

static void a_new_and_an_old_database_come_out_the_same(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);

    void *other_state = NULL;
    bench_open_postgres(&other_state);
    Bench *other = other_state;
    migrate(other, 0);
    const char *here = arena_printf(&bench->arena,
                                    COLUMNS " = '%s' AND table_name <>"
                                            " 'token_blacklist'",
                                    bench->schema);
    const char *there = arena_printf(&bench->arena, COLUMNS " = '%s'", other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));

    /* Indexes and constraints, by name, table and definition without the schema. */
    static const char indexes[] =
        "SELECT tablename, indexname, replace(indexdef, '%s.', '')"
        " FROM pg_indexes WHERE schemaname = '%s' AND tablename <> 'token_blacklist'";
    here = arena_printf(&bench->arena, indexes, bench->schema, bench->schema);
    there = arena_printf(&bench->arena, indexes, other->schema, other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));
    static const char constraints[] =
        "SELECT replace(conrelid::regclass::text, '%s.', ''), conname,"
        " replace(pg_get_constraintdef(oid), '%s.', '')"
        " FROM pg_constraint WHERE connamespace = '%s'::regnamespace";
    here = arena_printf(&bench->arena, constraints, bench->schema, bench->schema, bench->schema);
    there = arena_printf(&bench->arena, constraints, other->schema, other->schema, other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));
    bench_close(&other_state);
}

static void odd_rows_of_the_old_system_are_taken_as_they_are(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(
        bench->db,
        "DROP TABLE token_blacklist;"
        "DROP INDEX idx_changelog_event_id, idx_events_start_time, idx_users_email;"
        "ALTER TABLE events RENAME CONSTRAINT events_owner_id_fkey TO another_name;"
        "ALTER SEQUENCE users_id_seq RENAME TO a_sequence; SELECT setval('a_sequence', 1);"
        "ALTER TABLE event_permissions DROP CONSTRAINT event_permissions_event_id_user_id_key;"
        "INSERT INTO event_permissions (event_id, user_id, role_id) VALUES (3, 1, 3), (3, 1, 2);"
        "INSERT INTO users (id, username, email, hashed_password) VALUES"
        " (101, 'AMIRA', 'AMIRA@example.org', 'x'), (102, 'Zo\xc3\x8b', 'zoe@example.org', 'x');"
        "UPDATE events SET end_time = start_time - interval '1 hour' WHERE id IN (1, 2);"
        "UPDATE events SET is_recurring = true WHERE id = 5;"
        "UPDATE event_versions SET version_number = 40 WHERE id = 1;"
        "DELETE FROM changelog WHERE event_id = 2");
    migrate(bench, 0);
    must_count(bench, 1, "users WHERE id = 101 AND username_key IS NULL AND email_key IS NULL");
    must_count(bench, 1, "users WHERE id = 1 AND username_key = 'amira'");
    must_count(bench, 1, "users WHERE id = 102 AND username_key = 'zo\xc3\x8b'");
    must_count(bench, 1, "event_permissions WHERE event_id = 3 AND user_id = 1 AND role_id = 1");
    must_count(bench, 1, "event_permissions WHERE event_id = 3 AND user_id = 1");
    must_count(bench, 1, "events WHERE id = 2 AND version_number = 41 AND end_time < start_time");
    must_count(bench, 1,
               "event_versions WHERE event_id = 2 AND version_number = 41"
               " AND changed_by_user_id IS NULL");
    must_count(bench, 1, "events WHERE id = 5 AND NOT is_recurring");
    assert_true(number(bench, "INSERT INTO users (username, email, hashed_password)"
                              " VALUES ('new', 'new', 'x') RETURNING id AS n") > 102);
    must_count(bench, 1,
               "pg_constraint WHERE conrelid = 'events'::regclass AND contype = 'f'"
               " AND conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid ="
               " 'events'::regclass AND attname = 'owner_id')] AND confdeltype = 'r'");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE TABLE users (id serial PRIMARY KEY, name text)");
    must_not_migrate(bench, "neither Fasti's nor the old system's");
    must_count(bench, 0, "pg_tables WHERE schemaname = current_schema() AND tablename <> 'users'");
}

static void roles_that_mean_something_else_are_refused(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "UPDATE roles SET name = 'x' WHERE id = 1;"
                         "UPDATE roles SET name = 'Owner' WHERE id = 3;"
                         "UPDATE roles SET name = 'Viewer' WHERE id = 1");
    must_not_migrate(bench, "roles");
}

static void nodes_that_start_together_migrate_once(void **state)
{
    enum { NODES = 4 };
    Bench *bench = bench_of(state);
    pid_t nodes[NODES];

    for (int i = 0; i < NODES; i++) {
        nodes[i] = fork();
        assert_true(nodes[i] >= 0);
        if (nodes[i] == 0) {
            Error err = { 0 };
            int from;
            int to;
            _exit(migrations_run(bench->url, &from, &to, &err) ? 0 : 1);
        }
    }
    for (int i = 0; i < NODES; i++) {
        int status = -1;
        assert_int_equal(waitpid(nodes[i], &status, 0), nodes[i]);
        assert_int_equal(status, 0);
    }
    must_count(bench, migrations_newest(DB_POSTGRES), "schema_version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_new_database_is_ready_after_one_run),
        ON_BOTH(a_second_run_does_nothing),
        ON_BOTH(a_newer_database_is_refused),
        ON_BOTH(every_statement_of_the_stores_can_be_prepared),
        ON_SQLITE(a_migration_that_fails_changes_nothing),
        ON_SQLITE(a_file_with_data_is_copied_before_it_is_changed),
        ON_BOTH(an_upgrade_fills_in_what_lists_look_for),
        ON_BOTH(a_kill_at_any_moment_leaves_a_database_that_can_be_migrated),
        ON_POSTGRES(the_old_systems_data_stay_as_they_are),
        ON_POSTGRES(every_event_of_the_old_system_gets_its_owner_and_its_newest_version),
        ON_POSTGRES(the_old_systems_patterns_become_rules_where_they_can_be_read),
        ON_POSTGRES(a_new_and_an_old_database_come_out_the_same),
        ON_POSTGRES(odd_rows_of_the_old_system_are_taken_as_they_are),
        ON_POSTGRES(a_database_of_another_program_is_left_alone),
        ON_POSTGRES(roles_that_mean_something_else_are_refused),
        ON_POSTGRES(nodes_that_start_together_migrate_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
