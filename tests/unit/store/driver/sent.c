/* How much goes to a database server: who sends much is known by it (work/group_commit.c). */
#include "../bench.h"

SQL(length_of, "SELECT CAST(length(CAST($1 AS TEXT)) AS BIGINT) AS n");

/* What is null is not sent, and has no length. */
static void values_are_counted_and_nulls_are_not(void **state)
{
    Bench *bench = bench_of(state);
    int64_t twelve = db_kind(bench->db) == DB_POSTGRES ? 12 : 0;
    int64_t before = db_sent_bytes(bench->db);

    bench_must(bench, bench->db,
               db_execute(bench->db, &length_of, PARAMS(TXT("twelve bytes")), NULL, &bench->err));
    assert_int_equal(db_sent_bytes(bench->db) - before, twelve);
    bench_must(bench, bench->db,
               db_execute(bench->db, &length_of, PARAMS(TXT(NULL)), NULL, &bench->err));
    assert_int_equal(db_sent_bytes(bench->db) - before, twelve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_are_counted_and_nulls_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
