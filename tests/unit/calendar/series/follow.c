#include <string.h>

#include "../support.h"
#include "calendar/series/follow.h"

static const Location body = { .name = "body" };

/* Five days at nine, the second one cancelled. */
static Event five_days(Arena *arena)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    Event event = { 0 };

    pattern->rrule = "FREQ=DAILY;COUNT=5";
    schema_set_nulls(&event_schema, &event);
    event.title = "Daily";
    event.start_time = moment("2027-01-04T09:00:00Z");
    event.end_time = moment("2027-01-04T10:00:00Z");
    event.timezone = "UTC";
    event.status = EVENT_CONFIRMED;
    event.is_recurring = true;
    event.recurrence_pattern = pattern;
    event.recurrence_overrides = "{\"2027-01-05T09:00:00Z\":{\"cancelled\":true}}";
    return event;
}

static void a_later_start_takes_the_overrides_along(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    const Decoder d = { .arena = &arena, .location = &body, .err = &err };
    const Event before = five_days(&arena);
    Event after = before;

    (void)state;
    after.start_time = moment("2027-01-04T09:30:00Z");
    after.end_time = moment("2027-01-04T10:30:00Z");
    assert_true(event_check_change(&d, &before, &after));
    assert_string_equal(after.recurrence_overrides,
                        "{\"2027-01-05T09:30:00Z\":{\"cancelled\":true}}");
    assert_null(after.dropped_overrides.items);
}

static void what_another_rule_leaves_out_is_told(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    const Decoder d = { .arena = &arena, .location = &body, .err = &err };
    const Event before = five_days(&arena);
    const Recurrence weekly = { .rrule = "FREQ=WEEKLY" };
    Event after = before;

    (void)state;
    after.recurrence_pattern = &weekly;
    assert_true(event_check_change(&d, &before, &after));
    assert_null(after.recurrence_overrides);
    assert_int_equal(after.dropped_overrides.count, 1);
    assert_true(*(const Instant *)after.dropped_overrides.items == moment("2027-01-05T09:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_start_takes_the_overrides_along),
        cmocka_unit_test(what_another_rule_leaves_out_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
