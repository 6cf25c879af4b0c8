/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "calendar/event.h"
#include "calendar/overrides.h"
#include "history/diff.h"
#include "json/reader.h"

/* One event in the making: the arena it lives in and what was wrong with it. */
typedef struct Bench {
    Arena arena;
    Error err;
    Event event;
} Bench;

static void bench_finish(Bench *bench)
{
    arena_finish(&bench->arena);
}

static const Location body = { .name = "body" };

static void read_into(Bench *bench, DecodeMode mode, const char *json, Event *event)
{
    json_t *root AUTO(json_release) = NULL;

    if (!json_read(json, strlen(json), &root, &bench->err) ||
        !schema_decode(&event_schema, mode, root, &bench->arena, &body, event, &bench->err))
        fail_msg("%s: %s", json,
                 bench->err.faults != NULL ? bench->err.faults->message : bench->err.detail);
}

static Decoder decoder(Bench *bench)
{
    return (Decoder){ .arena = &bench->arena, .location = &body, .err = &bench->err };
}

#define TIMES                                                                                      \
    "\"title\":\"x\",\"start_time\":\"2025-03-03T09:00:00Z\",\"end_time\":\"2025-03-03T10:00:"     \
    "00Z\""

/* Title and times, and what `members` adds: `,"all_day":true`. */
static bool create(Bench *bench, const char *members)
{
    Decoder d = decoder(bench);

    read_into(bench, DECODE_CREATE, arena_printf(&bench->arena, "{" TIMES "%s}", members),
              &bench->event);
    return event_check(&d, &bench->event);
}

static bool create_at(Bench *bench, const char *start, const char *end, const char *members)
{
    Decoder d = decoder(bench);

    read_into(bench, DECODE_CREATE,
              arena_printf(&bench->arena,
                           "{\"title\":\"x\",\"start_time\":\"%s\",\"end_time\":\"%s\"%s}", start,
                           end, members),
              &bench->event);
    return event_check(&d, &bench->event);
}

/* As an update does it: the patch is applied to the event as it is. */
static bool patch(Bench *bench, const char *json)
{
    Decoder d = decoder(bench);
    Event change = { 0 };

    bench->event.given = 0;
    read_into(bench, DECODE_PATCH, json, &change);
    if (!event_check_patch(&d, &bench->event, &change))
        return false;
    schema_apply(&event_schema, &change, &bench->event);
    return event_check(&d, &bench->event);
}

static void check_fault(const Bench *bench, const char *place, const char *type)
{
    assert_non_null(bench->err.faults);
    assert_string_equal(bench->err.faults->location, place);
    assert_string_equal(bench->err.faults->type, type);
}

static const char *text(Bench *bench, Instant instant)
{
    return instant_text(&bench->arena, instant);
}

/* -- Times ------------------------------------------------------------------------------------ */

static void a_plain_event_gets_its_defaults(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(create(&bench, ""));
    assert_string_equal(bench.event.timezone, "UTC");
    assert_int_equal(bench.event.status, EVENT_CONFIRMED);
    assert_false(bench.event.is_recurring);
    assert_int_equal(bench.event.series_end, bench.event.end_time);
}

static void an_event_ends_no_earlier_than_it_starts(void **state)
{
    static const char *const ends[] = { "2025-03-03T08:59:59.999999Z", "2025-03-03T09:59:59+01:00",
                                        "2025-03-03T08:59:59Z" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        Bench AUTO(bench_finish) bench = { 0 };
        assert_false(create_at(&bench, "2025-03-03T09:00:00Z", ends[i], ""));
        check_fault(&bench, "[\"body\",\"end_time\"]", "time_order");
    }
}

