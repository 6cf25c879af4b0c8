/* Pages of events in every order, windows of time, and how many there are. */
#include "store/event_lists.h"

#include <string.h>

#include "some_events.h"

static EventFilter everything(int64_t reader)
{
    return (EventFilter){
        .reader = reader,
        .owner_id = INTEGER_NULL,
        .role = INTEGER_NULL,
        .is_recurring = INTEGER_NULL,
        .start_after = INSTANT_NULL,
        .start_before = INSTANT_NULL,
        .from = INSTANT_NULL,
        .to = INSTANT_NULL,
        .updated_since = INSTANT_NULL,
        .after_id = INTEGER_NULL,
        .after_time = INSTANT_NULL,
        .limit = 20,
    };
}

static void must_list(Bench *bench, const EventFilter *filter, const char *expected)
{
    List events;

    bench_must(bench, bench->db,
               events_take_page(events_ask_list(bench->db, &bench->arena, filter), &bench->arena,
                                &events, &bench->err));
    assert_string_equal(ids_of(bench, &events), expected);
}

/* The list as a whole, and by pages of two, each behind the last event of the one before. */
static void must_list_in_order(Bench *bench, EventSort sort, bool descending, const char *expected)
{
    EventFilter filter = everything(1);

    filter.sort = sort;
    filter.descending = descending;
    must_list(bench, &filter, expected);
    filter.limit = 2;
    for (const char *at = expected; *at != '\0'; at += 2) {
        must_list(bench, &filter, arena_strndup(&bench->arena, at, 2));
        Event *last = NULL;
        bench_must(
            bench, bench->db,
            events_find(bench->db, &bench->arena, at[1] - '0', 1, false, &last, &bench->err));
        filter.after_id = last->id;
        filter.after_title = last->title;
        filter.after_time = sort == SORT_START_TIME   ? last->start_time
                            : sort == SORT_CREATED_AT ? last->created_at
                                                      : last->updated_at;
    }
    must_list(bench, &filter, "");
}

static void a_list_has_each_order_and_goes_on_behind_any_event(void **state)
{
    Bench *bench = start(state);

    must_list_in_order(bench, SORT_START_TIME, false, "654321");
    must_list_in_order(bench, SORT_START_TIME, true, "123456");
    must_list_in_order(bench, SORT_TITLE, false, "425361");
    must_list_in_order(bench, SORT_TITLE, true, "163524");
    must_list_in_order(bench, SORT_CREATED_AT, false, "654321");
    must_list_in_order(bench, SORT_CREATED_AT, true, "123456");
    must_list_in_order(bench, SORT_UPDATED_AT, false, "361425");
    must_list_in_order(bench, SORT_UPDATED_AT, true, "524163");
}

static void must_count(Bench *bench, const EventFilter *filter, int64_t expected)
{
    int64_t count = -1;

    bench_must(
        bench, bench->db,
        db_take_number(events_ask_count(bench->db, &bench->arena, filter), &count, &bench->err));
    assert_int_equal(count, expected);
}

static void a_condition_holds_for_the_list_and_for_its_number(void **state)
{
    Bench *bench = start(state);
    EventFilter filter = everything(2);

    must_count(bench, &filter, 6);
    filter.title = "c";
    must_list(bench, &filter, "5");
    must_count(bench, &filter, 1);
    filter = everything(2);
    filter.start_after = noon + 2 * hour_us;
    filter.start_before = noon + 4 * hour_us;
    must_list(bench, &filter, "432");
    must_count(bench, &filter, 3);
    filter = everything(2);
    filter.role = ROLE_OWNER;
    must_list(bench, &filter, "");
    must_count(bench, &filter, 0);
    filter = everything(1);
    filter.deleted = true;
    must_count(bench, &filter, 0);
    filter = everything(3);
    must_count(bench, &filter, 0);
}

static void a_window_has_what_reaches_into_it(void **state)
{
    Bench *bench = start(state);
    EventFilter filter = everything(1);

    filter.from = noon + 4 * hour_us - 1;
    filter.to = noon + 5 * hour_us;
    must_list(bench, &filter, "432");
    must_count(bench, &filter, 3);
}

/* SQLite turns round what no clause puts in order, when it is told to. */
static void a_window_is_in_order_however_statements_are_turned_round(void **state)
{
    Bench *bench = start(state);
    EventFilter filter = everything(1);

    if (db_kind(bench->db) == DB_SQLITE)
        bench_run(bench->db, "PRAGMA reverse_unordered_selects = ON");
    filter.from = noon;
    filter.to = noon + 6 * hour_us;
    must_list(bench, &filter, "654321");
    filter.limit = 3;
    filter.skip = 1;
    must_list(bench, &filter, "543");
    filter.descending = true;
    must_list(bench, &filter, "234");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_list_has_each_order_and_goes_on_behind_any_event),
        ON_BOTH(a_condition_holds_for_the_list_and_for_its_number),
        ON_BOTH(a_window_has_what_reaches_into_it),
        ON_BOTH(a_window_is_in_order_however_statements_are_turned_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
