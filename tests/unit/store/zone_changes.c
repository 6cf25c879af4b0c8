/* What is read of an event that a new zone file moved. */
#include "store/zone_changes.h"

#include "migrating.h"
#include "moved.h"

static void must(Bench *bench, bool is_done)
{
    bench_must(bench, bench->db, is_done);
}

static void what_did_not_move_is_as_the_version_has_it(void **state)
{
    Bench *bench = bench_of(state);
    const ZoneChangePage pages[] = {
        { .reader = 1, .owner_id = 1, .before = INT64_MAX, .limit = 2 },
        { .reader = 9, .owner_id = INTEGER_NULL, .before = INT64_MAX, .limit = 2 },
    };

    bench_migrate(bench);
    add_event(bench);
    bench_run(bench->db, MOVED("1"));
    for (size_t i = 0; i < 2; i++) {
        List list;
        int64_t total = 0;
        must(bench, zone_changes_take(zone_changes_ask(bench->db, &bench->arena, &pages[i]),
                                      &bench->arena, &list, &bench->err));
        must(bench,
             db_take_number(zone_changes_ask_count(bench->db, &bench->arena, pages[i].owner_id),
                            &total, &bench->err));
        assert_int_equal(total, 1);
        assert_int_equal(list.count, 1);
        const ZoneChange *change = list.items;
        assert_int_equal(change->event_id, 1);
        assert_int_equal(change->version_number, 2);
        assert_string_equal(change->timezone, "Europe/Zurich");
        assert_string_equal(instant_text(&bench->arena, change->old->start_time),
                            "2027-08-02T07:00:00Z");
        assert_string_equal(instant_text(&bench->arena, change->new->start_time),
                            "2027-08-02T08:00:00Z");
        assert_int_equal(change->old->end_time, change->new->end_time);
        assert_string_equal(change->old->zone_release, "2025b");
        assert_string_equal(change->new->zone_release, "2026f");
        assert_true((change->title != NULL) == (pages[i].reader == 1));
    }
}

static void a_page_has_what_it_asks_for(void **state)
{
    Bench *bench = bench_of(state);
    const ZoneChangePage pages[] = {
        { .reader = 1, .owner_id = 2, .before = INT64_MAX, .limit = 2 },
        { .reader = 1, .owner_id = 1, .before = 1, .limit = 2 },
        { .reader = 1, .owner_id = 1, .before = INT64_MAX, .limit = 2, .skip = 1 },
        { .reader = 1, .owner_id = INTEGER_NULL, .before = INT64_MAX, .limit = 0 },
    };

    bench_migrate(bench);
    add_event(bench);
    bench_run(bench->db, MOVED("1"));
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        List list;
        must(bench, zone_changes_take(zone_changes_ask(bench->db, &bench->arena, &pages[i]),
                                      &bench->arena, &list, &bench->err));
        assert_int_equal(list.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_did_not_move_is_as_the_version_has_it),
        ON_BOTH(a_page_has_what_it_asks_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
