#include "../support.h"
#include "calendar/series/edit.h"
#include "calendar/series/report.h"

/* What the contract names case by case; series_edit.c has the random edits. */

static const Location body = { .name = "body" };

/* Mondays at nine in Zurich, for an hour. */
static Event mondays(Arena *arena, const char *rrule, const Instant *rdates, size_t rdate_count)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    Error err = { 0 };
    const Decoder d = { .arena = arena, .location = &body, .err = &err };

    *pattern = (Recurrence){ .rrule = rrule, .rdates = rdates, .rdate_count = rdate_count };
    Event event = {
        .title = "First",
        .start_time = moment("2025-03-03T08:00:00Z"),
        .end_time = moment("2025-03-03T09:00:00Z"),
        .timezone = "Europe/Zurich",
        .is_recurring = true,
        .recurrence_pattern = pattern,
    };
    if (!event_check(&d, &event))
        fail_msg("%s", err.faults != NULL ? err.faults->message : err.detail);
    return event;
}

static const OccurrenceChange titled = { .given = 1 << 0, .title = "Changed" };

static void count_is_shared_out_between_the_two_sides(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=10", NULL, 0);
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-24T08:00:00Z"), &titled);

    (void)state;
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=WEEKLY;COUNT=3");
    assert_string_equal(after.next.recurrence_pattern->rrule, "FREQ=WEEKLY;COUNT=7");
    assert_int_equal(after.next.start_time, moment("2025-03-24T08:00:00Z"));
    assert_string_equal(after.event.title, "First");
    assert_string_equal(after.next.title, "Changed");
}

static void until_is_utc_for_times_and_a_date_for_whole_days(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY", NULL, 0);
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-24T08:00:00Z"), NULL);

    (void)state;
    assert_string_equal(after.event.recurrence_pattern->rrule,
                        "FREQ=WEEKLY;UNTIL=20250324T075959Z");
    assert_false(after.is_split);
    event.all_day = true;
    event.start_time = moment("2025-03-03T00:00:00Z");
    event.end_time = moment("2025-03-04T00:00:00Z");
    after = edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-24T00:00:00Z"), &titled);
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=WEEKLY;UNTIL=20250323");
    assert_string_equal(after.next.recurrence_pattern->rrule, "FREQ=WEEKLY");
}

