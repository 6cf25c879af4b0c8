/* Moments from wall-clock times: the rules that an event knew are others than those of today. */

#include "calendar/wall_clock.h"

#include <string.h>

#include "calendar/overrides.h"
#include "support.h"

static int64_t local(const char *text)
{
    int64_t local_us;
    bool has_offset;

    assert_true(local_parse(text, &local_us, &has_offset));
    return local_us;
}

/* Mondays at nine in Zurich, as moments that a clock without summer time had made. */
static Event weekly(const Recurrence *pattern)
{
    return (Event){
        .start_time = moment("2027-06-07T08:00:00Z"),
        .end_time = moment("2027-06-07T09:00:00Z"),
        .start_local = local("2027-06-07T09:00:00"),
        .end_local = local("2027-06-07T10:00:00"),
        .timezone = "Europe/Zurich",
        .zone_rules = 1,
        .is_recurring = true,
        .recurrence_pattern = pattern,
        .recurrence_overrides = "{\"2027-07-05T08:00:00Z\":{\"cancelled\":true},"
                                "\"2027-07-12T08:00:00Z\":{\"start_time\":"
                                "\"2027-07-12T14:00:00Z\"}}",
        .local_times = "{\"starts\":{\"2027-07-05T08:00:00Z\":\"2027-07-05T09:00:00\","
                       "\"2027-07-12T08:00:00Z\":\"2027-07-12T09:00:00\"},"
                       "\"times\":{\"2027-07-12T14:00:00Z\":\"2027-07-12T15:00:00\","
                       "\"2027-07-26T08:00:00Z\":\"2027-07-26T09:00:00\"}}",
    };
}

static void all_moments_follow_the_clock(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Instant rdates[] = { moment("2027-07-26T08:00:00Z") };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY;UNTIL=20270726T080000Z",
                                 .rdates = rdates,
                                 .rdate_count = 1 };
    Event event = weekly(&pattern);

    (void)state;
    assert_true(wall_clock_is_stale(&event));
    wall_clock_derive(&arena, &event);
    assert_false(wall_clock_is_stale(&event));
    assert_string_equal(instant_text(&arena, event.start_time), "2027-06-07T07:00:00Z");
    assert_string_equal(instant_text(&arena, event.end_time), "2027-06-07T08:00:00Z");
    assert_string_equal(event.recurrence_pattern->rrule, "FREQ=WEEKLY;UNTIL=20270726T070000Z");
    assert_int_equal(event.recurrence_pattern->rdates[0], moment("2027-07-26T07:00:00Z"));
    assert_string_equal(event.recurrence_overrides,
                        "{\"2027-07-05T07:00:00Z\":{\"cancelled\":true},"
                        "\"2027-07-12T07:00:00Z\":{\"start_time\":\"2027-07-12T13:00:00Z\"}}");
    assert_string_equal(event.local_times,
                        "{\"starts\":{\"2027-07-05T07:00:00Z\":\"2027-07-05T09:00:00\","
                        "\"2027-07-12T07:00:00Z\":\"2027-07-12T09:00:00\"},"
                        "\"times\":{\"2027-07-12T13:00:00Z\":\"2027-07-12T15:00:00\","
                        "\"2027-07-26T07:00:00Z\":\"2027-07-26T09:00:00\"}}");
}

static void what_is_kept_says_the_same_moments(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY;UNTIL=20270726T080000Z" };
    Event event = weekly(&pattern);

    (void)state;
    wall_clock_derive(&arena, &event);
    Event kept = event;
    wall_clock_keep(&arena, &kept);
    assert_string_equal(kept.local_times, "{\"starts\":{\"2027-07-05T07:00:00Z\":"
                                          "\"2027-07-05T09:00:00\",\"2027-07-12T07:00:00Z\":"
                                          "\"2027-07-12T09:00:00\"},\"times\":{"
                                          "\"2027-07-12T13:00:00Z\":\"2027-07-12T15:00:00\","
                                          "\"2027-07-26T07:00:00Z\":\"2027-07-26T09:00:00\"}}");
    assert_int_equal(kept.start_local, event.start_local);
    assert_non_null(kept.zone_release);
}

