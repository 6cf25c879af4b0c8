/* Where in the order of start lies what reaches into a window. */
#include "store/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

static const Instant from = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Days utc = { .are_known = true, .zone = NULL };

static Reach around(Instant to, const Days *days)
{
    Reach reach = { .low = BEFORE_ALL, .high = AFTER_ALL };

    reach_set_window(&reach, from, to, days);
    return reach;
}

static void a_class_begins_as_long_before_as_its_longest_lasts(void **state)
{
    const Reach reach = around(from + DAY_US, &utc);

    (void)state;
    for (int k = 0; k < EXTENT_LIMITED_CLASSES; k++)
        assert_true(reach.low_reaching[k].start <= from - extent_longest_us(k) &&
                    reach.low_reaching[k].start > from - extent_longest_us(k) - DAY_US);
    assert_true(reach.high_reaching.start >= from + DAY_US);
    assert_int_equal(reach.high_reaching.id, 0); /* what begins at its end is outside */
}

static void a_place_to_go_on_from_is_not_left(void **state)
{
    Reach reach = { .low = { from + DAY_US, 7 }, .high = { from + 2 * DAY_US, 3 } };

    (void)state;
    reach_set_window(&reach, from, from + 9 * DAY_US, &utc);
    for (int k = 0; k < EXTENT_LIMITED_CLASSES; k++) {
        assert_int_equal(reach.low_reaching[k].start, from + DAY_US);
        assert_int_equal(reach.low_reaching[k].id, 7);
    }
    assert_int_equal(reach.high_reaching.start, from + 2 * DAY_US);
    assert_int_equal(reach.high_reaching.id, 3);
}

static void of_days_that_are_not_known_all_on_earth_are_looked_at(void **state)
{
    const Days unknown = { .are_known = false };
    const Reach reach = around(from + DAY_US, &unknown);

    (void)state;
    assert_int_equal(reach.days_from, from - DAYS_FARTHEST_US);
    assert_int_equal(reach.days_to, from + DAY_US + DAYS_FARTHEST_US);
    assert_int_equal(reach.high_reaching.start, reach.days_to);
}

static void places_are_by_start_and_then_by_id(void **state)
{
    const StartPlace a = { from, 1 };
    const StartPlace b = { from, 2 };

    (void)state;
    assert_int_equal(reach_later(a, b).id, 2);
    assert_int_equal(reach_earlier(a, b).id, 1);
    assert_int_equal(reach_later((StartPlace){ from + 1, 0 }, b).start, from + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_begins_as_long_before_as_its_longest_lasts),
        cmocka_unit_test(a_place_to_go_on_from_is_not_left),
        cmocka_unit_test(of_days_that_are_not_known_all_on_earth_are_looked_at),
        cmocka_unit_test(places_are_by_start_and_then_by_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