static void rdates_go_to_their_side_and_a_series_can_be_split_at_one(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Instant rdates[] = { moment("2025-03-05T10:00:00Z"), moment("2025-03-19T10:00:00Z"),
                               moment("2025-06-01T10:00:00Z") };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=4", rdates, 3);
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-19T10:00:00Z"), &titled);

    (void)state;
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=WEEKLY;COUNT=3");
    assert_int_equal(after.event.recurrence_pattern->rdate_count, 1);
    assert_string_equal(after.next.recurrence_pattern->rrule,
                        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=1");
    assert_int_equal(after.next.start_time, moment("2025-03-19T10:00:00Z"));
    assert_int_equal(after.next.recurrence_pattern->rdate_count, 2);
    /* After the last of the rule there are only rdates left. */
    after = edited(&arena, &event, SERIES_FOLLOWING, moment("2025-06-01T10:00:00Z"), &titled);
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=WEEKLY;COUNT=4");
    assert_int_equal(after.next.start_time, moment("2025-06-01T10:00:00Z"));
    assert_string_equal(after.next.recurrence_pattern->rrule, "FREQ=DAILY;COUNT=1");
}

/* No rdate lies before the start that the new event shows. */
static void a_series_split_at_an_rdate_starts_with_it(void **state)
{
    static const struct {
        const char *rrule;
        const char *rdate; /* Mondays at 08:00Z, from 3 March */
        const char *start;
        const char *next_rrule;
    } rows[] = {
        { "FREQ=WEEKLY;BYDAY=MO", "2025-03-19T08:00:00Z", "2025-03-19T08:00:00Z",
          "FREQ=WEEKLY;BYDAY=MO" },
        { "FREQ=WEEKLY", "2025-03-19T08:00:00Z", "2025-03-19T08:00:00Z", "FREQ=WEEKLY;BYDAY=MO" },
        { "FREQ=DAILY", "2025-03-19T10:00:00Z", "2025-03-19T10:00:00Z",
          "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
        { "FREQ=MONTHLY", "2025-03-19T08:00:00Z", "2025-03-19T08:00:00Z",
          "FREQ=MONTHLY;BYMONTHDAY=3" },
        { "FREQ=YEARLY", "2025-04-19T07:00:00Z", "2025-04-19T07:00:00Z",
          "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3" },
        { "FREQ=YEARLY;BYWEEKNO=12", "2025-03-19T08:00:00Z", "2025-03-19T08:00:00Z",
          "FREQ=YEARLY;BYWEEKNO=12;BYDAY=MO" },
        { "FREQ=HOURLY;INTERVAL=6;BYDAY=MO", "2025-03-19T09:00:00Z", "2025-03-24T02:00:00Z",
          "FREQ=HOURLY;INTERVAL=6;BYDAY=MO" }, /* out of step: it would begin another six hours */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        const Instant rdates[] = { moment("2025-03-05T10:00:00Z"), moment(rows[i].rdate) };
        Event event = mondays(&arena, rows[i].rrule, rdates, 2);
        SeriesAfter after = edited(&arena, &event, SERIES_FOLLOWING, rdates[1], &titled);
        assert_string_equal(after.next.recurrence_pattern->rrule, rows[i].next_rrule);
        assert_string_equal(instant_text(&arena, after.next.start_time), rows[i].start);
        assert_int_equal(after.event.recurrence_pattern->rdate_count, 1);
        assert_int_equal(after.next.recurrence_pattern->rdate_count, 1);
        assert_int_equal(after.next.recurrence_pattern->rdates[0], rdates[1]);
    }
}

/* The rule stays as far from the rdate as it was. */
static void a_series_split_at_an_rdate_moves_as_a_whole(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Instant rdates[] = { moment("2025-03-19T10:00:00Z") };
    const OccurrenceChange later = { .given = 1 << 3,
                                     .start_time = moment("2025-03-19T11:30:00Z"),
                                     .end_time = INSTANT_NULL };
    Event event = mondays(&arena, "FREQ=WEEKLY", rdates, 1);
    SeriesAfter after = edited(&arena, &event, SERIES_FOLLOWING, rdates[0], &later);

    (void)state;
    assert_int_equal(after.next.start_time, later.start_time);
    assert_string_equal(after.next.recurrence_pattern->rrule,
                        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=10;BYMINUTE=30;BYSECOND=0");
}

static void a_series_is_split_where_a_gap_pushed_the_occurrence(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=DAILY;COUNT=40", NULL, 0);
    Error err = { 0 };
    const Decoder d = { .arena = &arena, .location = &body, .err = &err };

    (void)state;
    event.start_time = moment("2025-03-03T01:30:00Z"); /* 02:30 */
    event.end_time = moment("2025-03-03T02:00:00Z");
    assert_true(event_check(&d, &event));
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-30T01:30:00Z"), &titled);
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=DAILY;COUNT=27");
    assert_string_equal(after.next.recurrence_pattern->rrule, "FREQ=DAILY;COUNT=12");
    assert_int_equal(after.next.recurrence_pattern->rdates[0], moment("2025-03-30T01:30:00Z"));
    assert_int_equal(after.next.start_time, moment("2025-03-31T00:30:00Z"));
}

static void weekdays_move_with_their_week(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU", NULL, 0);
    OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-05T08:30:00Z") };
    SeriesAfter after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);

    (void)state;
    assert_string_equal(after.event.recurrence_pattern->rrule,
                        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE,FR;WKST=WE");
    assert_int_equal(after.event.start_time, moment("2025-03-05T08:30:00Z"));
    assert_int_equal(after.event.end_time, moment("2025-03-05T09:30:00Z"));
}

static void a_rule_that_names_days_of_the_month_does_not_move_to_other_days(void **state)
{
    static const char *const rules[] = { "FREQ=MONTHLY;BYDAY=1MO", "FREQ=DAILY;BYMONTH=3",
                                         "FREQ=MONTHLY;BYMONTHDAY=3,4",
                                         "FREQ=YEARLY;BYYEARDAY=62" };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        Event event = mondays(&arena, rules[i], NULL, 0);
        OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-04T08:00:00Z") };
        SeriesEdit edit = { SERIES_ALL, event.start_time, &change };
        Error err = { 0 };
        const Decoder d = { .arena = &arena, .location = &body, .err = &err };
        SeriesAfter after;
        assert_false(series_edit(&d, &event, &edit, &after));
        assert_string_equal(err.faults->type, "series_not_movable");
        /* By hours it does, and with a new rule. */
        change.start_time = moment("2025-03-03T12:00:00Z");
        edited(&arena, &event, SERIES_ALL, event.start_time, &change);
        change.start_time = moment("2025-03-04T08:00:00Z");
        change.given |= 1 << 6;
        change.recurrence_pattern = &(Recurrence){ .rrule = "FREQ=MONTHLY" };
        after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);
        assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=MONTHLY");
    }
}

static void a_day_of_the_month_moves_with_the_start(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=MONTHLY;BYMONTHDAY=3", NULL, 0);
    OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-05T08:00:00Z") };
    SeriesAfter after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);

    (void)state;
    assert_string_equal(after.event.recurrence_pattern->rrule, "FREQ=MONTHLY;BYMONTHDAY=5");
}

