#include "calendar/busy.h"
#include "base/limits.h"
#include "support.h"

enum { READER = 1, BELA = 2, MALLORY = 3 };

static void intervals_that_touch_or_overlap_are_joined(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Fair fair = fair_start(&arena, READER, 1000);
    Busy busy = { .arena = &arena, .most = LIMIT_OCCURRENCES };

    (void)state;
    assert_true(busy_add(&busy, &fair, READER, 31, 40));
    assert_true(busy_add(&busy, &fair, READER, 1, 20));
    assert_true(busy_add(&busy, &fair, BELA, 5, 10));
    assert_true(busy_add(&busy, &fair, BELA, 20, 30));
    assert_true(busy_join(&busy, &fair));
    assert_int_equal(busy.count, 2);
    assert_int_equal(busy.items[0].start, 1);
    assert_int_equal(busy.items[0].end, 30);
    assert_int_equal(busy.items[1].start, 31);
    assert_int_equal(busy.items[1].end, 40);
}

static void who_has_too_many_is_left_out_and_nobody_else(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Fair fair = fair_start(&arena, READER, 1000);
    Busy busy = { .arena = &arena, .most = LIMIT_OCCURRENCES };
    LeftOut *left_out;

    (void)state;
    for (Instant i = 0; i < 6 * LIMIT_OCCURRENCES; i++)
        assert_true(busy_add(&busy, &fair, MALLORY, 4 * i, 4 * i + 1));
    assert_true(busy_add(&busy, &fair, READER, 2, 3));
    assert_true(busy_add(&busy, &fair, BELA, 6, 7));
    assert_true(busy_join(&busy, &fair));
    assert_true(busy.count >= 2 && busy.count <= LIMIT_OCCURRENCES);
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_int_equal(left_out[0].owner_id, MALLORY);
}

static void of_too_many_of_ones_own_the_first_stay(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Fair fair = fair_start(&arena, READER, 1000);
    Busy busy = { .arena = &arena, .most = LIMIT_OCCURRENCES };

    (void)state;
    for (Instant i = 0; i <= LIMIT_OCCURRENCES; i++)
        assert_true(busy_add(&busy, &fair, READER, 4 * i, 4 * i + 1));
    assert_false(busy_join(&busy, &fair));
    assert_int_equal(busy.count, LIMIT_OCCURRENCES);
    assert_int_equal(busy.items[0].start, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_that_touch_or_overlap_are_joined),
        cmocka_unit_test(who_has_too_many_is_left_out_and_nobody_else),
        cmocka_unit_test(of_too_many_of_ones_own_the_first_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
