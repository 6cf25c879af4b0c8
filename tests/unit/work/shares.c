/* Who has how much of a lane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "work/shares.h"

static void the_rank_is_how_many_of_his_are_there(void **state)
{
    Shares shares;
    Task mine[3] = { { .whose = 7 }, { .whose = 7 }, { .whose = 7 } };
    Task others = { .whose = 0 };

    (void)state;
    shares_init(&shares);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(shares_enter(&shares, &mine[i]));
        assert_int_equal(mine[i].rank, i);
    }
    assert_true(shares_enter(&shares, &others));
    assert_int_equal(others.rank, 0);
    shares_leave(&shares, &mine[1]);
    assert_true(shares_enter(&shares, &mine[1]));
    assert_int_equal(mine[1].rank, 2);
    shares_finish(&shares);
}

static void who_has_as_many_as_he_may_is_refused_until_one_leaves(void **state)
{
    Shares shares;
    Task mine[3] = { { .whose = 7, .at_most = 2 },
                     { .whose = 7, .at_most = 2 },
                     { .whose = 7, .at_most = 2 } };

    (void)state;
    shares_init(&shares);
    assert_true(shares_enter(&shares, &mine[0]));
    assert_true(shares_enter(&shares, &mine[1]));
    assert_false(shares_enter(&shares, &mine[2]));
    shares_leave(&shares, &mine[0]);
    assert_true(shares_enter(&shares, &mine[2]));
    shares_leave(&shares, &mine[1]);
    shares_leave(&shares, &mine[2]);
    assert_int_equal(shares.count, 0);
    shares_finish(&shares);
}

static void there_is_an_end_to_who_can_be_counted(void **state)
{
    Shares shares;
    Task one = { .whose = 0 };

    (void)state;
    shares_init(&shares);
    for (one.whose = 0; one.whose < LIMIT_SHARES; one.whose++)
        assert_true(shares_enter(&shares, &one));
    assert_false(shares_enter(&shares, &one));
    one.whose = 5;
    assert_true(shares_enter(&shares, &one));
    shares_finish(&shares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rank_is_how_many_of_his_are_there),
        cmocka_unit_test(who_has_as_many_as_he_may_is_refused_until_one_leaves),
        cmocka_unit_test(there_is_an_end_to_who_can_be_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