static void overrides_that_lose_their_occurrence_are_told(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY", NULL, 0);
    OccurrenceChange change = { .given = 1 << 6 };

    (void)state;
    event.recurrence_overrides = "{\"2025-03-10T08:00:00Z\":{\"title\":\"Other\"},"
                                 "\"2025-03-17T08:00:00Z\":{\"title\":\"Other\"}}";
    change.recurrence_pattern = &(Recurrence){ .rrule = "FREQ=WEEKLY;INTERVAL=2" };
    SeriesAfter after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);
    assert_int_equal(after.dropped_count, 1);
    assert_int_equal(after.dropped[0], moment("2025-03-10T08:00:00Z"));
    assert_string_equal(after.event.recurrence_overrides,
                        "{\"2025-03-17T08:00:00Z\":{\"title\":\"Other\"}}");
}

static void the_report_follows_each_occurrence(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=6", NULL, 0);
    OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-24T10:00:00Z") };
    const OccurrenceWindow window = { .to = moment("2026-01-01T00:00:00Z"), .limit = 100 };
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-24T08:00:00Z"), &change);
    SeriesReport report;
    Error err = { 0 };

    (void)state;
    assert_true(series_report(&arena, &event, &after, &window, 2, &report, &err));
    assert_int_equal(report.counts[OCCURRENCE_KEPT], 3);
    assert_int_equal(report.counts[OCCURRENCE_MOVED], 3);
    assert_int_equal(report.counts[OCCURRENCE_ADDED], 0);
    assert_int_equal(report.counts[OCCURRENCE_REMOVED], 0);
    assert_int_equal(report.steps[OCCURRENCE_MOVED].count, 2);
    const OccurrenceStep *steps = report.steps[OCCURRENCE_MOVED].items;
    assert_int_equal(steps[1].start_time, moment("2025-03-31T07:00:00Z"));
    assert_int_equal(steps[1].new_start_time, moment("2025-03-31T09:00:00Z"));
    after = edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-24T08:00:00Z"), NULL);
    assert_true(series_report(&arena, &event, &after, &window, 2, &report, &err));
    assert_int_equal(report.counts[OCCURRENCE_REMOVED], 3);
    assert_int_equal(report.counts[OCCURRENCE_KEPT], 3);
}