static void an_event_lasts_at_most_ten_years(void **state)
{
    Bench AUTO(bench_finish) good = { 0 };
    Bench AUTO(bench_finish) bad = { 0 };

    (void)state;
    assert_true(create_at(&good, "2025-03-03T09:00:00Z", "2035-03-03T09:00:00Z", ""));
    assert_false(create_at(&bad, "2025-03-03T09:00:00Z", "2035-04-03T09:00:00Z", ""));
    check_fault(&bad, "[\"body\",\"end_time\"]", "event_too_long");
}

static void an_unknown_zone_and_a_wrong_end_are_told_at_once(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_false(create_at(&bench, "2025-03-03T09:00:00Z", "2025-03-03T08:00:00Z",
                           ",\"timezone\":\"Europe/Nowhere\""));
    check_fault(&bench, "[\"body\",\"timezone\"]", "timezone_unknown");
    assert_int_equal(bench.err.fault_count, 2);
}

static void an_all_day_event_is_kept_with_midnight_utc_of_its_dates(void **state)
{
    static const struct {
        const char *zone;
        const char *start, *end;
        const char *kept_start, *kept_end;
    } rows[] = {
        { "UTC", "2025-03-03T00:00:00Z", "2025-03-04T00:00:00Z", "2025-03-03T00:00:00Z",
          "2025-03-04T00:00:00Z" },
        { "Europe/Zurich", "2025-03-03T00:00:00Z", "2025-03-04T00:00:00Z", "2025-03-03T00:00:00Z",
          "2025-03-04T00:00:00Z" },
        { "Europe/Zurich", "2025-03-29T00:00:00+01:00", "2025-03-31T00:00:00+02:00",
          "2025-03-29T00:00:00Z", "2025-03-31T00:00:00Z" },
        /* In winter midnight in London is both. */
        { "Europe/London", "2025-03-30T00:00:00Z", "2025-03-31T00:00:00+01:00",
          "2025-03-30T00:00:00Z", "2025-03-31T00:00:00Z" },
        { "Pacific/Kiritimati", "2025-03-03T00:00:00+14:00", "2025-03-04T00:00:00+14:00",
          "2025-03-03T00:00:00Z", "2025-03-04T00:00:00Z" },
        { "America/New_York", "2025-03-03T00:00:00-05:00", "2025-03-10T00:00:00-04:00",
          "2025-03-03T00:00:00Z", "2025-03-10T00:00:00Z" },
        /* On 2018-11-04 the clock there went from 00:00 to 01:00. */
        { "America/Sao_Paulo", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00",
          "2018-11-04T00:00:00Z", "2018-11-05T00:00:00Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Bench AUTO(bench_finish) bench = { 0 };
        const char *members =
            arena_printf(&bench.arena, ",\"all_day\":true,\"timezone\":\"%s\"", rows[i].zone);
        if (!create_at(&bench, rows[i].start, rows[i].end, members))
            fail_msg("%s: %s", rows[i].start, bench.err.faults->message);
        assert_string_equal(text(&bench, bench.event.start_time), rows[i].kept_start);
        assert_string_equal(text(&bench, bench.event.end_time), rows[i].kept_end);
        /* Put back, nothing moves. */
        assert_true(patch(&bench, "{\"title\":\"y\"}"));
        assert_string_equal(text(&bench, bench.event.start_time), rows[i].kept_start);
    }
}

static void an_all_day_event_starts_and_ends_at_midnight(void **state)
{
    static const struct {
        const char *start, *end, *place;
    } rows[] = {
        { "2025-03-03T09:00:00Z", "2025-03-04T00:00:00Z", "[\"body\",\"start_time\"]" },
        { "2025-03-03T00:00:00+01:00", "2025-03-04T09:00:00Z", "[\"body\",\"end_time\"]" },
        { "2025-03-03T00:00:00+05:00", "2025-03-04T00:00:00+05:00", "[\"body\",\"start_time\"]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Bench AUTO(bench_finish) bench = { 0 };
        assert_false(create_at(&bench, rows[i].start, rows[i].end,
                               ",\"all_day\":true,\"timezone\":\"Europe/Zurich\""));
        check_fault(&bench, rows[i].place, "all_day_midnight");
    }
}

/* -- Repeating -------------------------------------------------------------------------------- */

static void is_recurring_follows_the_pattern(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(create(&bench, ",\"recurrence_pattern\":{\"freq\":\"daily\",\"count\":3}"));
    assert_true(bench.event.is_recurring);
    assert_true(patch(&bench, "{\"recurrence_pattern\":null}"));
    assert_false(bench.event.is_recurring);
    assert_true(patch(&bench, "{\"recurrence_pattern\":\"FREQ=DAILY\",\"is_recurring\":true}"));
    assert_true(bench.event.is_recurring);
    assert_int_equal(bench.event.series_end, INSTANT_NULL);
    assert_true(patch(&bench, "{\"is_recurring\":false,\"recurrence_pattern\":null}"));
    assert_null(bench.event.recurrence_pattern);
    assert_int_equal(bench.event.series_end, bench.event.end_time);
    assert_true(patch(&bench, "{\"is_recurring\":false}"));
}

/* What clients fill in by themselves must not cost anybody a series. */
static void a_pattern_does_not_end_by_is_recurring_alone(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(create(&bench, ",\"recurrence_pattern\":{\"freq\":\"daily\",\"count\":3}"));
    assert_false(patch(&bench, "{\"location\":\"Hall\",\"is_recurring\":false}"));
    check_fault(&bench, "[\"body\",\"is_recurring\"]", "recurrence_contradiction");
    error_clear(&bench.err);
    assert_false(patch(&bench, "{\"is_recurring\":false,\"recurrence_pattern\":{}}"));
    check_fault(&bench, "[\"body\",\"is_recurring\"]", "recurrence_contradiction");
    error_clear(&bench.err);
    assert_true(patch(&bench, "{\"location\":\"Hall\",\"recurrence_pattern\":{}}"));
    assert_non_null(bench.event.recurrence_pattern);
}

static void is_recurring_cannot_contradict_the_pattern(void **state)
{
    static const struct {
        const char *members, *place;
    } rows[] = {
        { ",\"is_recurring\":true", "[\"body\",\"recurrence_pattern\"]" },
        { ",\"is_recurring\":true,\"recurrence_pattern\":null", "[\"body\",\"is_recurring\"]" },
        { ",\"is_recurring\":false,\"recurrence_pattern\":\"FREQ=DAILY\"",
          "[\"body\",\"is_recurring\"]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Bench AUTO(bench_finish) bench = { 0 };
        assert_false(create(&bench, rows[i].members));
        assert_string_equal(bench.err.faults->location, rows[i].place);
    }
}

static void a_rule_does_not_end_before_the_start(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_false(create(&bench, ",\"recurrence_pattern\":{\"freq\":\"daily\","
                                "\"until\":\"2024-01-01\"}"));
    check_fault(&bench, "[\"body\",\"recurrence_pattern\"]", "recurrence_rule");
}

static void a_date_as_the_end_of_a_rule_becomes_a_moment_in_the_zone(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };
    Event again;

    (void)state;
    assert_true(create(&bench, ",\"timezone\":\"Europe/Zurich\",\"recurrence_pattern\":"
                               "{\"freq\":\"daily\",\"until\":\"2025-03-05\"}"));
    assert_non_null(strstr(bench.event.recurrence_pattern->rrule, "UNTIL=20250305T"));
    again = bench.event;
    assert_true(patch(&bench, "{\"title\":\"x\"}"));
    assert_true(diff_is_empty(&bench.event, &again));
}

static void an_unreadable_pattern_may_be_kept_but_not_made(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };
    static const Recurrence old = { .original = "{\"note\":\"x\"}" };
    static const char echo[] =
        "{\"recurrence_pattern\":{\"rrule\":null,\"rdates\":[],\"text\":null,"
        "\"original\":{\"note\":\"%s\"}}}";

    (void)state;
    assert_true(create(&bench, ""));
    bench.event.recurrence_pattern = &old;
    assert_true(patch(&bench, arena_printf(&bench.arena, echo, "x")));
    assert_true(bench.event.is_recurring);
    assert_false(patch(&bench, arena_printf(&bench.arena, echo, "y")));
    check_fault(&bench, "[\"body\",\"recurrence_pattern\",\"original\"]", "read_only");

    Bench AUTO(bench_finish) fresh = { 0 };
    Decoder d = decoder(&fresh);
    read_into(&fresh, DECODE_PATCH, arena_printf(&fresh.arena, echo, "x"), &fresh.event);
    assert_false(event_check_patch(&d, NULL, &fresh.event));
}

/* -- Overrides -------------------------------------------------------------------------------- */

#define DAILY ",\"recurrence_pattern\":{\"freq\":\"daily\",\"count\":3},\"recurrence_overrides\":"

static void an_override_belongs_to_an_occurrence(void **state)
{
    Bench AUTO(bench_finish) good = { 0 };
    Bench AUTO(bench_finish) bad = { 0 };
    Bench AUTO(bench_finish) lone = { 0 };

    (void)state;
    assert_true(create(&good, DAILY "{\"2025-03-04T10:00:00+01:00\":{\"title\":\"y\"}}"));
    assert_string_equal(good.event.recurrence_overrides,
                        "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"}}");
    assert_false(create(&bad, DAILY "{\"2025-03-04T10:00:00Z\":{\"title\":\"y\"}}"));
    check_fault(&bad, "[\"body\",\"recurrence_overrides\",\"2025-03-04T10:00:00Z\"]",
                "not_an_occurrence");
    assert_false(create(&lone, ",\"recurrence_overrides\":{\"2025-03-03T09:00:00Z\":{\"title\":"
                               "\"y\"}}"));
    check_fault(&lone, "[\"body\",\"recurrence_overrides\"]", "not_recurring");
}

