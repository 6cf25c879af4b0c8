/* New databases, those that are newer, and migrations that fail or are killed. */
#include "migrating.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An empty database instead of this one. */
static void open_another_bench(void **state)
{
    Bench *bench = *state;
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_close(state);
    if (is_sqlite)
        bench_open_sqlite(state);
    else
        bench_open_postgres(state);
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
    assert_int_equal(version, migrations_newest());
    must_count(bench, 3, "roles");
    must_count(bench, 1, "roles WHERE id = 1 AND name = 'Owner'");
    must_count(bench, 0, "events");
}

static void a_second_run_does_nothing(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    migrate(bench, migrations_newest());
    must_count(bench, migrations_newest(), "schema_version");
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

    if (!sql_is_for(sql, db_kind(all->bench->db)))
        return;
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
    { .sqlite = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER)" },
    { .sqlite = "CREATE TABLE first (id INTEGER)" },
};
static const MigrationStep make_second[] = {
    { .sqlite = "CREATE TABLE second (id INTEGER)" },
};
static const MigrationStep fail_second[] = {
    { .sqlite = "CREATE TABLE second (id INTEGER)" },
    { .run = refuse },
};
static const Migration first = MIGRATION(make_first);
static const Migration second = MIGRATION(make_second);
static const Migration failing = MIGRATION(fail_second);
static const Migration *const good_migrations[] = { &first, &second };
static const Migration *const bad_migrations[] = { &first, &failing };

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

/* Each version with FASTI_TEST_LONG; else the first, the newest, and each third between: the
 * step from any version to the next is taken on the way from those before it. */
static int version_after(int version)
{
    enum { STRIDE = 3 };
    bool is_long = getenv("FASTI_TEST_LONG") != NULL;
    int last = migrations_newest() - 1;

    if (is_long || version == last)
        return version + 1;
    return version + STRIDE < last ? version + STRIDE : last;
}

/* A database of every version that ever was, with an event in it, or all of the old system's. */
static void every_earlier_version_comes_to_the_newest(void **state)
{
    for (int version = 1; version < migrations_newest(); version = version_after(version)) {
        Bench *bench = bench_of(state);
        migrate_to(bench, version);
        add_event(bench);
        migrate(bench, version);
        must_count(bench, 1, "events WHERE series_start = start_time AND series_of IS NULL");
        must_count(bench, migrations_newest(), "schema_version");
        open_another_bench(state);
    }
}

static void the_old_system_comes_there_by_every_version(void **state)
{
    for (int version = 1; version < migrations_newest(); version = version_after(version)) {
        Bench *bench = bench_of(state);
        load_old_system(bench);
        migrate_to(bench, version);
        migrate(bench, version);
        must_count(bench, 232, "events WHERE series_start = start_time AND series_of IS NULL");
        must_count(bench, 232, "event_versions WHERE data -> 'series_of' = 'null'");
        must_count(bench, 0, "event_versions WHERE data -> 'series_of' = '0'");
        open_another_bench(state);
    }
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
        open_another_bench(state);
        bench = *state;
        db_close(&bench->reader);
        db_close(&bench->db);
        migrate_and_kill(bench, i * step_us);
        bench_reconnect(bench);
        migrate(bench, -1);
        must_count(bench, 3, "roles");
    }
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
    must_count(bench, migrations_newest(), "schema_version");
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
        ON_BOTH(every_earlier_version_comes_to_the_newest),
        ON_POSTGRES(the_old_system_comes_there_by_every_version),
        ON_BOTH(a_kill_at_any_moment_leaves_a_database_that_can_be_migrated),
        ON_POSTGRES(nodes_that_start_together_migrate_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
