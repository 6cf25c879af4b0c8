/* A copy is of one moment, is one at a time, and leaves nothing behind. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bench.h"

SQL(count_words, "SELECT count(*) AS n FROM words");

static void a_still_copy_is_of_one_moment(void **state)
{
    Bench *bench = bench_of(state);
    Db AUTO(db_close) *still = NULL;
    Db AUTO(db_close) *second = NULL;
    const char *copy = arena_printf(&bench->arena, "%s/fasti.db.copy", bench->folder);

    bench_run(bench->db, "CREATE TABLE words (word TEXT NOT NULL) STRICT;"
                         "INSERT INTO words (word) VALUES ('one'), ('two')");
    bench_must(bench, NULL, db_open_still(bench->url, &still, &bench->err));
    bench_run(bench->db, "INSERT INTO words (word) VALUES ('three')");
    assert_int_equal(bench_number(still, &count_words), 2);
    assert_int_equal(bench_number(bench->db, &count_words), 3);
    assert_int_equal(access(copy, F_OK), 0);

    assert_false(db_open_still(bench->url, &second, &bench->err));
    assert_int_equal(bench->err.code, ERROR_RETRY);
    db_close(&still);
    assert_int_not_equal(access(copy, F_OK), 0);
    bench_must(bench, NULL, db_open_still(bench->url, &second, &bench->err));
    assert_int_equal(bench_number(second, &count_words), 3);
}

/* Logged, and not yet in the file. */
#define TWENTY_MB                                                                                  \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"               \
    " INSERT INTO words (word) SELECT hex(randomblob(2000)) FROM n"

static int64_t size_of_file(Bench *bench)
{
    struct stat file;

    assert_int_equal(stat(db_file(bench->db), &file), 0);
    return file.st_size;
}

static void what_was_logged_while_it_was_made_is_moved_beside_the_writer(void **state)
{
    Bench *bench = bench_of(state);
    Db AUTO(db_close) *still = NULL;

    bench_run(bench->db, "CREATE TABLE words (word TEXT NOT NULL) STRICT;" TWENTY_MB);
    assert_in_range(size_of_file(bench), 0, 1 << 20);
    bench_must(bench, NULL, db_open_still(bench->url, &still, &bench->err));
    assert_in_range(size_of_file(bench), 20000000, 40000000);
    assert_int_equal(bench_number(still, &count_words), 5000);
}

static void the_writer_leaves_the_log_to_who_copies(void **state)
{
    Bench *bench = bench_of(state);
    Db AUTO(db_close) *still = NULL;
    const char *partial = arena_printf(&bench->arena, "%s/fasti.db.copy.partial", bench->folder);

    bench_run(bench->db, "CREATE TABLE words (word TEXT NOT NULL) STRICT");
    bench_must(bench, NULL, db_open_still(bench->url, &still, &bench->err)); /* has the lock */
    close(open(partial, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    bench_run(bench->db, TWENTY_MB);
    db_checkpoint_if_due(bench->db, false);
    assert_in_range(size_of_file(bench), 0, 1 << 20);

    db_close(&still); /* as if it had been killed: the file alone says nothing */
    close(open(partial, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    bench_run(bench->db, TWENTY_MB);
    db_checkpoint_if_due(bench->db, false);
    assert_in_range(size_of_file(bench), 40000000, 80000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_still_copy_is_of_one_moment),
        ON_SQLITE(what_was_logged_while_it_was_made_is_moved_beside_the_writer),
        ON_SQLITE(the_writer_leaves_the_log_to_who_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
