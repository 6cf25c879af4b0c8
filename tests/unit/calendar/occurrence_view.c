#include "calendar/occurrence_view.h"

#include "support.h"

static Event lesson(void)
{
    return (Event){
        .id = 42,
        .title = "Lesson",
        .description = "Bring the book.",
        .location = "Room 2",
        .timezone = "Europe/Zurich",
        .start_time = moment("2025-03-03T09:00:00Z"),
        .end_time = moment("2025-03-03T10:00:00Z"),
        .status = EVENT_TENTATIVE,
        .is_recurring = true,
        .owner_id = 3,
        .my_role = ROLE_VIEWER,
    };
}

static Occurrence second_one(const Override *override)
{
    return (Occurrence){
        .original_start = moment("2025-03-10T09:00:00Z"),
        .start = moment("2025-03-10T11:00:00Z"),
        .end = moment("2025-03-10T12:30:00Z"),
        .override = override,
    };
}

/* The override of one occurrence, as it is stored. */
static Override decoded(Arena *arena, const char *json)
{
    Override override = { .given = 0 };
    Error err = { 0 };

    if (!schema_decode_stored(&override_schema, json, arena, &override, &err))
        fail_msg("%s", err.detail);
    return override;
}

static void without_an_override_it_is_the_event_at_another_time(void **state)
{
    const Event event = lesson();
    const Occurrence occurrence = second_one(NULL);
    EventOccurrence view = occurrence_view(&event, &occurrence, "2025-03-10T10:00:00");

    (void)state;
    assert_int_equal(view.event_id, 42);
    assert_true(view.occurrence == occurrence.original_start);
    assert_string_equal(view.occurrence_local, "2025-03-10T10:00:00");
    assert_true(view.start_time == occurrence.start && view.end_time == occurrence.end);
    assert_string_equal(view.title, "Lesson");
    assert_string_equal(view.description, "Bring the book.");
    assert_string_equal(view.location, "Room 2");
    assert_string_equal(view.timezone, "Europe/Zurich");
    assert_int_equal(view.status, EVENT_TENTATIVE);
    assert_true(view.is_recurring);
    assert_false(view.is_override);
    assert_int_equal(view.owner_id, 3);
    assert_int_equal(view.my_role, ROLE_VIEWER);
}

static void an_override_says_what_is_different_and_no_more(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Event event = lesson();
    const Override override = decoded(&arena, "{\"title\":\"Exam\",\"status\":\"confirmed\"}");
    const Occurrence occurrence = second_one(&override);
    EventOccurrence view = occurrence_view(&event, &occurrence, "2025-03-10T10:00:00");

    (void)state;
    assert_true(view.is_override);
    assert_string_equal(view.title, "Exam");
    assert_int_equal(view.status, EVENT_CONFIRMED);
    assert_string_equal(view.description, "Bring the book.");
    assert_string_equal(view.location, "Room 2");
}

static void an_override_may_take_texts_away(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Event event = lesson();
    const Override override = decoded(&arena, "{\"description\":null,\"location\":null}");
    const Occurrence occurrence = second_one(&override);
    EventOccurrence view = occurrence_view(&event, &occurrence, "2025-03-10T10:00:00");

    (void)state;
    assert_null(view.description);
    assert_null(view.location);
    assert_string_equal(view.title, "Lesson");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_override_it_is_the_event_at_another_time),
        cmocka_unit_test(an_override_says_what_is_different_and_no_more),
        cmocka_unit_test(an_override_may_take_texts_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
