#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "calendar/occurrences.h"
#include "calendar/starts.h"
#include "support.h"

/* Mondays at nine for an hour, as the tests below repeat and change it. */
static Event make_event(Arena *arena, const char *rrule)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);

    pattern->rrule = rrule;
    return (Event){
        .start_time = moment("2025-03-03T09:00:00Z"),
        .end_time = moment("2025-03-03T10:00:00Z"),
        .timezone = "UTC",
        .is_recurring = rrule != NULL,
        .recurrence_pattern = rrule != NULL ? pattern : NULL,
    };
}

/* "03-03T09:00-10:00 …"; what an override changed has a '*'. */
static const char *shown(Arena *arena, const OccurrenceList *list)
{
    enum { DAY_AND_TIME = sizeof("03-03T09:00") - 1, TIME = sizeof("09:00") - 1 };
    Buffer text = buffer_start(arena);

    for (size_t i = 0; i < list->count; i++)
        buffer_printf(&text, "%s%.*s-%.*s%s", i > 0 ? " " : "", DAY_AND_TIME,
                      instant_text(arena, list->items[i].start) + strlen("2025-"), TIME,
                      instant_text(arena, list->items[i].end) + strlen("2025-03-03T"),
                      list->items[i].override != NULL ? "*" : "");
    return text.data;
}

static const char *found(Arena *arena, const Event *event, const char *from, const char *to)
{
    OccurrenceWindow window = { .from = moment(from), .to = moment(to), .limit = 100 };
    OccurrenceList list;
    Error err = { 0 };

    if (!occurrences_find(arena, event, &window, &list, &err))
        fail_msg("%s", err.detail);
    assert_false(list.has_more);
    return shown(arena, &list);
}

static void the_window_is_half_open(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=WEEKLY");

    (void)state;
    assert_string_equal(found(&arena, &event, "2025-03-10T00:00:00Z", "2025-03-24T00:00:00Z"),
                        "03-10T09:00-10:00 03-17T09:00-10:00");
    /* What still runs is inside; what has just ended or is about to begin is not. */
    assert_string_equal(
        found(&arena, &event, "2025-03-10T09:59:59.999999Z", "2025-03-17T09:00:00.000001Z"),
        "03-10T09:00-10:00 03-17T09:00-10:00");
    assert_string_equal(found(&arena, &event, "2025-03-10T10:00:00Z", "2025-03-17T09:00:00Z"), "");
}

static void a_single_event_occurs_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, NULL);

    (void)state;
    assert_string_equal(found(&arena, &event, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
                        "03-03T09:00-10:00");
    assert_true(occurrences_contains(&event, event.start_time));
    assert_false(occurrences_contains(&event, event.start_time + 1));
    assert_int_equal(occurrences_series_end(&event, NULL), event.end_time);
}

static void rdates_are_occurrences_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=WEEKLY;COUNT=2");
    Instant rdates[] = { moment("2025-03-05T12:00:00Z"), moment("2025-03-10T09:00:00Z"),
                         moment("2025-04-01T12:00:00Z") };
    Recurrence pattern = {
        .rrule = event.recurrence_pattern->rrule,
        .rdates = rdates,
        .rdate_count = 3,
    };

    (void)state;
    event.recurrence_pattern = &pattern;
    assert_string_equal(found(&arena, &event, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
                        "03-03T09:00-10:00 03-05T12:00-13:00 03-10T09:00-10:00 04-01T12:00-13:00");
    assert_true(occurrences_contains(&event, rdates[0]));
    assert_false(occurrences_contains(&event, moment("2025-03-17T09:00:00Z")));
    assert_int_equal(occurrences_series_end(&event, NULL), moment("2025-04-01T13:00:00Z"));
}

