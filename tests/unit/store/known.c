/* Who is known to whom, and what follows from it. */
#include "giving.h"

#include "base/limits.h"
#include "store/known.h"
#include "store/permissions.h"

static void must_trust(Bench *bench, int64_t user_id, int64_t other, bool expected)
{
    bool is_trusted = !expected;

    bench_must(bench, bench->db,
               known_is_trusted(bench->db, user_id, other, &is_trusted, &bench->err));
    assert_int_equal(is_trusted, expected);
}

static void answer(Bench *bench, int64_t event_id, int64_t given, int64_t accepted_from)
{
    bench_must(bench, bench->db,
               permissions_answer(bench->db, event_id, 2, given, accepted_from, &bench->err));
}

static void only_what_one_does_makes_somebody_known(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    giving_share_event(bench, 1);
    must_trust(bench, 1, 2, true);
    must_trust(bench, 2, 1, false);
    answer(bench, 1, ANSWER_MAYBE, INTEGER_NULL);
    must_trust(bench, 2, 1, false);
    answer(bench, 1, ANSWER_YES, 1);
    must_trust(bench, 2, 1, true);
    bench_run(bench->db, "UPDATE event_permissions SET granted_by = 3");
    bench_run(bench->db, "UPDATE events SET owner_id = 1");
    must_trust(bench, 2, 3, false);
    answer(bench, 1, ANSWER_NO, INTEGER_NULL);
    must_trust(bench, 2, 1, false);
    bench_run(bench->db, "UPDATE event_permissions SET known_giver = 1 WHERE user_id = 2");
    must_trust(bench, 2, 1, true);
    bench_run(bench->db, "INSERT INTO blocks (user_id, blocked_id, created_at)"
                         " SELECT 2, 1, created_at FROM users WHERE id = 1");
    must_trust(bench, 2, 1, false);
}

static bool find_room(Bench *bench, int64_t event_id, int64_t giver, int64_t user_id,
                      Room *ret_room)
{
    const Event event = { .id = event_id, .owner_id = 1 };

    return known_take_room(known_ask_room(bench->db, &bench->arena, &event, giver, user_id),
                           ret_room, &bench->err);
}

static int64_t waiting(Bench *bench)
{
    Room room = { .waiting = -1 };

    bench_must(bench, bench->db, find_room(bench, 1, 1, 2, &room));
    return room.waiting;
}

static void room_counts_who_holds_a_role_on_the_event(void **state)
{
    Bench *bench = bench_of(state);
    Room room = { .has_role = false };

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    giving_add_person(bench, "other");
    giving_share_event(bench, 1);
    bench_must(bench, bench->db, find_room(bench, 1, 1, 2, &room));
    assert_true(room.has_role);
    assert_int_equal(room.holders, 2);
    bench_must(bench, bench->db, find_room(bench, 1, 1, 3, &room));
    assert_false(room.has_role);
    assert_int_equal(room.holders, 2);
    bench_must(bench, bench->db, find_room(bench, 2, 1, 2, &room));
    assert_false(room.has_role);
    assert_int_equal(room.holders, 0);
}

static void what_was_answered_waits_no_more_and_of_known_people_nothing_does(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    assert_int_equal(waiting(bench), 0);
    giving_share_event(bench, 1);
    giving_share_event(bench, 2);
    assert_int_equal(waiting(bench), 2);
    answer(bench, 1, ANSWER_NO, INTEGER_NULL);
    assert_int_equal(waiting(bench), 1);
    answer(bench, 1, ANSWER_YES, 1);
    assert_int_equal(waiting(bench), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(only_what_one_does_makes_somebody_known),
        ON_BOTH(room_counts_who_holds_a_role_on_the_event),
        ON_BOTH(what_was_answered_waits_no_more_and_of_known_people_nothing_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
