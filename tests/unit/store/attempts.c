/* What may only be tried so often. */
#include "store/attempts.h"

#include "giving.h"

static const Instant noon = INT64_C(1772366400000000);
static const int64_t hour_us = INT64_C(3600000000);

SQL(count_keys, "SELECT count(*) AS n FROM login_attempts");

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    return bench;
}

static int64_t try_at(Bench *bench, const char *key, Instant now)
{
    int64_t count = 0;

    bench_must(bench, bench->db, attempts_count(bench->db, key, now, hour_us, &count, &bench->err));
    return count;
}

static void tries_are_counted_in_a_window_that_begins_with_the_first(void **state)
{
    Bench *bench = start(state);

    assert_int_equal(try_at(bench, "a", noon), 1);
    assert_int_equal(try_at(bench, "a", noon + hour_us / 2), 2);
    assert_int_equal(try_at(bench, "b", noon + hour_us / 2), 1);
    assert_int_equal(try_at(bench, "a", noon + hour_us - 1), 3);
    assert_int_equal(try_at(bench, "a", noon + hour_us), 1);
    assert_int_equal(try_at(bench, "a", noon + 2 * hour_us - 1), 2);
}

static void what_is_forgiven_or_cleared_does_not_count(void **state)
{
    Bench *bench = start(state);

    (void)try_at(bench, "a", noon);
    (void)try_at(bench, "a", noon);
    bench_must(bench, bench->db, attempts_forgive(bench->db, "a", &bench->err));
    assert_int_equal(try_at(bench, "a", noon), 2);
    bench_must(bench, bench->db, attempts_clear(bench->db, "a", &bench->err));
    assert_int_equal(try_at(bench, "a", noon), 1);
    for (int i = 0; i < 3; i++)
        bench_must(bench, bench->db, attempts_forgive(bench->db, "a", &bench->err));
    assert_int_equal(try_at(bench, "a", noon), 1); /* never fewer than none */
    bench_must(bench, bench->db, attempts_forgive(bench->db, "nobody", &bench->err));
}

static void what_is_over_goes_a_day_s_windows_after_a_day(void **state)
{
    Bench *bench = start(state);
    int64_t count = 0;

    (void)try_at(bench, "a", noon);
    (void)try_at(bench, "b", noon);
    (void)try_at(bench, ATTEMPTS_OF_A_DAY "a", noon);
    bench_must(bench, bench->db,
               attempts_delete_old(bench->db, noon + hour_us, 9, &count, &bench->err));
    assert_int_equal(count, 0);
    bench_must(bench, bench->db,
               attempts_delete_old(bench->db, noon + hour_us + 1, 1, &count, &bench->err));
    assert_int_equal(count, 1);
    bench_must(bench, bench->db,
               attempts_delete_old(bench->db, noon + 24 * hour_us, 9, &count, &bench->err));
    assert_int_equal(bench_number(bench->db, &count_keys), 1);
    bench_must(bench, bench->db,
               attempts_delete_old(bench->db, noon + 24 * hour_us + 1, 9, &count, &bench->err));
    assert_int_equal(bench_number(bench->db, &count_keys), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(tries_are_counted_in_a_window_that_begins_with_the_first),
        ON_BOTH(what_is_forgiven_or_cleared_does_not_count),
        ON_BOTH(what_is_over_goes_a_day_s_windows_after_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