static void overrides_cancel_change_and_move(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=WEEKLY;COUNT=5");

    (void)state;
    event.recurrence_overrides =
        "{\"2025-03-10T09:00:00Z\":{\"cancelled\":true},"
        "\"2025-03-17T09:00:00Z\":{\"title\":\"Other\"},"
        "\"2025-03-24T09:00:00Z\":{\"end_time\":\"2025-04-20T10:00:00Z\","
        "\"start_time\":\"2025-04-20T09:00:00Z\"},"
        "\"2025-03-31T09:00:00Z\":{\"start_time\":\"2025-03-02T08:00:00Z\"}}";
    assert_string_equal(found(&arena, &event, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
                        "03-02T08:00-09:00* 03-03T09:00-10:00 03-17T09:00-10:00* "
                        "04-20T09:00-10:00*");
    /* Moved out of one window and into another. */
    assert_string_equal(found(&arena, &event, "2025-03-20T00:00:00Z", "2025-04-10T00:00:00Z"), "");
    assert_string_equal(found(&arena, &event, "2025-04-20T00:00:00Z", "2025-04-21T00:00:00Z"),
                        "04-20T09:00-10:00*");
    assert_string_equal(found(&arena, &event, "2025-04-20T10:00:00Z", "2025-04-21T00:00:00Z"), "");
    assert_string_equal(found(&arena, &event, "2025-04-20T00:00:00Z", "2025-04-20T09:00:00Z"), "");
    assert_true(occurrences_contains(&event, moment("2025-03-10T09:00:00Z")));
    assert_true(occurrences_contains(&event, moment("2025-03-24T09:00:00Z")));
    assert_false(occurrences_contains(&event, moment("2025-04-20T09:00:00Z")));
    assert_int_equal(occurrences_series_end(&event, NULL), moment("2025-04-20T10:00:00Z"));
}

static void pages_follow_one_another_without_gap_or_repeat(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=DAILY;COUNT=40");
    OccurrenceWindow window = { .to = INSTANT_END, .limit = 7 };
    OccurrenceList list;
    Error err = { 0 };
    size_t total = 0;

    (void)state;
    /* Two at one moment: the one moved there has another original start. */
    event.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"start_time\":\"2025-03-09T09:00:00Z"
                                 "\"}}";
    do {
        const Occurrence *before = window.after;
        assert_true(occurrences_find(&arena, &event, &window, &list, &err));
        assert_true(list.count > 0);
        if (before != NULL)
            assert_true(list.items[0].start > before->start ||
                        list.items[0].original_start > before->original_start);
        total += list.count;
        window.after = &list.items[list.count - 1];
    } while (list.has_more);
    assert_int_equal(total, 40);
}

static void a_night_shift_lasts_as_long_when_the_clock_is_moved(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=DAILY");

    (void)state;
    event.timezone = "Europe/Zurich";
    event.start_time = moment("2025-03-28T21:00:00Z"); /* 22:00 to 06:00 */
    event.end_time = moment("2025-03-29T05:00:00Z");
    assert_string_equal(found(&arena, &event, "2025-03-29T12:00:00Z", "2025-03-31T12:00:00Z"),
                        "03-29T21:00-05:00 03-30T20:00-04:00");
}

static void all_day_events_have_no_zone(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=DAILY;UNTIL=20250331");

    (void)state;
    event.timezone = "Europe/Zurich";
    event.all_day = true;
    event.start_time = moment("2025-03-29T00:00:00Z");
    event.end_time = moment("2025-03-30T00:00:00Z");
    assert_string_equal(found(&arena, &event, "2025-03-01T00:00:00Z", "2025-05-01T00:00:00Z"),
                        "03-29T00:00-00:00 03-30T00:00-00:00 03-31T00:00-00:00");
    assert_int_equal(occurrences_series_end(&event, NULL), moment("2025-04-01T00:00:00Z"));
}

static void the_end_of_a_series_is_that_of_its_last_occurrence(void **state)
{
    static const struct {
        const char *rrule;
        const char *end; /* NULL: none */
    } rows[] = {
        { "FREQ=WEEKLY", NULL },
        { "FREQ=WEEKLY;COUNT=3", "2025-03-17T10:00:00Z" },
        { "FREQ=WEEKLY;UNTIL=20250317T085959Z", "2025-03-10T10:00:00Z" },
        { "FREQ=WEEKLY;UNTIL=20250317T090000Z", "2025-03-17T10:00:00Z" },
        { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=100", "2196-02-29T10:00:00Z" },
        { "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4", "2025-06-30T10:00:00Z" },
        { "FREQ=SECONDLY;UNTIL=20990101T000000Z", "2099-01-01T01:00:00Z" },
        { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "2025-03-03T10:00:00Z" }, /* never */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Event event = make_event(&arena, rows[i].rrule);
        Instant end = occurrences_series_end(&event, NULL);
        if (rows[i].end == NULL)
            assert_int_equal(end, INSTANT_NULL);
        else if (end != moment(rows[i].end))
            fail_msg("%s: %s", rows[i].rrule, instant_text(&arena, end));
    }
}

/* From Monday 09:00 on, every seven minutes comes to 00:01, 00:08 … of a Monday, and so at 07, 14
 * and 21: just the minutes that are missing. Each must be tried to find that out. */
static void a_rule_that_is_too_complex_is_an_error(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer rule = buffer_start(&arena);
    OccurrenceWindow window = { .to = INSTANT_END, .limit = 10 };
    OccurrenceList list;
    Error err = { 0 };

    (void)state;
    buffer_add(&rule, "FREQ=MINUTELY;INTERVAL=7;BYDAY=MO;BYHOUR=0,7,14,21;BYMINUTE=0");
    for (int minute = 1; minute < 60; minute++) {
        if (minute % 7 != 1)
            buffer_printf(&rule, ",%d", minute);
    }
    Event event = make_event(&arena, rule.data);
    assert_false(occurrences_find(&arena, &event, &window, &list, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(occurrences_series_end(&event, NULL), INSTANT_NULL);
}

/* It occurs every three or four years, eleven times until 2059; what is tried in between comes to
 * just less than a rule may cost, and to more with the twelfth. */
static void nothing_behind_the_window_is_searched_for(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(
        &arena, "FREQ=SECONDLY;INTERVAL=9973;BYHOUR=0,3,6,9,12,15,18,21;BYMINUTE=0;BYSECOND=0");
    OccurrenceWindow window = { .to = moment("2059-04-21T00:00:00Z"), .limit = 100 };
    OccurrenceList list;
    Error err = { 0 };

    (void)state;
    assert_true(occurrences_find(&arena, &event, &window, &list, &err));
    assert_int_equal(list.count, 11);
    window.to = INSTANT_END;
    assert_false(occurrences_find(&arena, &event, &window, &list, &err));
    assert_int_equal(err.code, ERROR_INVALID);
}

static void many_events_share_what_they_may_cost(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event plain = make_event(&arena, "FREQ=WEEKLY");
    Event counted = make_event(&arena, "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=9999");
    int64_t work_left = 10000;
    const OccurrenceWindow window = {
        .from = moment("2028-01-01T00:00:00Z"),
        .to = moment("2028-01-08T00:00:00Z"),
        .limit = 10,
        .work_left = &work_left,
    };
    OccurrenceList list;
    Error err = { 0 };

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(occurrences_find(&arena, &plain, &window, &list, &err));
    assert_true(work_left > 7000);
    assert_true(occurrences_find(&arena, &counted, &window, &list, &err));
    assert_int_equal(list.count, 10);
    assert_true(work_left > 0 && work_left < 5000);
    assert_false(occurrences_find(&arena, &counted, &window, &list, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_non_null(strstr(err.detail, "together"));
}

static void many_are_found_in_one_walk(void **state)
{
    enum { COUNT = 200 };
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=100");
    Instant starts[COUNT];
    bool is_found[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++)
        starts[i] = event.start_time + i * DAY_US;
    (void)occurrences_contain(&event, starts, COUNT, is_found);
    for (int i = 0; i < COUNT; i++) /* 2025-03-03 is a Monday; 20 weeks of five */
        assert_int_equal(is_found[i], i < 140 && i % 7 < 5);
}

/* COUNT is counted from the start: to begin there again for each of them would be half a million
 * periods. */
static void to_ask_for_one_start_after_another_costs_one_walk(void **state)
{
    static const char *const rules[] = {
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=1000",
        "FREQ=MONTHLY;BYDAY=FR;COUNT=1000",
        "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU;COUNT=1000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Event event = make_event(&arena, rules[i]);
        Instant all[1000];
        Instant found;
        Starts starts;
        size_t count = 0;
        starts_init(&starts, &event);
        while (count < 1000 && starts_next(&starts, &all[count]) == RRULE_OCCURS)
            count++;
        assert_true(count > 700);
        int64_t one_walk = starts.it.walk.work;
        for (size_t step = 1; step <= 3; step++) {
            starts_init(&starts, &event);
            for (size_t n = 0; n < count; n += step) {
                starts_seek(&starts, all[n] - 1);
                assert_int_equal(starts_next(&starts, &found), RRULE_OCCURS);
                assert_int_equal(found, all[n]);
            }
            if (starts.it.walk.work > 3 * one_walk)
                fail_msg("%s: %d periods, and %d in one walk", rules[i], (int)starts.it.walk.work,
                         (int)one_walk);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_half_open),
        cmocka_unit_test(a_single_event_occurs_once),
        cmocka_unit_test(rdates_are_occurrences_once),
        cmocka_unit_test(overrides_cancel_change_and_move),
        cmocka_unit_test(pages_follow_one_another_without_gap_or_repeat),
        cmocka_unit_test(a_night_shift_lasts_as_long_when_the_clock_is_moved),
        cmocka_unit_test(all_day_events_have_no_zone),
        cmocka_unit_test(the_end_of_a_series_is_that_of_its_last_occurrence),
        cmocka_unit_test(a_rule_that_is_too_complex_is_an_error),
        cmocka_unit_test(nothing_behind_the_window_is_searched_for),
        cmocka_unit_test(many_events_share_what_they_may_cost),
        cmocka_unit_test(many_are_found_in_one_walk),
        cmocka_unit_test(to_ask_for_one_start_after_another_costs_one_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
