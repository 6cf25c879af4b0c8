#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "base/clock.h"
#include "work/queue.h"

static void a_queue_gives_in_the_order_in_which_it_took(void **state)
{
    Queue queue;
    Task tasks[5] = { 0 };

    (void)state;
    queue_init(&queue, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    Task *first = queue_take(&queue, 3);
    assert_ptr_equal(first, &tasks[0]);
    assert_ptr_equal(first->next->next, &tasks[2]);
    assert_null(first->next->next->next);
    assert_int_equal(queue_length(&queue), 2);
    assert_ptr_equal(queue_take(&queue, 3), &tasks[3]);
    assert_int_equal(queue_length(&queue), 0);
    queue_finish(&queue);
}

static void those_of_a_lower_rank_go_first(void **state)
{
    static const unsigned ranks[] = { 0, 1, 2, 0, 1, 0 };
    static const size_t order[] = { 0, 3, 5, 1, 4, 2 };
    Queue queue;
    Task tasks[6] = { 0 };

    (void)state;
    queue_init(&queue, 6);
    for (size_t i = 0; i < 6; i++) {
        tasks[i].rank = ranks[i];
        assert_true(queue_put(&queue, &tasks[i]));
    }
    for (size_t i = 0; i < 6; i++)
        assert_ptr_equal(queue_take(&queue, 1), &tasks[order[i]]);
    assert_true(queue_put(&queue, &tasks[0]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[0]);
    queue_finish(&queue);
}

static void a_full_or_closed_queue_refuses(void **state)
{
    Queue queue;
    Task tasks[3] = { 0 };

    (void)state;
    queue_init(&queue, 2);
    assert_true(queue_put(&queue, &tasks[0]));
    assert_true(queue_put(&queue, &tasks[1]));
    assert_false(queue_put(&queue, &tasks[2]));
    queue_close(&queue);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[0]);
    assert_false(queue_put(&queue, &tasks[2]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[1]);
    assert_null(queue_take(&queue, 1));
    queue_finish(&queue);
}

/* Who was put in later may stand before who waits longer. */
static void those_that_are_late_are_taken_out_wherever_they_stand(void **state)
{
    Queue queue;
    Task tasks[4] = { { .rank = 0 }, { .rank = 5 }, { .rank = 0 }, { .rank = 7 } };

    (void)state;
    queue_init(&queue, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    int64_t newest = tasks[3].since_us + 1;
    tasks[1].since_us = tasks[3].since_us = newest - 20;
    tasks[0].since_us = tasks[2].since_us = newest;
    Task *late = queue_take_late(&queue, newest - 10);
    assert_ptr_equal(late, &tasks[1]);
    assert_ptr_equal(late->next, &tasks[3]);
    assert_null(late->next->next);
    assert_true(queue_put(&queue, &tasks[1]));
    assert_ptr_equal(queue_take(&queue, 3), &tasks[0]);
    assert_ptr_equal(tasks[2].next, &tasks[1]);
    assert_int_equal(queue_length(&queue), 0);
    queue_finish(&queue);
}

static void of_one_person_only_some_run_at_a_time_and_others_go_first(void **state)
{
    Queue queue;
    Task tasks[6] = { { .whose = 7 }, { .whose = 7 }, { .whose = 7 },
                      { .whose = 8 }, { .whose = 0 }, { .whose = 7 } };

    (void)state;
    queue_init(&queue, 6);
    queue.most_of_one = 1;
    for (size_t i = 0; i < 6; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[0]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[3]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[4]);
    queue_leave(&queue, &tasks[4]);
    queue_leave(&queue, &tasks[0]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[1]);
    queue_leave(&queue, &tasks[1]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[2]);
    queue_leave(&queue, &tasks[2]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[5]);
    assert_int_equal(queue_length(&queue), 0);
    tasks[4].whose = 9;
    assert_true(queue_put(&queue, &tasks[4]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[4]);
    queue_finish(&queue);
}

static void who_is_alone_has_all_threads(void **state)
{
    Company company = { .until_us = 0 };
    Queue queue;
    Task tasks[3] = { { .whose = 7 }, { .whose = 7 }, { .whose = 7 } };

    (void)state;
    queue_init(&queue, 3);
    queue.most_of_one = 1;
    queue.company = &company;
    for (size_t i = 0; i < 3; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[0]);
    assert_ptr_equal(queue_take(&queue, 1), &tasks[1]);
    queue_close(&queue);
    queue_leave(&queue, &tasks[0]);
    queue_leave(&queue, &tasks[1]);
    company.until_us = INT64_MAX;
    assert_ptr_equal(queue_take(&queue, 1), &tasks[2]);
    queue_finish(&queue);
}

static bool is_long(void *context, const Task *task)
{
    return task->is_long && context != NULL;
}

/* L l L l L, and a long one that somebody else waits behind. */
static void long_ones_are_taken_alone_and_all_others_go_between_them(void **state)
{
    Queue queue;
    Task tasks[5] = { { .is_long = true }, { 0 }, { .is_long = true }, { 0 }, { .is_long = true } };

    (void)state;
    queue_init(&queue, 5);
    queue.is_long = is_long;
    queue.context = &queue;
    for (size_t i = 0; i < 5; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    assert_ptr_equal(queue_take(&queue, 4), &tasks[0]);
    assert_null(tasks[0].next);
    assert_ptr_equal(queue_take(&queue, 4), &tasks[1]);
    assert_ptr_equal(tasks[1].next, &tasks[3]);
    assert_null(tasks[3].next);
    assert_ptr_equal(queue_take(&queue, 4), &tasks[2]);
    assert_true(queue_put(&queue, &tasks[1]));
    assert_true(queue_put(&queue, &tasks[3]));
    assert_ptr_equal(queue_take(&queue, 1), &tasks[1]);
    assert_ptr_equal(queue_take(&queue, 4), &tasks[4]); /* it was there first */
    assert_ptr_equal(queue_take(&queue, 4), &tasks[3]);
    /* When nothing else waits. */
    assert_true(queue_put(&queue, &tasks[0]));
    assert_true(queue_put(&queue, &tasks[2]));
    assert_ptr_equal(queue_take(&queue, 4), &tasks[0]);
    assert_ptr_equal(queue_take(&queue, 4), &tasks[2]);
    assert_int_equal(queue_length(&queue), 0);
    queue_finish(&queue);
}

enum { REST_US = 100000 };

static int64_t until_of(void *context, const Task *task)
{
    int64_t *until_us = context;

    return task->is_long ? *until_us : 0;
}

static void a_long_one_waits_until_its_rest_is_over_and_others_do_not(void **state)
{
    Queue queue;
    Task tasks[2] = { { .is_long = true }, { 0 } };
    int64_t until_us = clock_monotonic_us() + REST_US;

    (void)state;
    queue_init(&queue, 2);
    queue.is_long = is_long;
    queue.rests_until = until_of;
    queue.context = &until_us;
    assert_true(queue_put(&queue, &tasks[0]));
    assert_true(queue_put(&queue, &tasks[1]));
    assert_ptr_equal(queue_take(&queue, 4), &tasks[1]);
    assert_ptr_equal(queue_take(&queue, 4), &tasks[0]);
    assert_true(clock_monotonic_us() >= until_us);
    queue_finish(&queue);
}

static int64_t rank_as_person(const Task *task)
{
    return task->rank;
}

static void one_persons_long_ones_do_not_fill_the_queue(void **state)
{
    static const TaskKind kind = { .who = rank_as_person };
    Queue queue;
    Task tasks[5] = { { .kind = &kind, .rank = 1, .is_long = true },
                      { .kind = &kind, .rank = 1, .is_long = true },
                      { .kind = &kind, .rank = 1, .is_long = true },
                      { .kind = &kind, .rank = 1 },
                      { .kind = &kind, .rank = 2, .is_long = true } };

    (void)state;
    queue_init(&queue, 5);
    queue.is_long = is_long;
    queue.most_waiting = 2;
    queue.context = &queue;
    assert_true(queue_put(&queue, &tasks[0]));
    assert_true(queue_put(&queue, &tasks[1]));
    assert_false(queue_put(&queue, &tasks[2]));
    assert_true(queue_put(&queue, &tasks[3]));
    assert_true(queue_put(&queue, &tasks[4]));
    queue_finish(&queue);
}

static void who_stops_waits_for_no_rest(void **state)
{
    Queue queue;
    Task task = { .is_long = true };
    int64_t until_us = INT64_MAX;

    (void)state;
    queue_init(&queue, 1);
    queue.is_long = is_long;
    queue.rests_until = until_of;
    queue.context = &until_us;
    assert_true(queue_put(&queue, &task));
    queue_close(&queue);
    assert_ptr_equal(queue_take(&queue, 1), &task);
    assert_null(queue_take(&queue, 1));
    queue_finish(&queue);
}

static void those_that_are_late_are_taken_out_from_the_front(void **state)
{
    Queue queue;
    Task tasks[3] = { 0 };

    (void)state;
    queue_init(&queue, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(queue_put(&queue, &tasks[i]));
    int64_t newest = tasks[2].since_us;
    tasks[0].since_us = newest - 20;
    tasks[1].since_us = newest - 10;
    assert_null(queue_take_late(&queue, newest - 20));
    Task *late = queue_take_late(&queue, newest);
    assert_ptr_equal(late, &tasks[0]);
    assert_ptr_equal(late->next, &tasks[1]);
    assert_null(late->next->next);
    assert_int_equal(queue_length(&queue), 1);
    assert_ptr_equal(queue_take(&queue, 2), &tasks[2]);
    queue_finish(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_gives_in_the_order_in_which_it_took),
        cmocka_unit_test(those_of_a_lower_rank_go_first),
        cmocka_unit_test(a_full_or_closed_queue_refuses),
        cmocka_unit_test(those_that_are_late_are_taken_out_wherever_they_stand),
        cmocka_unit_test(who_is_alone_has_all_threads),
        cmocka_unit_test(of_one_person_only_some_run_at_a_time_and_others_go_first),
        cmocka_unit_test(long_ones_are_taken_alone_and_all_others_go_between_them),
        cmocka_unit_test(a_long_one_waits_until_its_rest_is_over_and_others_do_not),
        cmocka_unit_test(one_persons_long_ones_do_not_fill_the_queue),
        cmocka_unit_test(who_stops_waits_for_no_rest),
        cmocka_unit_test(those_that_are_late_are_taken_out_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