/* 02:30 is skipped on 28 March, and what is known by it takes place at 03:30. */
static void what_a_gap_pushed_keeps_its_time(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=DAILY" };
    Event event = {
        .start_time = moment("2027-03-20T01:30:00Z"),
        .end_time = moment("2027-03-20T02:30:00Z"),
        .timezone = "Europe/Zurich",
        .recurrence_pattern = &pattern,
        .recurrence_overrides = "{\"2027-03-28T01:30:00Z\":{\"title\":\"a\"}}",
    };

    (void)state;
    wall_clock_keep(&arena, &event);
    assert_string_equal(
        event.local_times,
        "{\"starts\":{\"2027-03-28T01:30:00Z\":\"2027-03-28T02:30:00\"},\"times\":{}}");
    wall_clock_derive(&arena, &event);
    assert_string_equal(event.recurrence_overrides, "{\"2027-03-28T01:30:00Z\":{\"title\":\"a\"}}");
}

/* A date of its own, which no rule says, was given as 02:30. */
static void a_date_that_was_given_by_the_clock_keeps_its_time(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Instant rdates[] = { moment("2027-03-28T01:30:00Z") };
    const Recurrence pattern = { .rrule = "FREQ=YEARLY;UNTIL=20270328T013000Z",
                                 .rdates = rdates,
                                 .rdate_count = 1 };
    Event event = {
        .start_time = moment("2027-03-20T11:00:00Z"),
        .end_time = moment("2027-03-20T12:00:00Z"),
        .timezone = "Europe/Zurich",
        .recurrence_pattern = &pattern,
        .recurrence_overrides = "{\"2027-03-28T01:30:00Z\":{\"title\":\"a\"}}",
    };

    (void)state;
    wall_clock_note(&arena, &event, rdates[0], local("2027-03-28T02:30:00"));
    wall_clock_keep(&arena, &event);
    assert_string_equal(event.local_times,
                        "{\"starts\":{\"2027-03-28T01:30:00Z\":\"2027-03-28T02:30:00\"},"
                        "\"times\":{\"2027-03-28T01:30:00Z\":\"2027-03-28T02:30:00\"}}");
    event.local_times = NULL; /* of another that was given as a moment it is what the clock shows */
    wall_clock_note(&arena, &event, rdates[0], local("2027-03-28T03:30:00"));
    assert_null(event.local_times);
    wall_clock_keep(&arena, &event);
    assert_non_null(
        strstr(event.local_times, "{\"2027-03-28T01:30:00Z\":\"2027-03-28T03:30:00\"}}"));
}

static void a_start_in_a_gap_comes_back_when_the_gap_goes(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = {
        .start_time = moment("2027-03-28T01:30:00Z"),
        .end_time = moment("2027-03-28T01:45:00Z"),
        .start_local = local("2027-03-28T02:30:00"),
        .end_local = local("2027-03-28T02:45:00"),
        .timezone = "Europe/Zurich",
    };

    (void)state;
    wall_clock_keep(&arena, &event);
    assert_int_equal(event.start_local, local("2027-03-28T02:30:00"));
    event.timezone = "Africa/Lagos"; /* as if Zurich had no summer time any more */
    wall_clock_derive(&arena, &event);
    assert_int_equal(event.start_time, moment("2027-03-28T01:30:00Z"));
    assert_int_equal(event.start_local, local("2027-03-28T02:30:00"));
}

static void of_two_equal_times_the_one_meant_stays(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = {
        .start_time = moment("2027-10-31T01:30:00Z"),
        .end_time = moment("2027-10-31T02:30:00Z"),
        .timezone = "Europe/Zurich",
    };

    (void)state;
    wall_clock_keep(&arena, &event);
    assert_true(event.start_is_second);
    assert_false(event.end_is_second);
    assert_string_equal(
        wall_clock_text(&arena, &event),
        "{\"end\":\"2027-10-31T03:30:00\",\"start\":\"2027-10-31T02:30:00+01:00\"}");
    wall_clock_derive(&arena, &event);
    assert_int_equal(event.start_time, moment("2027-10-31T01:30:00Z"));
}