static void an_overridden_occurrence_ends_no_earlier_than_it_starts(void **state)
{
    static const char *const bad[] = {
        "{\"2025-03-04T09:00:00Z\":{\"end_time\":\"2025-03-04T08:00:00Z\"}}",
        "{\"2025-03-04T09:00:00Z\":{\"end_time\":\"2040-03-04T09:00:00Z\"}}",
    };
    Bench AUTO(bench_finish) moved = { 0 };

    (void)state;
    /* Later than its original end: it keeps its length. */
    assert_true(create(&moved, DAILY
                       "{\"2025-03-04T09:00:00Z\":{\"start_time\":\"2025-03-04T12:00:00Z\"}}"));
    for (size_t i = 0; i < 2; i++) {
        Bench AUTO(bench_finish) bench = { 0 };
        assert_false(create(&bench, arena_printf(&bench.arena, DAILY "%s", bad[i])));
        assert_string_equal(
            bench.err.faults->location,
            "[\"body\",\"recurrence_overrides\",\"2025-03-04T09:00:00Z\",\"end_time\"]");
    }
}

static void overrides_that_fit_no_more_are_dropped_unless_they_were_just_given(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(create(&bench, DAILY "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"},"
                                     "\"2025-03-05T09:00:00Z\":{\"cancelled\":true}}"));
    assert_true(patch(&bench, "{\"recurrence_pattern\":{\"freq\":\"daily\",\"count\":2}}"));
    assert_string_equal(bench.event.recurrence_overrides,
                        "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"}}");
    assert_true(patch(&bench, "{\"recurrence_pattern\":null}"));
    assert_null(bench.event.recurrence_overrides);
}