static void what_moves_into_the_window_or_out_of_it_is_not_new_or_gone(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=6", NULL, 0);
    OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-07T08:00:00Z") };
    const OccurrenceWindow window = { .from = moment("2025-03-11T00:00:00Z"),
                                      .to = moment("2025-03-15T00:00:00Z"),
                                      .limit = 100 };
    SeriesAfter after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);
    SeriesReport report;
    Error err = { 0 };

    (void)state;
    assert_true(series_report(&arena, &event, &after, &window, 5, &report, &err));
    assert_int_equal(report.counts[OCCURRENCE_MOVED], 1);
    assert_int_equal(report.counts[OCCURRENCE_ADDED], 0);
    const OccurrenceStep *moved = report.steps[OCCURRENCE_MOVED].items;
    assert_int_equal(moved->start_time, moment("2025-03-10T08:00:00Z"));
    assert_int_equal(moved->new_start_time, moment("2025-03-14T08:00:00Z"));
}

static void another_length_is_a_move(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=6", NULL, 0);
    OccurrenceChange change = { .given = 1 << 4, .end_time = moment("2025-03-10T10:00:00Z") };
    const OccurrenceWindow window = { .to = moment("2026-01-01T00:00:00Z"), .limit = 100 };
    SeriesAfter after =
        edited(&arena, &event, SERIES_FOLLOWING, moment("2025-03-10T08:00:00Z"), &change);
    SeriesReport report;
    Error err = { 0 };

    (void)state;
    assert_true(series_report(&arena, &event, &after, &window, 5, &report, &err));
    assert_int_equal(report.counts[OCCURRENCE_MOVED], 5);
    assert_int_equal(report.counts[OCCURRENCE_KEPT], 1);
}

static void an_end_of_its_own_goes_with_the_occurrence(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = mondays(&arena, "FREQ=WEEKLY;COUNT=6", NULL, 0);
    OccurrenceChange change = { .given = 1 << 3, .start_time = moment("2025-03-03T12:00:00Z") };

    (void)state;
    event.recurrence_overrides =
        "{\"2025-03-10T08:00:00Z\":{\"end_time\":\"2025-03-10T08:30:00Z\"}}";
    SeriesAfter after = edited(&arena, &event, SERIES_ALL, event.start_time, &change);
    assert_string_equal(after.event.recurrence_overrides,
                        "{\"2025-03-10T12:00:00Z\":{\"end_time\":\"2025-03-10T12:30:00Z\"}}");
    /* The same when that occurrence alone gets another start. */
    change.start_time = moment("2025-03-10T09:00:00Z");
    after = edited(&arena, &event, SERIES_THIS, moment("2025-03-10T08:00:00Z"), &change);
    assert_string_equal(after.event.recurrence_overrides,
                        "{\"2025-03-10T08:00:00Z\":{\"end_time\":\"2025-03-10T09:30:00Z\","
                        "\"start_time\":\"2025-03-10T09:00:00Z\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_is_shared_out_between_the_two_sides),
        cmocka_unit_test(until_is_utc_for_times_and_a_date_for_whole_days),
        cmocka_unit_test(rdates_go_to_their_side_and_a_series_can_be_split_at_one),
        cmocka_unit_test(a_series_split_at_an_rdate_starts_with_it),
        cmocka_unit_test(a_series_split_at_an_rdate_moves_as_a_whole),
        cmocka_unit_test(a_series_is_split_where_a_gap_pushed_the_occurrence),
        cmocka_unit_test(weekdays_move_with_their_week),
        cmocka_unit_test(a_rule_that_names_days_of_the_month_does_not_move_to_other_days),
        cmocka_unit_test(a_day_of_the_month_moves_with_the_start),
        cmocka_unit_test(overrides_that_lose_their_occurrence_are_told),
        cmocka_unit_test(the_report_follows_each_occurrence),
        cmocka_unit_test(what_moves_into_the_window_or_out_of_it_is_not_new_or_gone),
        cmocka_unit_test(another_length_is_a_move),
        cmocka_unit_test(an_end_of_its_own_goes_with_the_occurrence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
