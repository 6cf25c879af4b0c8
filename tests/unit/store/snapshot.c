/* A reader that pauses keeps its snapshot, and nobody may be able to tell: what was committed
 * before a transaction began is seen in it, and the log starts over as before. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

SQL(add_note, "INSERT INTO note (text) VALUES ($1)");
SQL(add_note_returning, "INSERT INTO note (text) VALUES ($1) RETURNING id");
SQL(count_notes, "SELECT count(*) AS n FROM note");
SQL(no_such_table, "SELECT n FROM nowhere");
SQL_DIALECTS(for_ever,
             .sqlite = "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c)"
                       " SELECT max(i) AS n FROM c",
             .postgres = "SELECT 1::bigint AS n FROM pg_sleep(60)");

static Bench *bench_with_notes(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT) STRICT"
                             : "CREATE TABLE note (id BIGSERIAL PRIMARY KEY, text TEXT)");
    return bench;
}

static void begin(Bench *bench, Db *db)
{
    bench_must(bench, db, db_begin(db, &bench->err));
}

static void add(Bench *bench, const char *text)
{
    bench_must(bench, bench->db,
               db_execute(bench->db, &add_note, PARAMS(TXT(text)), NULL, &bench->err));
}

static void commit_one(Bench *bench)
{
    begin(bench, bench->db);
    add(bench, "one more");
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

/* As the sqlite3 shell would do it. */
static void commit_one_from_outside(Bench *bench)
{
    sqlite3 *handle = NULL;

    assert_int_equal(sqlite3_open(db_file(bench->db), &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "INSERT INTO note (text) VALUES ('x')", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* What a reader sees in a transaction that it pauses then. */
static int64_t count_and_pause(Bench *bench)
{
    begin(bench, bench->reader);
    int64_t count = bench_number(bench->reader, &count_notes);
    db_keep_snapshot(bench->reader);
    return count;
}

static void a_commit_is_seen_by_the_next_transaction(void **state)
{
    Bench *bench = bench_with_notes(state);

    for (int i = 0; i < 5; i++) {
        assert_int_equal(count_and_pause(bench), i);
        assert_int_equal(count_and_pause(bench), i);
        commit_one(bench);
    }
    assert_int_equal(count_and_pause(bench), 5);
}

static void a_statement_that_commits_by_itself_is_seen_too(void **state)
{
    Bench *bench = bench_with_notes(state);
    int64_t id = 0;

    assert_int_equal(count_and_pause(bench), 0);
    add(bench, "by itself");
    assert_int_equal(count_and_pause(bench), 1);
    bench_must(bench, bench->db,
               db_insert(bench->db, &add_note_returning, PARAMS(TXT("x")), &id, &bench->err));
    assert_int_equal(count_and_pause(bench), 2);
    bench_run(bench->db, "DELETE FROM note");
    assert_int_equal(count_and_pause(bench), 0);
}

static void within_a_transaction_nothing_changes(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    begin(bench, bench->reader);
    assert_int_equal(bench_number(bench->reader, &count_notes), 0);
    commit_one(bench);
    assert_int_equal(bench_number(bench->reader, &count_notes), 0);
    db_keep_snapshot(bench->reader);
    assert_int_equal(count_and_pause(bench), 1);
}

static void what_was_not_committed_is_not_seen(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    begin(bench, bench->db);
    add(bench, "lost");
    assert_int_equal(count_and_pause(bench), 0);
    db_rollback(bench->db);
    assert_int_equal(count_and_pause(bench), 0);
}

/* Nobody counts these commits. That they are not seen is how one can tell that it was kept. */
static void another_process_is_seen_after_a_rest(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    commit_one_from_outside(bench);
    assert_int_equal(count_and_pause(bench), 0);
    db_end_snapshot(bench->reader);
    assert_int_equal(count_and_pause(bench), 1);
    commit_one_from_outside(bench);
    commit_one(bench);
    assert_int_equal(count_and_pause(bench), 3);
}

static void a_statement_outside_a_transaction_sees_the_newest_state(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    commit_one_from_outside(bench);
    assert_int_equal(bench_number(bench->reader, &count_notes), 1);
    commit_one_from_outside(bench);
    assert_int_equal(count_and_pause(bench), 2);
}

static void who_commits_or_rolls_back_keeps_nothing(void **state)
{
    Bench *bench = bench_with_notes(state);

    begin(bench, bench->reader);
    assert_int_equal(bench_number(bench->reader, &count_notes), 0);
    bench_must(bench, bench->reader, db_commit(bench->reader, &bench->err));
    commit_one_from_outside(bench);
    begin(bench, bench->reader);
    assert_int_equal(bench_number(bench->reader, &count_notes), 1);
    db_rollback(bench->reader);
    commit_one_from_outside(bench);
    assert_int_equal(count_and_pause(bench), 2);
}

static void must_fail(Bench *bench, const Sql *sql, ErrorCode code)
{
    Rows AUTO(rows_close) rows = { 0 };

    error_clear(&bench->err);
    assert_false(db_query(bench->reader, sql, NO_PARAMS, &rows, &bench->err));
    assert_int_equal(bench->err.code, code);
}

/* A kept snapshot would not show what another process has committed. */
static void check_that_nothing_is_kept(Bench *bench)
{
    db_keep_snapshot(bench->reader);
    if (db_kind(bench->db) == DB_SQLITE)
        commit_one_from_outside(bench);
    else
        commit_one(bench);
    assert_int_equal(count_and_pause(bench), 1);
}

static void a_transaction_in_which_something_failed_is_not_kept(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    begin(bench, bench->reader);
    must_fail(bench, &no_such_table, ERROR_INTERNAL);
    must_fail(bench, &count_notes, ERROR_INTERNAL);
    check_that_nothing_is_kept(bench);
}

static void a_transaction_whose_time_was_over_is_not_kept(void **state)
{
    Bench *bench = bench_with_notes(state);

    bench_must(bench, bench->reader, db_set_statement_timeout(bench->reader, 50, &bench->err));
    assert_int_equal(count_and_pause(bench), 0);
    begin(bench, bench->reader);
    must_fail(bench, &for_ever, ERROR_UNAVAILABLE);
    check_that_nothing_is_kept(bench);
}

static void a_connection_may_be_closed_while_it_keeps_a_snapshot(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    db_close(&bench->reader);
    commit_one(bench);
}

/* -- The log ---------------------------------------------------------------------------------- */

enum { MIB = 1024 * 1024, FIRST_CHECKPOINT_MIB = 8 };

static long log_mib(Bench *bench)
{
    struct stat info;

    assert_int_equal(stat(arena_printf(&bench->arena, "%s-wal", db_file(bench->db)), &info), 0);
    return (long)(info.st_size / MIB);
}

static void write_mib(Bench *bench, int count)
{
    char *text = arena_alloc(&bench->arena, MIB + 1);

    memset(text, 'x', MIB);
    text[MIB] = '\0';
    for (int i = 0; i < count; i++)
        add(bench, text);
}

static void the_log_starts_over_when_the_readers_rest(void **state)
{
    Bench *bench = bench_with_notes(state);

    assert_int_equal(count_and_pause(bench), 0);
    write_mib(bench, FIRST_CHECKPOINT_MIB + 1);
    db_checkpoint_if_due(bench->db, false); /* in vain, but does not wait for long */
    write_mib(bench, FIRST_CHECKPOINT_MIB + 1);
    long grown = log_mib(bench);
    assert_true(grown >= 2 * FIRST_CHECKPOINT_MIB);

    db_end_snapshot(bench->reader);
    db_checkpoint_if_due(bench->db, false);
    write_mib(bench, FIRST_CHECKPOINT_MIB);
    assert_int_equal(log_mib(bench), grown);
}

/* -- Many at once ----------------------------------------------------------------------------- */

/* Worse than in the server: two threads that never rest, and one writer. */
typedef struct Storm {
    Bench *bench;
    atomic_int committed; /* what somebody has been told of */
    atomic_bool is_over;
} Storm;

enum { READERS = 2, STORM_MIB = 48 };

static bool read_one(Storm *storm, Db *db)
{
    Rows AUTO(rows_close) rows = { 0 };
    Error err = { .code = ERROR_NONE };
    int told = atomic_load(&storm->committed);

    if (!db_begin(db, &err) || !db_query(db, &count_notes, NO_PARAMS, &rows, &err) ||
        !rows_next(&rows))
        return false;
    bool is_seen = rows_int(&rows, "n") >= told;
    rows_close(&rows);
    db_keep_snapshot(db);
    return is_seen;
}

static void *run_reader(void *context)
{
    Storm *storm = context;
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    bool is_good = db_open(storm->bench->url, DB_READ, &db, &err);

    while (is_good && !atomic_load(&storm->is_over))
        is_good = read_one(storm, db);
    return is_good ? storm : NULL;
}

static void readers_that_never_rest_see_every_commit_and_let_the_log_start_over(void **state)
{
    Bench *bench = bench_with_notes(state);
    Storm storm = { .bench = bench };
    pthread_t readers[READERS];

    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, run_reader, &storm), 0);
    for (int i = 0; i < STORM_MIB; i++) {
        write_mib(bench, 1);
        atomic_store(&storm.committed, i + 1);
        db_checkpoint_if_due(bench->db, false);
    }
    atomic_store(&storm.is_over, true);
    for (int i = 0; i < READERS; i++) {
        void *is_good = NULL;
        assert_int_equal(pthread_join(readers[i], &is_good), 0);
        assert_non_null(is_good);
    }
    assert_true(log_mib(bench) < STORM_MIB * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_commit_is_seen_by_the_next_transaction),
        ON_BOTH(a_statement_that_commits_by_itself_is_seen_too),
        ON_BOTH(within_a_transaction_nothing_changes),
        ON_BOTH(what_was_not_committed_is_not_seen),
        ON_SQLITE(another_process_is_seen_after_a_rest),
        ON_SQLITE(a_statement_outside_a_transaction_sees_the_newest_state),
        ON_SQLITE(who_commits_or_rolls_back_keeps_nothing),
        ON_BOTH(a_transaction_in_which_something_failed_is_not_kept),
        ON_BOTH(a_transaction_whose_time_was_over_is_not_kept),
        ON_BOTH(a_connection_may_be_closed_while_it_keeps_a_snapshot),
        ON_SQLITE(the_log_starts_over_when_the_readers_rest),
        ON_SQLITE(readers_that_never_rest_see_every_commit_and_let_the_log_start_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
