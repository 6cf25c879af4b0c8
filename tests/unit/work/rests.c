#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "work/rests.h"

enum { AMIRA = 7, BELA = 8 };

static void who_makes_a_long_one_rests_nine_times_as_long_beside_short_ones(void **state)
{
    Rests rests = { .shorts = { { 0 } } };

    (void)state;
    rests_note(&rests, BELA, false, 1000, 1200);
    rests_note(&rests, AMIRA, true, 2000, 5000);
    assert_int_equal(rests_until(&rests, AMIRA, 5000), 5000 + 9 * 3000);
    assert_int_equal(rests_until(&rests, BELA, 5000), 0);
}

static void nobody_rests_where_nobody_makes_short_ones(void **state)
{
    Rests rests = { .shorts = { { 0 } } };

    (void)state;
    rests_note(&rests, AMIRA, true, 2000, 5000);
    assert_int_equal(rests_until(&rests, AMIRA, 5000), 0);
    rests_note(&rests, BELA, false, 5000, 5200);
    assert_true(rests_until(&rests, AMIRA, 5200) > 5200);
    assert_int_equal(rests_until(&rests, AMIRA, 5200 + LIMIT_COMPANY_US), 0);
}

static void no_rest_is_longer_than_its_limit(void **state)
{
    Rests rests = { .shorts = { { BELA, INT64_MAX } } };

    (void)state;
    rests_note(&rests, AMIRA, true, 0, 10000000);
    assert_int_equal(rests_until(&rests, AMIRA, 10000000), 10000000 + LIMIT_LONG_WRITER_REST_US);
}

static void what_the_server_does_by_itself_is_nobodys(void **state)
{
    Rests rests = { .shorts = { { 0 } } };

    (void)state;
    rests_note(&rests, 0, false, 1000, 1200);
    rests_note(&rests, -1, false, 1000, 1200);
    rests_note(&rests, AMIRA, true, 2000, 5000);
    rests_note(&rests, 0, true, 5000, 9000);
    assert_int_equal(rests_until(&rests, AMIRA, 9000), 0);
}

static void nobody_rests_for_his_own_short_ones(void **state)
{
    Rests rests = { .shorts = { { 0 } } };

    (void)state;
    rests_note(&rests, AMIRA, false, 1000, 1200);
    rests_note(&rests, AMIRA, true, 2000, 5000);
    assert_int_equal(rests_until(&rests, AMIRA, 5000), 0);
    /* Another's are not forgotten behind them. */
    rests_note(&rests, BELA, false, 5000, 5200);
    rests_note(&rests, AMIRA, false, 5200, 5400);
    assert_int_equal(rests_until(&rests, AMIRA, 5400), 5000 + 9 * 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_makes_a_long_one_rests_nine_times_as_long_beside_short_ones),
        cmocka_unit_test(nobody_rests_where_nobody_makes_short_ones),
        cmocka_unit_test(no_rest_is_longer_than_its_limit),
        cmocka_unit_test(what_the_server_does_by_itself_is_nobodys),
        cmocka_unit_test(nobody_rests_for_his_own_short_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
