/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "history/diff.h"

static Event plain_event(void)
{
    Event event = { 0 };

    schema_set_nulls(&event_schema, &event);
    event.id = 7;
    event.title = "x";
    event.start_time = 0;
    event.end_time = SECOND_US;
    event.timezone = "UTC";
    event.status = EVENT_CONFIRMED;
    event.transparency = EVENT_OPAQUE;
    return event;
}

static const char *diff(Arena *arena, const Event *before, const Event *after)
{
    Writer w = writer_start(arena);

    diff_write(&w, arena, before, after);
    return writer_text(&w);
}

static const char *changes(Arena *arena, const Event *before, const Event *after)
{
    Writer w = writer_start(arena);

    diff_write_changes(&w, before, after);
    return writer_text(&w);
}

static void equal_events_have_an_empty_diff(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event before = plain_event();
    Event after = plain_event();

    (void)state;
    /* What is not versioned does not count. */
    after.id = 8;
    after.version_number = 9;
    after.updated_at = 10;
    assert_true(diff_is_empty(&before, &after));
    assert_string_equal(diff(&arena, &before, &after), "[]");
    assert_string_equal(changes(&arena, &before, &after), "{}");
}

static void a_member_is_added_removed_or_modified(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event before = plain_event();
    Event after = plain_event();

    (void)state;
    before.location = "Room 4";
    after.title = "y";
    after.description = "z";
    after.all_day = true;
    after.status = EVENT_CANCELLED;
    after.end_time = 2 * SECOND_US;
    assert_false(diff_is_empty(&before, &after));
    assert_string_equal(
        diff(&arena, &before, &after),
        "[{\"field\":\"title\",\"change_type\":\"modified\",\"old_value\":\"x\",\"new_value\":"
        "\"y\"},"
        "{\"field\":\"description\",\"change_type\":\"added\",\"old_value\":null,\"new_value\":"
        "\"z\"},"
        "{\"field\":\"location\",\"change_type\":\"removed\",\"old_value\":\"Room 4\","
        "\"new_value\":null},"
        "{\"field\":\"end_time\",\"change_type\":\"modified\",\"old_value\":"
        "\"1970-01-01T00:00:01Z\",\"new_value\":\"1970-01-01T00:00:02Z\"},"
        "{\"field\":\"all_day\",\"change_type\":\"modified\",\"old_value\":false,\"new_value\":"
        "true},"
        "{\"field\":\"status\",\"change_type\":\"modified\",\"old_value\":\"confirmed\","
        "\"new_value\":\"cancelled\"}]");
    after = before;
    after.title = "y";
    after.location = NULL;
    assert_string_equal(changes(&arena, &before, &after),
                        "{\"title\":{\"old\":\"x\",\"new\":\"y\"},"
                        "\"location\":{\"old\":\"Room 4\",\"new\":null}}");
}

static void overrides_are_compared_member_by_member(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event before = plain_event();
    Event after = plain_event();

    (void)state;
    before.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"location\":\"a\",\"title\":\"x\"},"
                                  "\"2025-03-05T09:00:00Z\":{\"cancelled\":true},"
                                  "\"2025-03-07T09:00:00Z\":{\"title\":\"same\"}}";
    after.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"description\":null,"
                                 "\"location\":\"a\",\"title\":\"y\"},"
                                 "\"2025-03-06T09:00:00Z\":{\"title\":\"new\"},"
                                 "\"2025-03-07T09:00:00Z\":{\"title\":\"same\"}}";
    assert_string_equal(diff(&arena, &before, &after),
                        "[{\"field\":\"recurrence_overrides.2025-03-04T09:00:00Z.description\","
                        "\"change_type\":\"added\",\"old_value\":null,\"new_value\":null},"
                        "{\"field\":\"recurrence_overrides.2025-03-04T09:00:00Z.title\","
                        "\"change_type\":\"modified\",\"old_value\":\"x\",\"new_value\":\"y\"},"
                        "{\"field\":\"recurrence_overrides.2025-03-05T09:00:00Z.cancelled\","
                        "\"change_type\":\"removed\",\"old_value\":true,\"new_value\":null},"
                        "{\"field\":\"recurrence_overrides.2025-03-06T09:00:00Z.title\","
                        "\"change_type\":\"added\",\"old_value\":null,\"new_value\":\"new\"}]");
}

