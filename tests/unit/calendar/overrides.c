/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "base/limits.h"
#include "calendar/overrides.h"
#include "json/reader.h"

typedef struct Sample {
    Members given;
    const char *recurrence_overrides;
} Sample;

static const Field sample_fields[] = {
    OVERRIDES(Sample, recurrence_overrides, .flags = NULLABLE, .doc = "What differs."),
};
static const Schema sample_schema = SCHEMA(Sample, sample_fields, .doc = "Differs.");

static bool decode(Arena *arena, const char *overrides, Sample *sample, Error *err)
{
    json_t *root AUTO(json_release) = NULL;
    const Location body = { .name = "body" };
    const char *json = arena_printf(arena, "{\"recurrence_overrides\":%s}", overrides);

    if (!json_read(json, strlen(json), &root, err))
        fail_msg("%s: %s", overrides, err->detail);
    return schema_decode(&sample_schema, DECODE_CREATE, root, arena, &body, sample, err);
}

#define START "2025-03-10T09:00:00Z"

static void overrides_become_one_canonical_text(void **state)
{
    static const struct {
        const char *input;
        const char *text; /* NULL: none is left */
    } rows[] = {
        { "{\"" START "\":{\"cancelled\":true}}", "{\"" START "\":{\"cancelled\":true}}" },
        { "{\"2025-03-10t10:00:00+01:00\":{\"cancelled\":true}}",
          "{\"" START "\":{\"cancelled\":true}}" },
        { "{\"" START "\":{\"title\":\"x\",\"end_time\":\"2025-03-10T12:00:00+02:00\","
          "\"description\":null,\"cancelled\":false}}",
          "{\"" START "\":{\"description\":null,\"end_time\":\"2025-03-10T10:00:00Z\","
          "\"title\":\"x\"}}" },
        { "{\"2025-03-12T09:00:00Z\":{\"status\":\"tentative\"},\"" START "\":{\"location\":null}}",
          "{\"" START "\":{\"location\":null},\"2025-03-12T09:00:00Z\":{\"status\":"
          "\"tentative\"}}" },
        { "{\"2025-03-10T09:00:00Z\":{\"title\":\"a\"},"
          "\"2025-03-10T09:00:00.5Z\":{\"title\":\"b\"}}",
          "{\"2025-03-10T09:00:00.5Z\":{\"title\":\"b\"},"
          "\"2025-03-10T09:00:00Z\":{\"title\":\"a\"}}" },
        { "{}", NULL },
        { "{\"" START "\":{}}", NULL },
        { "{\"" START "\":{\"cancelled\":false}}", NULL },
        { "null", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { 0 };
        Sample sample = { 0 };
        OverrideEntry *entries;
        if (!decode(&arena, rows[i].input, &sample, &err))
            fail_msg("%s: %s", rows[i].input, err.faults->message);
        if (rows[i].text == NULL)
            assert_null(sample.recurrence_overrides);
        else
            assert_string_equal(sample.recurrence_overrides, rows[i].text);
        /* Taken apart and put together it is the same, and so it is read again. */
        size_t count = overrides_list(&arena, sample.recurrence_overrides, &entries);
        const char *again = overrides_text(&arena, entries, count);
        if (rows[i].text != NULL)
            assert_string_equal(again, rows[i].text);
        else
            assert_null(again);
    }
}

static void a_fault_names_the_occurrence_and_the_member(void **state)
{
    static const struct {
        const char *input;
        const char *place;
        const char *type;
    } rows[] = {
        { "[]", "", "object_type" },
        { "7", "", "object_type" },
        { "{\"tomorrow\":{}}", ",\"tomorrow\"", "datetime_parsing" },
        { "{\"2025-03-10T24:00:00\":{}}", ",\"2025-03-10T24:00:00\"", "datetime_parsing" },
        { "{\"\":{}}", ",\"\"", "datetime_parsing" },
        { "{\"" START "\":7}", ",\"" START "\"", "object_type" },
        { "{\"" START "\":null}", ",\"" START "\"", "object_type" },
        { "{\"" START "\":{\"colour\":\"red\"}}", ",\"" START "\",\"colour\"", "unknown_field" },
        { "{\"" START "\":{\"owner_id\":1}}", ",\"" START "\",\"owner_id\"", "unknown_field" },
        { "{\"" START "\":{\"title\":null}}", ",\"" START "\",\"title\"", "null_not_allowed" },
        { "{\"" START "\":{\"title\":\"\"}}", ",\"" START "\",\"title\"", "string_too_short" },
        { "{\"" START "\":{\"start_time\":\"soon\"}}", ",\"" START "\",\"start_time\"",
          "datetime_parsing" },
        { "{\"" START "\":{\"status\":\"maybe\"}}", ",\"" START "\",\"status\"", "choice" },
        { "{\"" START "\":{\"cancelled\":1}}", ",\"" START "\",\"cancelled\"", "bool_type" },
        { "{\"" START "\":{\"cancelled\":true,\"title\":\"x\"}}", ",\"" START "\"",
          "cancelled_with_changes" },
        { "{\"" START "\":{\"start_time\":\"2025-03-10T12:00:00Z\",\"end_time\":\"2025-03-10T11:"
          "59:59Z\"}}",
          ",\"" START "\"", "time_order" },
        { "{\"" START "\":{\"title\":\"x\"},\"2025-03-10T10:00:00+01:00\":{\"title\":\"y\"}}",
          ",\"" START "\"", "repeated" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { 0 };
        Sample sample = { 0 };
        if (decode(&arena, rows[i].input, &sample, &err))
            fail_msg("%s was taken", rows[i].input);
        const char *location =
            arena_printf(&arena, "[\"body\",\"recurrence_overrides\"%s]", rows[i].place);
        if (strcmp(err.faults->location, location) != 0 ||
            strcmp(err.faults->type, rows[i].type) != 0)
            fail_msg("%s: %s at %s: %s", rows[i].input, err.faults->type, err.faults->location,
                     err.faults->message);
    }
}

/* `count` overrides a day apart, as a client writes them. */
static const char *many(Arena *arena, size_t count)
{
    Buffer text = buffer_start(arena);

    buffer_add(&text, "{");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, "%s\"%s\":{\"title\":\"x\"}", i > 0 ? "," : "",
                      instant_text(arena, (Instant)i * DAY_US));
    buffer_add(&text, "}");
    return text.data;
}

static void a_series_has_at_most_so_many_overrides(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    Sample sample = { 0 };

    (void)state;
    assert_true(decode(&arena, many(&arena, LIMIT_OVERRIDES), &sample, &err));
    sample = (Sample){ 0 };
    assert_false(decode(&arena, many(&arena, LIMIT_OVERRIDES + 1), &sample, &err));
    assert_string_equal(err.faults->type, "too_many_items");
}

static void stored_text_in_another_order_is_the_same_value(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    Sample sample = { 0 };
    Sample stored = { 0 };
    const Decoder d = { .arena = &arena, .err = &err, .is_stored = true };

    (void)state;
    assert_true(
        decode(&arena, "{\"" START "\":{\"title\":\"x\",\"location\":\"y\"}}", &sample, &err));
    assert_true(overrides_type.decode_stored(
        &d, &sample_fields[0], "{ \"" START "\" : {\"title\": \"x\", \"location\": \"y\"} }",
        &stored.recurrence_overrides));
    assert_int_equal(schema_compare(&sample_schema, &sample, &stored, 0), 0);
}

static const char *resolved(Arena *arena, const char *given, const char *zone, bool all_day)
{
    const Location body = { .name = "body" };
    Error err = { 0 };
    const Decoder d = { .arena = arena, .location = &body, .err = &err };
    Sample sample = { 0 };
    const char *text;

    assert_true(decode(arena, given, &sample, &err));
    if (overrides_resolve(&d, timezone_find(zone), all_day, sample.recurrence_overrides, &text))
        return text;
    return arena_printf(arena, "%s at %s", err.faults->type, err.faults->location);
}

/* Before it is known whose clock it is they stay as they were given. */
static void wall_clock_times_become_moments(void **state)
{
    static const struct {
        const char *given;
        bool all_day;
        const char *text;
    } rows[] = {
        { "{\"2025-07-10T09:00:00\":{\"title\":\"x\"}}", false,
          "{\"2025-07-10T07:00:00Z\":{\"title\":\"x\"}}" },
        { "{\"2025-07-10T09:00:00\":{\"title\":\"x\"},\"" START "\":{\"title\":\"y\"}}", false,
          "{\"" START "\":{\"title\":\"y\"},\"2025-07-10T07:00:00Z\":{\"title\":\"x\"}}" },
        { "{\"2025-07-10T09:00:00\":{\"title\":\"x\"},\"2025-07-10T07:00:00Z\":{\"title\":\"x\"}}",
          false, "{\"2025-07-10T07:00:00Z\":{\"title\":\"x\"}}" },
        { "{\"2025-03-30T02:30:00\":{\"title\":\"x\"},\"2025-03-30T03:30:00\":{\"title\":\"y\"}}",
          false, "repeated at [\"body\",\"2025-03-30T01:30:00Z\"]" },
        { "{\"2025-07-10\":{\"title\":\"x\"},\"2025-07-11T00:00:00\":{\"title\":\"y\"}}", true,
          "{\"2025-07-10T00:00:00Z\":{\"title\":\"x\"},\"2025-07-11T00:00:00Z\":{\"title\":\"y\"}"
          "}" },
        { "{\"2025-07-10\":{\"title\":\"x\"}}", false,
          "not_an_occurrence at [\"body\",\"2025-07-10\"]" },
        { "{\"2025-07-10T01:00:00\":{\"title\":\"x\"}}", true,
          "not_an_occurrence at [\"body\",\"2025-07-10T01:00:00\"]" },
        { "{\"9999-07-10T01:00:00\":{\"title\":\"x\"}}", false,
          "not_an_occurrence at [\"body\",\"9999-07-10T01:00:00\"]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        assert_string_equal(resolved(&arena, rows[i].given, "Europe/Zurich", rows[i].all_day),
                            rows[i].text);
    }
}

/* What is stored has moments. */
static void a_stored_wall_clock_time_is_not_read(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    OverrideEntry *entries;

    (void)state;
    assert_int_equal(overrides_list(&arena,
                                    "{\"2025-03-10T09:00:00\":{\"title\":\"b\"},"
                                    "\"2025-03-10T09:00:00Z\":{\"title\":\"a\"}}",
                                    &entries),
                     1);
}

static void entries_come_in_the_order_of_time(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    OverrideEntry *entries;

    (void)state;
    /* In the text "…00.5Z" stands before "…00Z". */
    assert_int_equal(overrides_list(&arena,
                                    "{\"2025-03-10T09:00:00.5Z\":{\"title\":\"b\"},"
                                    "\"2025-03-10T09:00:00Z\":{\"title\":\"a\"}}",
                                    &entries),
                     2);
    assert_string_equal(entries[0].override.title, "a");
    assert_string_equal(entries[1].override.title, "b");
    assert_true(OVERRIDE_HAS(&entries[0].override, title));
    assert_false(OVERRIDE_HAS(&entries[0].override, status));
    assert_int_equal(overrides_list(&arena, NULL, &entries), 0);
    assert_int_equal(overrides_list(&arena, "nonsense", &entries), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overrides_become_one_canonical_text),
        cmocka_unit_test(a_fault_names_the_occurrence_and_the_member),
        cmocka_unit_test(a_series_has_at_most_so_many_overrides),
        cmocka_unit_test(stored_text_in_another_order_is_the_same_value),
        cmocka_unit_test(wall_clock_times_become_moments),
        cmocka_unit_test(a_stored_wall_clock_time_is_not_read),
        cmocka_unit_test(entries_come_in_the_order_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
