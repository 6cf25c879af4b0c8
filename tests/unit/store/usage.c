/* What a person takes is counted in the transaction that takes it, and refused beyond his quota. */
#include "store/usage.h"

#include <string.h>

#include "bench.h"
#include "store/edits.h"
#include "store/users.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */

/* The account 1, which may have two events; a transaction is begun. */
static Bench *start(void **state)
{
    Bench *bench = bench_of(state);
    User user = { .username = "amira", .email = "a", .hashed_password = "x", .is_active = true };

    bench_migrate(bench);
    user.created_at = user.updated_at = noon;
    user.quota_events = 2;
    user.quota_bytes = user.quota_history_bytes = user.quota_grants = INTEGER_NULL;
    bench_must(bench, bench->db, users_insert(bench->db, &user, "amira", "a", &bench->err));
    bench_must(bench, bench->db, users_set_quotas(bench->db, &user, &bench->err));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    return bench;
}

static Allowance *find(Bench *bench)
{
    Allowance *allowance = NULL;

    bench_must(bench, bench->db, usage_find(bench->db, &bench->arena, 1, &allowance, &bench->err));
    assert_non_null(allowance);
    return allowance;
}

static bool permits(Bench *bench, Allowance *allowance, Usage more)
{
    const Holder amira = { .user_id = 1, .is_asking = true };

    error_clear(&bench->err);
    return usage_permits(bench->db, &bench->arena, amira, allowance, &more, &bench->err);
}

static void charge(Bench *bench, Usage more)
{
    bench_must(bench, bench->db, usage_charge(bench->db, 1, &more, (Extra){ 0 }, &bench->err));
}

static void what_was_charged_is_found_and_gone_when_it_is_rolled_back(void **state)
{
    Bench *bench = start(state);
    Allowance *nobody = NULL;

    charge(bench, (Usage){ .events = 1, .event_bytes = 700, .history_bytes = 900 });
    charge(bench, (Usage){ .event_bytes = -200 });
    charge(bench, (Usage){ .grants = 5 }); /* count with their rows */
    const Allowance *now = find(bench);
    assert_int_equal(now->used.events, 1);
    assert_int_equal(now->used.event_bytes, 500);
    assert_int_equal(now->used.history_bytes, 900);
    assert_int_equal(now->used.grants, 0);
    assert_int_equal(now->most.events, 2);
    assert_int_equal(now->most.grants, 10000);
    db_rollback(bench->db);
    assert_int_equal(find(bench)->used.event_bytes, 0);
    bench_must(bench, bench->db, usage_find(bench->db, &bench->arena, 9, &nobody, &bench->err));
    assert_null(nobody);
}

static void beyond_a_quota_nothing_more_is_taken_but_less_always_is(void **state)
{
    Bench *bench = start(state);
    Allowance *amira = find(bench);

    assert_true(permits(bench, amira, (Usage){ .events = 1 }));
    charge(bench, (Usage){ .events = 1 });
    assert_true(permits(bench, amira, (Usage){ .events = 1, .history_bytes = 10 }));
    charge(bench, (Usage){ .events = 1, .history_bytes = 10 });
    assert_false(permits(bench, amira, (Usage){ .events = 1 }));
    assert_int_equal(bench->err.code, ERROR_QUOTA);
    assert_int_equal(error_status(bench->err.code), 409);
    assert_non_null(strstr(bench->err.detail, "live events"));
    assert_non_null(strstr(bench->err.detail, "2 of 2"));
    assert_true(permits(bench, amira, (Usage){ .history_bytes = 10 }));
    assert_false(permits(bench, amira, (Usage){ .grants = 10001 }));
    assert_true(permits(bench, amira, (Usage){ .events = -1 }));
    assert_true(permits(bench, amira, (Usage){ .events = 1 }));
}

static void who_asks_for_room_has_taken_none(void **state)
{
    Bench *bench = start(state);
    Allowance *amira = find(bench);
    const Identity by = { .user_id = 1, .allowance = amira };
    const Author author = { .by = &by, .at = noon };

    for (int i = 0; i < 2; i++)
        assert_true(edits_has_room(bench->db, &bench->arena, &author, 2, &bench->err));
    assert_int_equal(amira->used.events, 0);
    assert_false(edits_has_room(bench->db, &bench->arena, &author, 3, &bench->err));
    assert_int_equal(bench->err.code, ERROR_QUOTA);
    assert_int_equal(amira->used.events, 0);
}

static void of_somebody_else_nobody_is_told_how_much_he_has(void **state)
{
    Bench *bench = start(state);
    const Holder amira = { .user_id = 1 };
    const Usage more = { .events = 3 };

    assert_false(usage_permits(bench->db, &bench->arena, amira, find(bench), &more, &bench->err));
    assert_int_equal(bench->err.code, ERROR_QUOTA);
    assert_null(strpbrk(bench->err.detail, "0123456789"));
}

/* What another connection adds meanwhile is seen by who is near the quota: he waits for it. */
static void who_is_near_his_quota_is_counted_again(void **state)
{
    Bench *bench = start(state);
    Allowance *seen = find(bench);

    charge(bench, (Usage){ .events = 2 });
    assert_false(seen->is_locked);
    assert_false(permits(bench, seen, (Usage){ .events = 1 }));
    assert_true(seen->is_locked);
    assert_int_equal(seen->used.events, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_was_charged_is_found_and_gone_when_it_is_rolled_back),
        ON_BOTH(beyond_a_quota_nothing_more_is_taken_but_less_always_is),
        ON_BOTH(who_asks_for_room_has_taken_none),
        ON_BOTH(of_somebody_else_nobody_is_told_how_much_he_has),
        ON_POSTGRES(who_is_near_his_quota_is_counted_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