/* What stayed as it was would be written again with every change of another. */
static void changes_of_overrides_are_those_that_differ(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event before = plain_event();
    Event after = plain_event();

    (void)state;
    before.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"title\":\"x\"},"
                                  "\"2025-03-05T09:00:00Z\":{\"cancelled\":true},"
                                  "\"2025-03-07T09:00:00Z\":{\"title\":\"same\"}}";
    after.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"},"
                                 "\"2025-03-06T09:00:00Z\":{\"title\":\"new\"},"
                                 "\"2025-03-07T09:00:00Z\":{\"title\":\"same\"}}";
    assert_string_equal(changes(&arena, &before, &after),
                        "{\"recurrence_overrides\":{\"old\":"
                        "{\"2025-03-04T09:00:00Z\":{\"title\":\"x\"},"
                        "\"2025-03-05T09:00:00Z\":{\"cancelled\":true}},\"new\":"
                        "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"},"
                        "\"2025-03-06T09:00:00Z\":{\"title\":\"new\"}}}}");
    before.recurrence_overrides = "{\"2025-03-07T09:00:00Z\":{\"title\":\"same\"}}";
    after.recurrence_overrides = "{\"2025-03-07T09:00:00Z\":{\"title\":\"same\"},"
                                 "\"2025-03-08T09:00:00Z\":{\"cancelled\":true}}";
    assert_string_equal(changes(&arena, &before, &after),
                        "{\"recurrence_overrides\":{\"old\":null,\"new\":"
                        "{\"2025-03-08T09:00:00Z\":{\"cancelled\":true}}}}");
}

static void all_overrides_may_come_or_go_at_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event before = plain_event();
    Event after = plain_event();

    (void)state;
    after.recurrence_overrides = "{\"2025-03-05T09:00:00Z\":{\"cancelled\":true}}";
    assert_string_equal(diff(&arena, &before, &after),
                        "[{\"field\":\"recurrence_overrides.2025-03-05T09:00:00Z.cancelled\","
                        "\"change_type\":\"added\",\"old_value\":null,\"new_value\":true}]");
    assert_string_equal(diff(&arena, &after, &before),
                        "[{\"field\":\"recurrence_overrides.2025-03-05T09:00:00Z.cancelled\","
                        "\"change_type\":\"removed\",\"old_value\":true,\"new_value\":null}]");
}

static void a_new_event_changes_every_member_it_has(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event after = plain_event();

    (void)state;
    assert_string_equal(changes(&arena, NULL, &after),
                        "{\"title\":{\"old\":null,\"new\":\"x\"},"
                        "\"start_time\":{\"old\":null,\"new\":\"1970-01-01T00:00:00Z\"},"
                        "\"end_time\":{\"old\":null,\"new\":\"1970-01-01T00:00:01Z\"},"
                        "\"timezone\":{\"old\":null,\"new\":\"UTC\"},"
                        "\"all_day\":{\"old\":null,\"new\":false},"
                        "\"status\":{\"old\":null,\"new\":\"confirmed\"},"
                        "\"transparency\":{\"old\":null,\"new\":\"opaque\"},"
                        "\"is_recurring\":{\"old\":null,\"new\":false}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_events_have_an_empty_diff),
        cmocka_unit_test(a_member_is_added_removed_or_modified),
        cmocka_unit_test(overrides_are_compared_member_by_member),
        cmocka_unit_test(changes_of_overrides_are_those_that_differ),
        cmocka_unit_test(all_overrides_may_come_or_go_at_once),
        cmocka_unit_test(a_new_event_changes_every_member_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