static void the_times_of_an_all_day_series_are_dates_everywhere(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(
        create_at(&bench, "2025-03-03T00:00:00+01:00", "2025-03-04T00:00:00+01:00",
                  ",\"all_day\":true,\"timezone\":\"Europe/Zurich\",\"recurrence_pattern\":"
                  "{\"rrule\":\"FREQ=DAILY;COUNT=3\",\"rdates\":[\"2025-04-10T00:00:00+02:00\"]},"
                  "\"recurrence_overrides\":{\"2025-03-04T00:00:00+01:00\":{\"start_time\":"
                  "\"2025-03-08T00:00:00+01:00\"}}"));
    assert_string_equal(bench.event.recurrence_overrides,
                        "{\"2025-03-04T00:00:00Z\":{\"start_time\":\"2025-03-08T00:00:00Z\"}}");
    assert_string_equal(text(&bench, bench.event.recurrence_pattern->rdates[0]),
                        "2025-04-10T00:00:00Z");
}

/* -- The document ----------------------------------------------------------------------------- */

static void a_snapshot_reads_back_as_the_same_event(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };
    Event again = { 0 };

    (void)state;
    assert_true(
        create(&bench, ",\"location\":\"z\"" DAILY "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"}}"));
    bench.event.id = 7;
    bench.event.uid = "u";
    bench.event.version_number = 2;
    Writer w = writer_start(&bench.arena);
    schema_encode(&event_schema, &w, &bench.event, VERSIONED | SNAPSHOT);
    const char *document = writer_text(&w);
    assert_in_range(bench.event.document_bytes, strlen(document), strlen(document) + 600);
    assert_null(strstr(document, "permissions"));
    assert_null(strstr(document, "my_role"));
    assert_true(schema_decode_stored(&event_schema, document, &bench.arena, &again, &bench.err));
    assert_int_equal(schema_compare(&event_schema, &bench.event, &again, VERSIONED | SNAPSHOT), 0);
    assert_true(diff_is_empty(&bench.event, &again));
}

