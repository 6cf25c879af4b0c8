/* What others use of the events of somebody who is about to leave. */
#include "store/legacy.h"

#include "giving.h"

/* Event 1 is amira's and shared with bela, 2 is hers alone. */
static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    giving_add_person(bench, "amira");
    giving_add_person(bench, "bela");
    giving_add_person(bench, "chen");
    giving_share_event(bench, 1);
    bench_run(bench->db, "INSERT INTO events (id, title, uid, start_time, end_time, owner_id,"
                         " version_number, created_at, updated_at, series_start)"
                         " SELECT 2, 'a', '2', created_at, created_at, 1, 1, created_at,"
                         " created_at, created_at FROM users WHERE id = 1");
    return bench;
}

static int64_t shared_by(Bench *bench, int64_t owner_id)
{
    int64_t shared = -1;

    bench_must(bench, bench->db, legacy_count_shared(bench->db, owner_id, &shared, &bench->err));
    return shared;
}

static LegacyView look(Bench *bench, int64_t heir_id)
{
    LegacyView view = { .shared = -1 };

    bench_must(bench, bench->db, legacy_look(bench->db, 1, heir_id, &view, &bench->err));
    return view;
}

static void an_owner_knows_what_is_shared(void **state)
{
    Bench *bench = start(state);

    assert_int_equal(shared_by(bench, 1), 1);
    assert_int_equal(shared_by(bench, 2), 0);
    assert_int_equal(look(bench, INTEGER_NULL).shared, 1);
    bench_run(bench->db, "UPDATE events SET deleted_at = updated_at");
    assert_int_equal(shared_by(bench, 1), 0); /* in the trash it is the owner's alone */
}

static void what_is_to_come_from_who_has_left_counts_as_ones_own(void **state)
{
    Bench *bench = start(state);

    bench_run(bench->db, "INSERT INTO departures (user_id, username, heir_id) VALUES (1, 'a', 3)");
    assert_int_equal(shared_by(bench, 3), 1);
}

static void names_of_events_that_the_heir_has_too_are_counted(void **state)
{
    Bench *bench = start(state);

    assert_int_equal(look(bench, 2).same_uids, 0);
    assert_int_equal(look(bench, 1).same_uids, 2);
    assert_int_equal(look(bench, INTEGER_NULL).same_uids, 0);
}

static int64_t shares_since(Bench *bench, int64_t owner_id, int64_t entry)
{
    int64_t shares = -1;

    bench_must(bench, bench->db,
               legacy_count_shares_since(bench->db, owner_id, entry, &shares, &bench->err));
    return shares;
}

static void what_was_shared_since_is_counted_from_an_entry_on(void **state)
{
    Bench *bench = start(state);
    int64_t entry = look(bench, 2).last_entry;

    assert_int_equal(shares_since(bench, 1, entry), 0);
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "INSERT INTO changelog (event_id, timestamp, changes, change_type)"
                               " VALUES (1, 0, '{}', 'share'), (1, 0, '{}', 'update')"
                             : "INSERT INTO changelog (event_id, timestamp, changes, change_type)"
                               " VALUES (1, now(), '{}', 'share'), (1, now(), '{}', 'update')");
    assert_int_equal(shares_since(bench, 1, entry), 1);
    assert_int_equal(shares_since(bench, 2, entry), 0);
    assert_int_equal(shares_since(bench, 1, look(bench, 2).last_entry), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_owner_knows_what_is_shared),
        ON_BOTH(what_is_to_come_from_who_has_left_counts_as_ones_own),
        ON_BOTH(names_of_events_that_the_heir_has_too_are_counted),
        ON_BOTH(what_was_shared_since_is_counted_from_an_entry_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
