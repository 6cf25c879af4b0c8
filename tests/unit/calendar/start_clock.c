/* What an occurrence is called on the clock of its zone. */

#include "calendar/start_clock.h"

#include "calendar/wall_clock.h"
#include "support.h"

/* In Zurich 02:30 is skipped on 28 March 2027 and comes twice on 31 October. */
static Event series(const char *start, const char *end, const Recurrence *pattern)
{
    return (Event){
        .start_time = moment(start),
        .end_time = moment(end),
        .timezone = "Europe/Zurich",
        .is_recurring = true,
        .recurrence_pattern = pattern,
    };
}

static void must_be(Arena *arena, const Event *event, const char *start, const char *expected)
{
    StartClock AUTO(start_clock_finish) clock = start_clock(arena, event);

    assert_string_equal(start_clock_text(&clock, moment(start)), expected);
}

static void it_is_what_the_clock_shows(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY" };
    Event event = series("2027-01-04T08:00:00.5Z", "2027-01-04T09:00:00Z", &pattern);

    (void)state;
    wall_clock_keep(&arena, &event);
    must_be(&arena, &event, "2027-01-11T08:00:00.5Z", "2027-01-11T09:00:00.5");
    must_be(&arena, &event, "2027-07-05T07:00:00.5Z", "2027-07-05T09:00:00.5");
    event.timezone = "UTC";
    must_be(&arena, &event, "2027-07-05T07:00:00Z", "2027-07-05T07:00:00");
    event.all_day = true;
    must_be(&arena, &event, "2027-07-05T00:00:00Z", "2027-07-05");
}

static void what_a_gap_pushed_has_the_time_of_the_rule(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence early = { .rrule = "FREQ=DAILY;COUNT=300" };
    const Recurrence late = { .rrule = "FREQ=DAILY;UNTIL=20280101T000000Z" };
    const Recurrence both = { .rrule = "FREQ=DAILY;BYHOUR=2,3" };
    Event at_half_past_two = series("2027-03-20T01:30:00Z", "2027-03-20T02:00:00Z", &early);
    Event at_half_past_three = series("2027-03-20T02:30:00Z", "2027-03-20T03:00:00Z", &late);
    Event at_both = series("2027-03-20T01:30:00Z", "2027-03-20T02:00:00Z", &both);

    (void)state;
    wall_clock_keep(&arena, &at_half_past_two);
    wall_clock_keep(&arena, &at_half_past_three);
    wall_clock_keep(&arena, &at_both);
    must_be(&arena, &at_half_past_two, "2027-03-28T01:30:00Z", "2027-03-28T02:30:00");
    must_be(&arena, &at_half_past_three, "2027-03-28T01:30:00Z", "2027-03-28T03:30:00");
    must_be(&arena, &at_both, "2027-03-28T01:30:00Z", "2027-03-28T03:30:00");
}

static void the_second_of_two_has_its_offset(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY" };
    Event event = series("2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z", &pattern);

    (void)state;
    wall_clock_keep(&arena, &event);
    must_be(&arena, &event, "2027-10-31T01:30:00Z", "2027-10-31T02:30:00+01:00");
    must_be(&arena, &event, "2027-10-31T00:30:00Z", "2027-10-31T02:30:00");
    must_be(&arena, &event, "2027-11-07T01:30:00Z", "2027-11-07T02:30:00");
    event.timezone = "America/New_York";
    must_be(&arena, &event, "2027-11-07T06:30:00Z", "2027-11-07T01:30:00-05:00");
}

/* What was kept under other rules: a gap that there was, a time that came twice. */
static void what_was_kept_stays(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Instant rdates[] = { moment("2027-03-28T01:30:00Z") };
    const Recurrence pattern = { .rrule = "FREQ=DAILY", .rdates = rdates, .rdate_count = 1 };
    Event event = series("2027-03-20T11:00:00Z", "2027-03-20T12:00:00Z", &pattern);

    (void)state;
    wall_clock_keep_start(&event);
    event.local_times = "{\"starts\":{\"2027-05-09T00:30:00Z\":\"2027-05-09T02:30:00+01:00\"},"
                        "\"times\":{\"2027-03-28T01:30:00Z\":\"2027-03-28T02:30:00\"}}";
    must_be(&arena, &event, "2027-03-28T01:30:00Z", "2027-03-28T02:30:00");
    must_be(&arena, &event, "2027-05-09T00:30:00Z", "2027-05-09T02:30:00+01:00");
    must_be(&arena, &event, "2027-05-10T10:00:00Z", "2027-05-10T12:00:00");
    event.start_time = moment("2027-03-28T01:30:00Z");
    event.start_local = moment("2027-03-28T02:30:00Z");
    event.local_times = NULL;
    must_be(&arena, &event, "2027-03-28T01:30:00Z", "2027-03-28T02:30:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_the_clock_shows),
        cmocka_unit_test(what_a_gap_pushed_has_the_time_of_the_rule),
        cmocka_unit_test(the_second_of_two_has_its_offset),
        cmocka_unit_test(what_was_kept_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
