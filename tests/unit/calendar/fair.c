#include <string.h>

#include "calendar/fair.h"
#include "support.h"

enum { READER = 1, BELA = 2, MALLORY = 3, CARLA = 4 };

typedef struct Cost {
    int64_t owner_id;
    int64_t work;
    bool is_complex; /* alone */
    int done;
} Cost;

/* Looks into events of these costs as a view does. */
static void look_on(Fair *fair, Cost costs[], size_t count)
{
    do {
        for (size_t i = 0; i < count; i++) {
            const Event event = { .id = (int64_t)i + 1, .owner_id = costs[i].owner_id };
            if (!fair_begin(fair, &event))
                continue;
            fair->work_left -=
                costs[i].work < fair->work_left ? costs[i].work : fair->work_left + 1;
            bool is_done = fair->work_left >= 0 && !costs[i].is_complex;
            costs[i].done += is_done;
            fair_end(fair, &event, is_done);
        }
    } while (fair_next_round(fair));
}

static Fair look_into(Arena *arena, Cost costs[], size_t count, int64_t work)
{
    Fair fair = fair_start(arena, READER, work);

    look_on(&fair, costs, count);
    return fair;
}

static void where_there_is_enough_each_is_looked_into_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[] = { { BELA, 3000, 0, 0 }, { READER, 3000, 0, 0 }, { MALLORY, 20000, 0, 0 },
                     { BELA, 3000, 0, 0 }, { CARLA, 10, 0, 0 },    { READER, 10, 0, 0 },
                     { MALLORY, 20, 0, 0 } };
    Fair fair = look_into(&arena, costs, 7, 100000);
    LeftOut *left_out;

    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(costs[i].done, 1);
    assert_int_equal(fair_left_out(&fair, &left_out), 0);
    assert_non_null(left_out);
    assert_true(fair.all_left <= 100000 - 29040);
    assert_true(fair.all_left > 100000 - 29040 - 5000); /* what was begun and cut off */
}

static void who_costs_too_much_is_named_and_takes_nothing_from_others(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[202] = { { READER, 100, 0, 0 } };
    LeftOut *left_out;

    (void)state;
    for (size_t i = 1; i < 201; i++)
        costs[i] = (Cost){ MALLORY, 5000, 0, 0 };
    costs[201] = (Cost){ BELA, 2000, 0, 0 };
    Fair fair = look_into(&arena, costs, 202, 100000);
    assert_int_equal(costs[0].done, 1);
    assert_int_equal(costs[201].done, 1);
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_int_equal(left_out[0].owner_id, MALLORY);
    assert_int_equal(left_out[0].event_id, INTEGER_NULL);
    assert_string_equal(left_out[0].reason, "too_much_work");
    assert_true(fair.all_left > -5);
}

static bool is_mallory(void *context, int64_t owner_id)
{
    ++*(int *)context;
    return owner_id == MALLORY;
}

static void strangers_have_their_first_part_and_no_more(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[] = { { MALLORY, 300, 0, 0 }, { MALLORY, 300, 0, 0 }, { BELA, 300, 0, 0 },
                     { BELA, 300, 0, 0 },    { CARLA, 10, 0, 0 },    { READER, 10, 0, 0 } };
    int times_asked = 0;
    LeftOut *left_out;

    (void)state;
    Fair fair = fair_start(&arena, READER, 102400); /* a part is 400 */
    fair.is_stranger = is_mallory;
    fair.context = &times_asked;
    look_on(&fair, costs, 6);
    assert_int_equal(times_asked, 2);
    assert_int_equal(costs[0].done, 1);
    assert_int_equal(costs[1].done, 0);
    assert_int_equal(costs[2].done + costs[3].done, 2);
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_int_equal(left_out[0].owner_id, MALLORY);
    assert_string_equal(left_out[0].reason, "too_much_work");
    assert_false(fair_is_short(&fair)); /* no work would show more */
}

static void what_was_begun_with_too_little_says_so(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[] = { { MALLORY, 300, 0, 0 }, { BELA, 300, 0, 0 } };
    int times_asked = 0;

    (void)state;
    Fair fair = fair_start(&arena, READER, 350);
    fair.whole = 102400;
    fair.is_stranger = is_mallory;
    fair.context = &times_asked;
    look_on(&fair, costs, 2);
    assert_int_equal(costs[0].done, 1);
    assert_int_equal(costs[1].done, 0);
    assert_true(fair_is_short(&fair));
}

static void ones_own_leave_something_for_others(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[] = { { READER, 95000, 0, 0 }, { READER, 1, 0, 0 }, { BELA, 5000, 0, 0 } };
    Fair fair = look_into(&arena, costs, 3, 100000);
    LeftOut *left_out;

    (void)state;
    assert_int_equal(costs[0].done, 0);
    assert_int_equal(costs[2].done, 1);
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_int_equal(left_out[0].owner_id, READER);
}

static void an_event_that_is_too_complex_alone_is_named_alone(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Cost costs[] = { { BELA, 10, true, 0 }, { BELA, 10, 0, 0 } };
    Fair fair = look_into(&arena, costs, 2, 100000);
    LeftOut *left_out;

    (void)state;
    assert_int_equal(costs[1].done, 1);
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_int_equal(left_out[0].event_id, 1);
    assert_string_equal(left_out[0].reason, "recurrence_too_complex");
}

static void who_is_dropped_has_no_turn_any_more(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Fair fair = fair_start(&arena, READER, 1000);
    const Event event = { .id = 1, .owner_id = MALLORY };
    LeftOut *left_out;

    (void)state;
    assert_false(fair_begin(&fair, &event));
    assert_true(fair_next_round(&fair));
    fair_drop(&fair, MALLORY, left_out_times);
    assert_false(fair_begin(&fair, &event));
    assert_false(fair_next_round(&fair));
    assert_int_equal(fair_left_out(&fair, &left_out), 1);
    assert_string_equal(left_out[0].reason, "too_many_occurrences");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_enough_each_is_looked_into_once),
        cmocka_unit_test(who_costs_too_much_is_named_and_takes_nothing_from_others),
        cmocka_unit_test(strangers_have_their_first_part_and_no_more),
        cmocka_unit_test(what_was_begun_with_too_little_says_so),
        cmocka_unit_test(ones_own_leave_something_for_others),
        cmocka_unit_test(an_event_that_is_too_complex_alone_is_named_alone),
        cmocka_unit_test(who_is_dropped_has_no_turn_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
