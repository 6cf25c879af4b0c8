#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/random.h"

static Bench *make_bench(void **state)
{
    Bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    *state = bench;
    return bench;
}

void bench_must(Bench *bench, Db *db, int is_done)
{
    if (!is_done)
        fail_msg("%s (%s)", bench->err.detail, db != NULL ? db_last_message(db) : "");
}

static void connect_both(Bench *bench)
{
    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &bench->db, &bench->err));
    bench_must(bench, NULL, db_open(bench->url, DB_READ, &bench->reader, &bench->err));
}

void bench_reconnect(Bench *bench)
{
    db_close(&bench->reader);
    db_close(&bench->db);
    connect_both(bench);
}

/* Is there room in memory, so that nobody's disk makes the tests slow? In a container there is
 * little (64 MiB). */
static bool has_memory_disk(void)
{
    enum { NEEDED_MIB = 1024 };
    struct statvfs disk;

    return access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &disk) == 0 &&
           disk.f_bavail / 1024 * disk.f_frsize / 1024 >= NEEDED_MIB;
}

int bench_open_sqlite(void **state)
{
    Bench *bench = make_bench(state);

    snprintf(bench->folder, sizeof(bench->folder), "%s/fasti-store-XXXXXX",
             has_memory_disk() ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(bench->folder));
    bench->url = arena_printf(&bench->arena, "sqlite:///%s/fasti.db", bench->folder);
    connect_both(bench);
    return 0;
}

int bench_open_postgres(void **state)
{
    Bench *bench = make_bench(state);
    const char *url = getenv("FASTI_TEST_POSTGRES");
    Db AUTO(db_close) *maker = NULL;
    char random[9];

    if (url == NULL || *url == '\0')
        return 0;
    random_hex(random, 4);
    snprintf(bench->schema, sizeof(bench->schema), "store_test_%s", random);
    bench_must(bench, NULL, db_open(url, DB_WRITE, &maker, &bench->err));
    bench_run(maker, arena_printf(&bench->arena, "CREATE SCHEMA %s", bench->schema));
    bench->url =
        arena_printf(&bench->arena, "%s%soptions=-csearch_path%%3D%s&application_name=%s", url,
                     strchr(url, '?') != NULL ? "&" : "?", bench->schema, bench->schema);
    connect_both(bench);
    return 0;
}

Bench *bench_of(void **state)
{
    Bench *bench = *state;

    if (bench->url == NULL)
        skip();
    return bench;
}

static void remove_folder(Bench *bench)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf -- '%s'", bench->folder);
    assert_int_equal(system(command), 0);
}

int bench_close(void **state)
{
    Bench *bench = *state;
    Error ignored = { 0 };

    if (bench->db != NULL)
        db_rollback(bench->db);
    db_close(&bench->reader);
    db_close(&bench->db);
    if (bench->folder[0] != '\0')
        remove_folder(bench);
    if (bench->database[0] != '\0') {
        Db AUTO(db_close) *cleaner = NULL;
        if (db_open(getenv("FASTI_TEST_POSTGRES"), DB_WRITE, &cleaner, &ignored))
            bench_run(cleaner, arena_printf(&bench->arena, "DROP DATABASE %s WITH (FORCE)",
                                            bench->database));
    } else if (bench->schema[0] != '\0') {
        Db AUTO(db_close) *cleaner = NULL;
        if (db_open(bench->url, DB_WRITE, &cleaner, &ignored))
            bench_run(cleaner,
                      arena_printf(&bench->arena, "DROP SCHEMA %s CASCADE", bench->schema));
    }
    arena_finish(&bench->arena);
    free(bench);
    return 0;
}

void bench_run(Db *db, const char *script)
{
    Error err = { 0 };

    if (!db_execute_script(db, script, &err))
        fail_msg("%s (%s)", err.detail, db_last_message(db));
}

int64_t bench_number(Db *db, const Sql *sql)
{
    Rows AUTO(rows_close) rows = { 0 };
    Error err = { 0 };

    if (!db_query(db, sql, NO_PARAMS, &rows, &err))
        fail_msg("%s (%s)", err.detail, db_last_message(db));
    assert_true(rows_next(&rows));
    return rows_int(&rows, "n");
}

/* One test prepares every statement on both databases. */
SQL_DIALECTS(select_backend, .sqlite = "SELECT 0 AS n",
             .postgres = "SELECT CAST(pg_backend_pid() AS BIGINT) AS n");
SQL_DIALECTS(kill_backend, .sqlite = "SELECT $1 AS is_done",
             .postgres = "SELECT pg_terminate_backend(CAST($1 AS INTEGER)) AS is_done");

int64_t bench_backend(Db *db)
{
    return bench_number(db, &select_backend);
}

void bench_kill_backend(Bench *bench, int64_t backend)
{
    Db AUTO(db_close) *killer = NULL;

    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &killer, &bench->err));
    bench_must(bench, killer,
               db_execute(killer, &kill_backend, PARAMS(INT(backend)), NULL, &bench->err));
}

void bench_kill(Bench *bench, Db *victim)
{
    bench_kill_backend(bench, bench_backend(victim));
}
