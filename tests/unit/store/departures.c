/* Who leaves is nobody any more, and what was theirs goes a part at a time. */
#include "store/departures.h"

#include "migrating.h"
#include "store/sessions.h"
#include "store/users.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */

static int64_t add_user(Bench *bench, const char *name)
{
    User user = {
        .username = name,
        .email = name,
        .hashed_password = "none",
        .is_active = true,
        .created_at = noon,
    };

    bench_must(bench, bench->db, users_insert(bench->db, &user, name, name, &bench->err));
    return user.id;
}

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    return bench;
}

static void begin(Bench *bench, int64_t id, int64_t heir_id)
{
    const Departure departure = {
        .user_id = id, .username = "mina", .heir_id = heir_id, .by_id = INTEGER_NULL
    };

    bench_must(bench, bench->db, departures_begin(bench->db, &departure, noon, &bench->err));
}

static void who_leaves_is_not_found_and_the_name_is_free(void **state)
{
    Bench *bench = start(state);
    int64_t id = add_user(bench, "mina");
    User *found = NULL;
    int64_t count = 0;

    begin(bench, id, INTEGER_NULL);
    bench_must(bench, bench->db, users_find(bench->db, &bench->arena, id, &found, &bench->err));
    assert_null(found);
    bench_must(bench, bench->db,
               users_find_by_login(bench->db, &bench->arena, "#1", "#1", &found, &bench->err));
    assert_null(found);
    bench_must(bench, bench->db, users_count(bench->db, NULL, &count, &bench->err));
    assert_int_equal(count, 0);
    assert_true(add_user(bench, "mina") != id);
}

static void what_was_to_be_inherited_goes_where_the_rest_goes(void **state)
{
    Bench *bench = start(state);
    int64_t first = add_user(bench, "first");
    int64_t second = add_user(bench, "second");
    int64_t third = add_user(bench, "third");
    Departure *next = NULL;

    begin(bench, first, second);
    begin(bench, second, third);
    bench_must(bench, bench->db, departures_next(bench->db, &bench->arena, &next, &bench->err));
    assert_true(next->user_id == first && next->heir_id == third);
    assert_string_equal(next->username, "mina");
    assert_null(next->by_name);
    begin(bench, third, INTEGER_NULL);
    bench_must(bench, bench->db, departures_next(bench->db, &bench->arena, &next, &bench->err));
    assert_true(next->user_id == first && next->heir_id == INTEGER_NULL);
}

static void sessions_go_some_at_a_time_and_the_account_last(void **state)
{
    Bench *bench = start(state);
    int64_t id = add_user(bench, "mina");
    Session session = { .user_id = id, .nonce = "n", .created_at = noon };
    bool is_gone = false;
    int pieces = 0;

    session.expires_at = INSTANT_END;
    for (int i = 0; i < 5; i++)
        bench_must(bench, bench->db, sessions_insert(bench->db, &session, &bench->err));
    begin(bench, id, INTEGER_NULL);
    for (; !is_gone; pieces++)
        bench_must(bench, bench->db, departures_end_some(bench->db, id, 2, &is_gone, &bench->err));
    assert_int_equal(pieces, 3);
    must_count(bench, 0, "users");
    must_count(bench, 0, "sessions");
    must_count(bench, 0, "departures");
}

static void who_owns_an_event_yet_is_not_gone(void **state)
{
    Bench *bench = start(state);
    int64_t ids[4];
    size_t count = 0;
    bool is_gone = true;

    add_event(bench);
    begin(bench, 1, INTEGER_NULL);
    bench_must(bench, bench->db, departures_end_some(bench->db, 1, 2, &is_gone, &bench->err));
    assert_false(is_gone);
    bench_must(bench, bench->db, departures_events(bench->db, 1, ids, 4, &count, &bench->err));
    assert_true(count == 1 && ids[0] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(who_leaves_is_not_found_and_the_name_is_free),
        ON_BOTH(what_was_to_be_inherited_goes_where_the_rest_goes),
        ON_BOTH(sessions_go_some_at_a_time_and_the_account_last),
        ON_BOTH(who_owns_an_event_yet_is_not_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
