/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "time/instant.h"
#include "json/reader.h"

static const char *vectors_path;

static void check_row(const char *text, const char *expected)
{
    Instant instant = INSTANT_NULL;
    const char *reason = NULL;
    char again[INSTANT_TEXT];
    bool is_good = instant_parse(text, &instant, &reason);

    if (expected[0] == '!') {
        if (is_good)
            fail_msg("\"%s\" was taken", text);
        if (!text_starts_with(reason, expected + 1))
            fail_msg("\"%s\" was refused with \"%s\"", text, reason);
        return;
    }
    if (!is_good)
        fail_msg("\"%s\" was refused: %s", text, reason);
    instant_format(instant, again);
    assert_string_equal(again, expected);
}

static void every_vector_is_read_as_the_file_says(void **state)
{
    char line[256];
    size_t count = 0;
    FILE *file = fopen(vectors_path, "r");

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || tab == NULL)
            continue;
        *tab = '\0';
        check_row(line, tab + 1);
        count++;
    }
    fclose(file);
    assert_true(count >= 300);
}

static void a_known_moment_has_its_number(void **state)
{
    Instant instant;
    const char *reason;

    (void)state;
    assert_true(instant_parse("2025-03-01T09:30:00.25Z", &instant, &reason));
    assert_int_equal(instant, INT64_C(1740821400250000));
    assert_true(instant_parse("2199-12-31T23:59:59.999999Z", &instant, &reason));
    assert_int_equal(instant, INSTANT_END - 1);
}

/* A small generator of our own: the same numbers on every machine. */
static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 11;
}

static void what_is_written_is_read_back_the_same(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        Instant instant = (Instant)(next_random(&seed) % (uint64_t)INSTANT_END);
        Instant again = INSTANT_NULL;
        char text[INSTANT_TEXT];
        const char *reason;
        if (i % 2 == 0)
            instant -= instant % SECOND_US;
        size_t length = instant_format(instant, text);
        assert_int_equal(length, strlen(text));
        assert_true(instant_parse(text, &again, &reason));
        assert_int_equal(again, instant);
    }
}

static void a_text_cut_or_damaged_anywhere_never_reads_beyond_its_end(void **state)
{
    const char *whole = "2025-03-01T09:30:00.123456+02:00";
    uint64_t seed = 2;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        size_t length = next_random(&seed) % (strlen(whole) + 1);
        char *text = test_malloc(length + 1); /* exact: the sanitizer sees one byte more */
        Instant instant;
        const char *reason;
        memcpy(text, whole, length);
        text[length] = '\0';
        if (length > 0)
            text[next_random(&seed) % length] = (char)(1 + next_random(&seed) % 255);
        if (!instant_parse(text, &instant, &reason))
            assert_non_null(reason);
        test_free(text);
    }
}

static void days_count_on_from_date_to_date(void **state)
{
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;

    (void)state;
    assert_int_equal(days_from_date(1970, 1, 1), 0);
    assert_int_equal(days_from_date(2000, 3, 1), 11017);
    assert_int_equal(days_from_date(1969, 12, 31), -1);
    assert_int_equal(days_from_date(0, 3, 1), -719468);
    for (int64_t days = days_from_date(-400, 1, 1); days < days_from_date(2402, 1, 1); days++) {
        date_from_days(days, &year, &month, &day);
        assert_int_equal(days_from_date(year, month, day), days);
    }
    assert_int_equal(year, 2401);
    assert_int_equal(month, 12);
    assert_int_equal(day, 31);
}

static void a_moment_out_of_range_is_still_written_within_its_room(void **state)
{
    char text[INSTANT_TEXT];

    (void)state;
    instant_format(INT64_MAX, text);
    assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
    instant_format(INT64_MIN + 1, text);
    assert_string_equal(text, "-290308-12-21T19:59:05.224193Z");
    instant_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void no_moment_has_no_text(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_null(instant_text(&arena, INSTANT_NULL));
    assert_string_equal(instant_text(&arena, 0), "1970-01-01T00:00:00Z");
}

typedef struct Sample {
    Members given;
    Instant at;
} Sample;

static const Field sample_fields[] = { INSTANT(Sample, at, .flags = REQUIRED | NULLABLE,
                                               .doc = "A time.") };
static const Schema sample_schema = SCHEMA(Sample, sample_fields, .doc = "One time.");

static bool decode(Arena *arena, const char *json, Sample *sample, Error *err)
{
    json_t *root AUTO(json_release) = NULL;
    const Location body = { .name = "body" };

    assert_true(json_read(json, strlen(json), &root, err));
    return schema_decode(&sample_schema, DECODE_CREATE, root, arena, &body, sample, err);
}

static void a_member_is_read_from_json_and_written_back(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    Sample sample = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    assert_true(decode(&arena, "{\"at\":\"2025-03-01T09:30:00+02:00\"}", &sample, &err));
    schema_encode(&sample_schema, &w, &sample, 0);
    assert_string_equal(writer_text(&w), "{\"at\":\"2025-03-01T07:30:00Z\"}");

    sample = (Sample){ 0 };
    w = writer_start(&arena);
    assert_true(decode(&arena, "{\"at\":null}", &sample, &err));
    assert_int_equal(sample.at, INSTANT_NULL);
    schema_encode(&sample_schema, &w, &sample, 0);
    assert_string_equal(writer_text(&w), "{\"at\":null}");
}

static void a_member_that_is_no_time_is_a_fault_with_the_reason(void **state)
{
    static const struct {
        const char *json;
        const char *type;
    } rows[] = {
        { "{\"at\":1740821400}", "datetime_type" },
        { "{\"at\":1740821400.5}", "datetime_type" },
        { "{\"at\":true}", "datetime_type" },
        { "{\"at\":[\"2025-03-01T09:30:00Z\"]}", "datetime_type" },
        { "{\"at\":{}}", "datetime_type" },
        { "{\"at\":\"\"}", "datetime_parsing" },
        { "{\"at\":\"2025-03-01T09:30:00\"}", "datetime_parsing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { 0 };
        Sample sample = { 0 };
        assert_false(decode(&arena, rows[i].json, &sample, &err));
        assert_int_equal(err.code, ERROR_INVALID);
        assert_int_equal(err.fault_count, 1);
        assert_string_equal(err.faults->location, "[\"body\",\"at\"]");
        assert_string_equal(err.faults->type, rows[i].type);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_read_as_the_file_says),
        cmocka_unit_test(a_known_moment_has_its_number),
        cmocka_unit_test(what_is_written_is_read_back_the_same),
        cmocka_unit_test(a_text_cut_or_damaged_anywhere_never_reads_beyond_its_end),
        cmocka_unit_test(days_count_on_from_date_to_date),
        cmocka_unit_test(a_moment_out_of_range_is_still_written_within_its_room),
        cmocka_unit_test(no_moment_has_no_text),
        cmocka_unit_test(a_member_is_read_from_json_and_written_back),
        cmocka_unit_test(a_member_that_is_no_time_is_a_fault_with_the_reason),
    };

    if (argc != 2)
        return 2;
    vectors_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
