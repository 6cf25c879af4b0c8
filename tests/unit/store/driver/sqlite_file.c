/* What the SQLite driver does with files. */
#include "../bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

SQL(count_rows, "SELECT count(*) AS n FROM entry");
SQL(insert_entry, "INSERT INTO entry (text) VALUES ($1)");

static const char *path_of(Bench *bench, const char *name)
{
    return arena_printf(&bench->arena, "%s/%s", bench->folder, name);
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

static void must_not_open(Bench *bench, const char *url, DbMode mode, const char *part)
{
    Db *db = NULL;

    error_clear(&bench->err);
    assert_false(db_open(url, mode, &db, &bench->err));
    assert_null(db);
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
    if (strstr(bench->err.detail, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, bench->err.detail);
}

static void fill(Bench *bench, int rows, size_t bytes)
{
    char *text = arena_alloc(&bench->arena, bytes + 1);

    memset(text, 'x', bytes);
    bench_run(bench->db, "CREATE TABLE IF NOT EXISTS entry (text TEXT NOT NULL) STRICT");
    for (int i = 0; i < rows; i++) {
        bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
        bench_must(bench, bench->db,
                   db_execute(bench->db, &insert_entry, PARAMS(TXT(text)), NULL, &bench->err));
        bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
        db_checkpoint_if_due(bench->db, false);
    }
}

static void files_are_for_their_owner_alone(void **state)
{
    Bench *bench = bench_of(state);

    fill(bench, 1, 10);
    assert_int_equal(mode_of(path_of(bench, "fasti.db")), 0600);
    assert_int_equal(mode_of(path_of(bench, "fasti.db-wal")), 0600);
    assert_int_equal(mode_of(path_of(bench, "fasti.db-shm")), 0600);
    assert_int_equal(mode_of(path_of(bench, "fasti.db.lock")), 0600);
}

static void a_file_that_others_could_read_is_closed_to_them(void **state)
{
    Bench *bench = bench_of(state);

    assert_int_equal(chmod(path_of(bench, "fasti.db"), 0644), 0);
    bench_reconnect(bench);
    assert_int_equal(mode_of(path_of(bench, "fasti.db")), 0600);
}

static void a_second_writer_is_refused(void **state)
{
    Bench *bench = bench_of(state);
    Db *db = NULL;

    assert_false(db_open(bench->url, DB_WRITE, &db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_RETRY); /* who has it may be done with it soon */
    assert_non_null(strstr(bench->err.detail, "Another fasti process"));
    bench_reconnect(bench); /* once the first one is gone, the file is free again */
}

static void a_link_is_refused(void **state)
{
    Bench *bench = bench_of(state);
    const char *link = path_of(bench, "link.db");

    assert_int_equal(symlink(path_of(bench, "fasti.db"), link), 0);
    must_not_open(bench, arena_printf(&bench->arena, "sqlite:///%s", link), DB_READ, "not a link");
    must_not_open(bench, arena_printf(&bench->arena, "sqlite:///%s", link), DB_WRITE, "not a link");
}

static void a_folder_behind_a_link_is_fine(void **state)
{
    Bench *bench = bench_of(state);
    Db AUTO(db_close) *db = NULL;
    const char *link = path_of(bench, "folder");

    assert_int_equal(symlink(bench->folder, link), 0);
    assert_true(db_open(arena_printf(&bench->arena, "sqlite:///%s/fasti.db", link), DB_READ, &db,
                        &bench->err));
}

static void a_missing_folder_or_file_is_told(void **state)
{
    Bench *bench = bench_of(state);

    must_not_open(bench, arena_printf(&bench->arena, "sqlite:///%s/no/x.db", bench->folder),
                  DB_WRITE, "make it first");
    must_not_open(bench, arena_printf(&bench->arena, "sqlite:///%s/no.db", bench->folder), DB_READ,
                  "fasti migrate");
    must_not_open(bench, "sqlite:////proc", DB_WRITE, "not a plain file");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = path_of(bench, "letter.db");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        fputs("Dear database, ", file);
    assert_int_equal(fclose(file), 0);
    must_not_open(bench, arena_printf(&bench->arena, "sqlite:///%s", path), DB_WRITE,
                  "not a database");
}

static void a_copy_holds_everything_and_is_a_database(void **state)
{
    Bench *bench = bench_of(state);
    Db AUTO(db_close) *copy = NULL;
    const char *path = path_of(bench, "copy.db");

    fill(bench, 50, 5000);
    for (int round = 0; round < 2; round++) /* the second one replaces the first */
        bench_must(bench, bench->reader, db_copy(bench->reader, path, &bench->err));
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(access(path_of(bench, "copy.db.partial"), F_OK), -1);
    bench_must(
        bench, NULL,
        db_open(arena_printf(&bench->arena, "sqlite:///%s", path), DB_WRITE, &copy, &bench->err));
    assert_int_equal(bench_number(copy, &count_rows), 50);
}

static void a_copy_that_fails_leaves_nothing(void **state)
{
    Bench *bench = bench_of(state);

    fill(bench, 1, 10);
    error_clear(&bench->err);
    assert_false(db_copy(bench->db, path_of(bench, "no/copy.db"), &bench->err));
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
}

/* The writer looks ten times a second. */
static void wait_for_a_look(void)
{
    usleep(120000);
}

/* Each of the three files: SQLite would go on, and all that it acknowledges would be gone. */
static void what_was_removed_is_not_written_to_and_rescued(void **state)
{
    static const char *const names[] = { "fasti.db", "fasti.db-wal", "fasti.db-shm" };
    Bench *bench = bench_of(state);
    const char *rescued = path_of(bench, "fasti.db.rescued");

    fill(bench, 3, 10);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bench_must(bench, bench->db, db_ping(bench->db, &bench->err));
        assert_int_equal(rename(path_of(bench, names[i]), path_of(bench, "elsewhere")), 0);
        wait_for_a_look();
        assert_false(db_begin(bench->db, &bench->err));
        assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
        assert_non_null(strstr(db_last_message(bench->db), "fasti.db.rescued"));
        assert_false(db_ping(bench->reader, &bench->err));
        assert_int_equal(rename(path_of(bench, "elsewhere"), path_of(bench, names[i])), 0);
    }
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    db_rollback(bench->db);
    Db AUTO(db_close) *copy = NULL;
    bench_must(bench, NULL,
               db_open(arena_printf(&bench->arena, "sqlite:///%s", rescued), DB_WRITE, &copy,
                       &bench->err));
    assert_int_equal(bench_number(copy, &count_rows), 3);
}

static void what_was_removed_is_rescued_at_the_end_too(void **state)
{
    Bench *bench = bench_of(state);

    fill(bench, 3, 10);
    db_close(&bench->reader);
    assert_int_equal(unlink(path_of(bench, "fasti.db")), 0);
    db_close(&bench->db);
    assert_int_equal(rename(path_of(bench, "fasti.db.rescued"), path_of(bench, "fasti.db")), 0);
    unlink(path_of(bench, "fasti.db-wal"));
    unlink(path_of(bench, "fasti.db-shm"));
    bench_reconnect(bench);
    assert_int_equal(bench_number(bench->db, &count_rows), 3);
}

static void the_log_does_not_grow_without_end(void **state)
{
    Bench *bench = bench_of(state);
    struct stat info;

    fill(bench, 400, 100000); /* 40 MB through the log */
    assert_int_equal(stat(path_of(bench, "fasti.db-wal"), &info), 0);
    assert_in_range(info.st_size, 1, 12 * 1024 * 1024);
    db_checkpoint(bench->db);
    assert_int_equal(stat(path_of(bench, "fasti.db-wal"), &info), 0);
    assert_int_equal(info.st_size, 0);
    assert_int_equal(bench_number(bench->reader, &count_rows), 400);
}

static off_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void a_log_that_has_grown_long_is_moved_into_the_file_by_tidying(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = db_file(bench->db);

    bench_run(bench->db, "CREATE TABLE heap (word TEXT) STRICT");
    off_t before = size_of(path);
    db_checkpoint_if_due(bench->db, false);
    assert_int_equal(size_of(path), before); /* not worth it yet */
    bench_run(bench->db, "INSERT INTO heap WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL"
                         " SELECT i + 1 FROM c WHERE i < 5000) SELECT hex(zeroblob(1900)) FROM c");
    assert_int_equal(size_of(path), before);
    db_checkpoint_if_due(bench->db, false);
    assert_true(size_of(path) > 5000 * 3800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(files_are_for_their_owner_alone),
        ON_SQLITE(a_file_that_others_could_read_is_closed_to_them),
        ON_SQLITE(a_second_writer_is_refused),
        ON_SQLITE(a_link_is_refused),
        ON_SQLITE(a_folder_behind_a_link_is_fine),
        ON_SQLITE(a_missing_folder_or_file_is_told),
        ON_SQLITE(a_file_that_is_no_database_is_refused),
        ON_SQLITE(a_copy_holds_everything_and_is_a_database),
        ON_SQLITE(a_copy_that_fails_leaves_nothing),
        ON_SQLITE(what_was_removed_is_not_written_to_and_rescued),
        ON_SQLITE(what_was_removed_is_rescued_at_the_end_too),
        ON_SQLITE(the_log_does_not_grow_without_end),
        ON_SQLITE(a_log_that_has_grown_long_is_moved_into_the_file_by_tidying),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
