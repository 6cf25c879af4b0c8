/* A copy is of one moment, is one at a time, and leaves nothing behind. */
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

int main(void)
{
    const struct CMUnitTest tests[] = { ON_SQLITE(a_still_copy_is_of_one_moment) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