static void what_is_read_can_be_put_back(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_true(create(&bench, DAILY "{\"2025-03-04T09:00:00Z\":{\"title\":\"y\"}}"));
    bench.event.id = 7;
    bench.event.uid = "u";
    bench.event.owner_id = 3;
    bench.event.version_number = 1;
    bench.event.my_role = ROLE_OWNER;
    bench.event.created_at = bench.event.updated_at = INSTANT_MIN;
    Event before = bench.event;
    Writer w = writer_start(&bench.arena);
    schema_encode(&event_schema, &w, &bench.event, 0);
    if (!patch(&bench, writer_text(&w)))
        fail_msg("%s: %s", bench.err.faults->location, bench.err.faults->message);
    assert_true(diff_is_empty(&before, &bench.event));
}

/* So many letters as a JSON text, which takes twice as many bytes when they must be escaped. */
static const char *letters(Bench *bench, const char *letter, size_t count)
{
    Buffer text = buffer_start(&bench->arena);

    buffer_add_char(&text, '"');
    for (size_t i = 0; i < count; i++)
        buffer_add(&text, letter);
    buffer_add_char(&text, '"');
    return text.data;
}

static const char *four_overrides(Bench *bench, const char *letter, size_t count)
{
    const char *text = letters(bench, letter, count);

    return arena_printf(&bench->arena,
                        "{\"2025-03-04T09:00:00Z\":{\"description\":%s},"
                        "\"2025-03-05T09:00:00Z\":{\"description\":%s},"
                        "\"2025-03-06T09:00:00Z\":{\"description\":%s},"
                        "\"2025-03-07T09:00:00Z\":{\"description\":%s}}",
                        text, text, text, text);
}

static void a_document_with_its_overrides_has_an_end(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_false(create(&bench, arena_printf(&bench.arena,
                                             ",\"recurrence_pattern\":{\"freq\":"
                                             "\"daily\"},\"recurrence_overrides\":%s",
                                             four_overrides(&bench, "\\\"", 33000))));
    check_fault(&bench, "[\"body\",\"recurrence_overrides\"]", "document_too_large");
    error_clear(&bench.err);
    bench.event = (Event){ 0 };
    assert_true(create(&bench, arena_printf(&bench.arena,
                                            ",\"recurrence_pattern\":{\"freq\":"
                                            "\"daily\"},\"recurrence_overrides\":%s",
                                            four_overrides(&bench, "x", 63000))));
    int64_t present = bench.event.document_bytes;
    assert_true(present <= LIMIT_DOCUMENT_BYTES);
    assert_false(patch(
        &bench, arena_printf(&bench.arena, "{\"description\":%s}", letters(&bench, "x", 20000))));
    check_fault(&bench, "[\"body\",\"description\"]", "document_too_large");
}