static void a_version_gives_back_what_it_was_given(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY" };
    Event event = weekly(&pattern);
    Event read = event;

    (void)state;
    const char *text = wall_clock_text(&arena, &event);
    read.start_local = read.end_local = 0;
    read.local_times = NULL;
    wall_clock_read(&arena, text, &read);
    wall_clock_derive(&arena, &event);
    assert_int_equal(read.start_time, event.start_time);
    assert_string_equal(read.recurrence_overrides, event.recurrence_overrides);
    assert_string_equal(wall_clock_text(&arena, &read), wall_clock_text(&arena, &event));
}

/* Dates of one day are of no clock, and what is told by another clock stands on that. */
static void what_an_override_tells_otherwise_stands_on_its_own_clock(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Recurrence pattern = { .rrule = "FREQ=WEEKLY" };
    Event event = weekly(&pattern);

    (void)state;
    event.recurrence_overrides =
        "{\"2027-06-14T08:00:00Z\":{\"all_day\":true,\"end_time\":\"2027-06-15T00:00:00Z\","
        "\"start_time\":\"2027-06-14T00:00:00Z\"},"
        "\"2027-06-21T08:00:00Z\":{\"start_time\":\"2027-06-21T12:00:00Z\","
        "\"timezone\":\"Asia/Tokyo\"}}";
    event.local_times = "{\"starts\":{\"2027-06-14T08:00:00Z\":\"2027-06-14T09:00:00\","
                        "\"2027-06-21T08:00:00Z\":\"2027-06-21T09:00:00\"},"
                        "\"times\":{\"2027-06-21T12:00:00Z Asia/Tokyo\":\"2027-06-21T20:00:00\"}}";
    wall_clock_derive(&arena, &event);
    assert_string_equal(
        event.recurrence_overrides,
        "{\"2027-06-14T07:00:00Z\":{\"all_day\":true,\"end_time\":\"2027-06-15T00:00:00Z\","
        "\"start_time\":\"2027-06-14T00:00:00Z\"},"
        "\"2027-06-21T07:00:00Z\":{\"start_time\":\"2027-06-21T11:00:00Z\","
        "\"timezone\":\"Asia/Tokyo\"}}");
    const char *kept = event.local_times;
    wall_clock_keep(&arena, &event);
    assert_string_equal(event.local_times, kept);
    assert_non_null(strstr(kept, "\"2027-06-21T11:00:00Z Asia/Tokyo\":\"2027-06-21T20:00:00\""));
}

static void dates_and_moments_have_nothing_to_be_derived(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = {
        .start_time = moment("2027-10-31T00:00:00Z"),
        .end_time = moment("2027-11-01T00:00:00Z"),
        .timezone = "Europe/Zurich",
        .all_day = true,
    };

    (void)state;
    wall_clock_keep(&arena, &event);
    assert_int_equal(event.start_local, local("2027-10-31T00:00:00"));
    assert_int_equal(event.zone_rules, 0);
    assert_false(wall_clock_is_stale(&event));
    assert_null(wall_clock_text(&arena, &event));
    event.all_day = false;
    event.timezone = "UTC";
    wall_clock_keep(&arena, &event);
    assert_int_equal(event.zone_rules, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_moments_follow_the_clock),
        cmocka_unit_test(what_is_kept_says_the_same_moments),
        cmocka_unit_test(what_a_gap_pushed_keeps_its_time),
        cmocka_unit_test(a_date_that_was_given_by_the_clock_keeps_its_time),
        cmocka_unit_test(a_start_in_a_gap_comes_back_when_the_gap_goes),
        cmocka_unit_test(of_two_equal_times_the_one_meant_stays),
        cmocka_unit_test(a_version_gives_back_what_it_was_given),
        cmocka_unit_test(what_an_override_tells_otherwise_stands_on_its_own_clock),
        cmocka_unit_test(dates_and_moments_have_nothing_to_be_derived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