/* As there may be from before there was a limit. */
static void what_is_too_large_already_may_be_made_smaller(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };
    char *overrides = NULL;

    (void)state;
    assert_true(create(&bench, ",\"recurrence_pattern\":{\"freq\":\"daily\"}"));
    overrides = arena_strdup(&bench.arena, four_overrides(&bench, "\\\"", 60000));
    bench.event.recurrence_overrides = overrides;
    bench.event.document_bytes = (int64_t)strlen(overrides) + 2000;
    assert_true(patch(&bench, "{\"location\":\"there\"}"));
    assert_true(bench.event.document_bytes > LIMIT_DOCUMENT_BYTES);
    assert_false(patch(&bench, "{\"location\":\"over there\"}"));
    check_fault(&bench, "[\"body\",\"description\"]", "document_too_large");
}

static void an_event_lies_in_the_years_that_can_be_written(void **state)
{
    Bench AUTO(bench_finish) bench = { 0 };

    (void)state;
    assert_false(create_at(&bench, "2199-12-30T23:00:00Z", "2199-12-31T23:00:00Z",
                           ",\"all_day\":true,\"timezone\":\"Europe/Zurich\""));
    check_fault(&bench, "[\"body\",\"end_time\"]", "datetime_range");
    error_clear(&bench.err);
    bench.event = (Event){ 0 };
    assert_true(create_at(&bench, "2199-12-30T00:00:00Z", "2199-12-31T00:00:00Z", ""));
    bench.event.end_time = INSTANT_END; /* as whoever moves it computes it */
    assert_false(patch(&bench, "{\"title\":\"y\"}"));
    check_fault(&bench, "[\"body\",\"end_time\"]", "datetime_range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_event_gets_its_defaults),
        cmocka_unit_test(an_event_ends_no_earlier_than_it_starts),
        cmocka_unit_test(an_event_lasts_at_most_ten_years),
        cmocka_unit_test(an_unknown_zone_and_a_wrong_end_are_told_at_once),
        cmocka_unit_test(an_all_day_event_is_kept_with_midnight_utc_of_its_dates),
        cmocka_unit_test(an_all_day_event_starts_and_ends_at_midnight),
        cmocka_unit_test(is_recurring_follows_the_pattern),
        cmocka_unit_test(a_pattern_does_not_end_by_is_recurring_alone),
        cmocka_unit_test(is_recurring_cannot_contradict_the_pattern),
        cmocka_unit_test(a_rule_does_not_end_before_the_start),
        cmocka_unit_test(a_date_as_the_end_of_a_rule_becomes_a_moment_in_the_zone),
        cmocka_unit_test(an_unreadable_pattern_may_be_kept_but_not_made),
        cmocka_unit_test(an_override_belongs_to_an_occurrence),
        cmocka_unit_test(an_overridden_occurrence_ends_no_earlier_than_it_starts),
        cmocka_unit_test(overrides_that_fit_no_more_are_dropped_unless_they_were_just_given),
        cmocka_unit_test(the_times_of_an_all_day_series_are_dates_everywhere),
        cmocka_unit_test(a_snapshot_reads_back_as_the_same_event),
        cmocka_unit_test(what_is_read_can_be_put_back),
        cmocka_unit_test(a_document_with_its_overrides_has_an_end),
        cmocka_unit_test(what_is_too_large_already_may_be_made_smaller),
        cmocka_unit_test(an_event_lies_in_the_years_that_can_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
