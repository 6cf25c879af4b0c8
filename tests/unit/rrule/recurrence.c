/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "rrule/recurrence.h"
#include "json/reader.h"

typedef struct Sample {
    Members given;
    const Recurrence *recurrence_pattern;
} Sample;

static const Field sample_fields[] = {
    RECURRENCE(Sample, recurrence_pattern, .flags = NULLABLE | EMPTY_IS_LEFT_OUT,
               .doc = "How it repeats."),
};
static const Schema sample_schema = SCHEMA(Sample, sample_fields, .doc = "Repeats.");

static bool decode(Arena *arena, const char *pattern, Sample *sample, Error *err)
{
    json_t *root AUTO(json_release) = NULL;
    const Location body = { .name = "body" };
    const char *json = arena_printf(arena, "{\"recurrence_pattern\":%s}", pattern);

    if (!json_read(json, strlen(json), &root, err))
        fail_msg("%s: %s", pattern, err->detail);
    return schema_decode(&sample_schema, DECODE_CREATE, root, arena, &body, sample, err);
}

static const char *encode(Arena *arena, const Sample *sample)
{
    Writer w = writer_start(arena);

    field_encode(&sample_fields[0], &w, sample);
    return writer_text(&w);
}

static void every_form_of_a_rule_reads_as_the_one_canonical_text(void **state)
{
    static const struct {
        const char *pattern;
        const char *rrule;
    } rows[] = {
        { "\"FREQ=DAILY\"", "FREQ=DAILY" },
        { "\"RRULE:FREQ=DAILY;COUNT=3\"", "FREQ=DAILY;COUNT=3" },
        { "{\"rrule\":\"FREQ=DAILY\"}", "FREQ=DAILY" },
        { "{\"rrule\":\"rrule:count=5;freq=daily\"}", "FREQ=DAILY;COUNT=5" },
        { "{\"rrule\":\"FREQ=DAILY\",\"rdates\":null,\"text\":\"whatever\"}", "FREQ=DAILY" },
        { "{\"rrule\":\"FREQ=DAILY\",\"freq\":null,\"count\":null}", "FREQ=DAILY" },
        { "{\"freq\":\"daily\",\"until\":\"2026-01-01T09:00\"}",
          "FREQ=DAILY;UNTIL=20260101T090000" },
        { "{\"freq\":\"weekly\"}", "FREQ=WEEKLY" },
        { "{\"frequency\":\"Weekly\"}", "FREQ=WEEKLY" },
        { "{\"type\":\"WEEKLY\"}", "FREQ=WEEKLY" },
        { "{\"freq\":\"weekly\",\"by_day\":[]}", "FREQ=WEEKLY" },
        { "{\"freq\":\"WEEKLY\",\"byday\":\"MO,WE\"}", "FREQ=WEEKLY;BYDAY=MO,WE" },
        { "{\"FREQ\":\"WEEKLY\",\"BYDAY\":\" we , MO\",\"Interval\":2}",
          "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE" },
        { "{\"frequency\":\"weekly\",\"days\":[\"Mon\",\"thurs\",\"SUN\"]}",
          "FREQ=WEEKLY;BYDAY=MO,TH,SU" },
        { "{\"freq\":\"weekly\",\"interval\":2,\"by_day\":[\"we\",\"MO\"],\"count\":10}",
          "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10" },
        { "{\"frequency\":\"weekly\",\"days_of_week\":[\"Monday\",\"wednesday\"]}",
          "FREQ=WEEKLY;BYDAY=MO,WE" },
        { "{\"freq\":\"monthly\",\"by_day\":[\"2TU\",\"-1FR\"]}", NULL },
        { "{\"freq\":\"monthly\",\"by_month_day\":[-1,15]}", NULL },
        { "{\"freq\":\"monthly\",\"days_of_month\":[15]}", "FREQ=MONTHLY;BYMONTHDAY=15" },
        { "{\"freq\":\"monthly\",\"bymonthday\":[15]}", "FREQ=MONTHLY;BYMONTHDAY=15" },
        { "{\"freq\":\"monthly\",\"by_day\":[\"MO\",\"TU\"],\"by_set_pos\":[-1]}", NULL },
        { "{\"freq\":\"yearly\",\"by_month\":[3,1]}", "FREQ=YEARLY;BYMONTH=1,3" },
        { "{\"freq\":\"yearly\",\"by_week_number\":[20],\"week_start\":\"su\"}", NULL },
        { "{\"freq\":\"yearly\",\"by_year_day\":[1,-1]}", NULL },
        { "{\"freq\":\"daily\",\"by_hour\":[9],\"by_minute\":[30],\"by_second\":[0]}", NULL },
        { "{\"freq\":\"daily\",\"until\":\"2026-01-01\"}", "FREQ=DAILY;UNTIL=20260101" },
        { "{\"type\":\"daily\",\"end_date\":\"2026-01-01\"}", "FREQ=DAILY;UNTIL=20260101" },
        { "{\"freq\":\"daily\",\"until\":\"20260101T120000Z\"}",
          "FREQ=DAILY;UNTIL=20260101T120000Z" },
        { "{\"freq\":\"daily\",\"until\":\"2026-01-01T12:00:00.9+02:00\"}",
          "FREQ=DAILY;UNTIL=20260101T100000Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { 0 };
        Sample sample = { 0 };
        Sample again = { 0 };
        if (!decode(&arena, rows[i].pattern, &sample, &err))
            fail_msg("%s: %s", rows[i].pattern, err.faults->message);
        if (rows[i].rrule != NULL)
            assert_string_equal(sample.recurrence_pattern->rrule, rows[i].rrule);
        /* What goes out comes in again as the same. */
        assert_true(decode(&arena, encode(&arena, &sample), &again, &err));
        assert_int_equal(schema_compare(&sample_schema, &sample, &again, 0), 0);
    }
}

static void an_empty_pattern_is_none(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    Sample sample = { 0 };

    (void)state;
    assert_true(decode(&arena, "{}", &sample, &err));
    assert_null(sample.recurrence_pattern);
    assert_false(schema_is_given(&sample_schema, &sample, offsetof(Sample, recurrence_pattern)));
}

static const struct {
    const char *pattern;
    const char *member; /* "" for the pattern itself */
    const char *type;
} faults[] = {
    { "{\"interval\":null}", "", "missing" },
    { "[]", "", "object_type" },
    { "7", "", "object_type" },
    { "\"\"", "", "recurrence_rule" },
    { "\"FREQ=DAILY;COLOUR=RED\"", "", "recurrence_rule" },
    { "{\"rrule\":null}", "", "missing" },
    { "{\"rrule\":\"\"}", ",\"rrule\"", "recurrence_rule" },
    { "{\"rrule\":7}", ",\"rrule\"", "string_type" },
    { "{\"rrule\":\"FREQ=MONTHLY;BYMONTHDAY=32\"}", ",\"rrule\"", "recurrence_rule" },
    { "{\"rrule\":\"FREQ=DAILY\",\"freq\":\"daily\"}", ",\"rrule\"", "recurrence_contradiction" },
    { "{\"freq\":\"daily\",\"FREQ\":\"weekly\"}", ",\"freq\"", "repeated" },
    { "{\"freq\":\"weekly\",\"byday\":\"MO,XX\"}", ",\"byday\"", "recurrence_rule" },
    { "{\"freq\":\"weekly\",\"by_day\":\"MO\",\"days\":\"TU\"}", ",\"days\"", "repeated" },
    { "{\"rrule\":\"FREQ=DAILY\",\"by_day\":[]}", ",\"rrule\"", "recurrence_contradiction" },
    { "{\"freq\":\"weekly\",\"frequency\":\"weekly\"}", ",\"frequency\"", "repeated" },
    { "{\"freq\":\"fortnightly\"}", ",\"freq\"", "recurrence_rule" },
    { "{\"type\":\"fortnightly\"}", ",\"type\"", "recurrence_rule" },
    { "{\"count\":3}", ",\"freq\"", "recurrence_rule" },
    { "{\"freq\":\"daily;COUNT=3\"}", ",\"freq\"", "string_pattern" },
    { "{\"freq\":\"weekly\",\"by_day\":[\"MO\",\"MO;COUNT=3\"]}", ",\"by_day\",1",
      "string_pattern" },
    { "{\"freq\":\"weekly\",\"by_day\":[\"MO,TU\"]}", ",\"by_day\",0", "string_pattern" },
    { "{\"freq\":\"weekly\",\"by_day\":7}", ",\"by_day\"", "array_type" },
    { "{\"freq\":\"weekly\",\"by_day\":[\"XX\"]}", ",\"by_day\"", "recurrence_rule" },
    { "{\"freq\":\"weekly\",\"days_of_week\":[\"XX\"]}", ",\"days_of_week\"", "recurrence_rule" },
    { "{\"freq\":\"weekly\",\"by_day\":[1]}", ",\"by_day\",0", "string_type" },
    { "{\"freq\":\"weekly\",\"by_day\":[\"2TU\"]}", ",\"by_day\"", "recurrence_rule" },
    { "{\"freq\":\"daily\",\"count\":0}", ",\"count\"", "int_range" },
    { "{\"freq\":\"daily\",\"count\":-1}", ",\"count\"", "int_range" },
    { "{\"freq\":\"daily\",\"count\":100001}", ",\"count\"", "int_range" },
    { "{\"freq\":\"daily\",\"interval\":0}", ",\"interval\"", "int_range" },
    { "{\"freq\":\"daily\",\"interval\":10001}", ",\"interval\"", "int_range" },
    { "{\"freq\":\"daily\",\"interval\":1.5}", ",\"interval\"", "int_type" },
    { "{\"freq\":\"daily\",\"interval\":\"2\"}", ",\"interval\"", "int_type" },
    { "{\"freq\":\"daily\",\"count\":2,\"until\":\"2026-01-01\"}", ",\"count\"",
      "recurrence_rule" },
    { "{\"freq\":\"daily\",\"until\":\"soon\"}", ",\"until\"", "datetime_parsing" },
    { "{\"freq\":\"daily\",\"end_date\":\"soon\"}", ",\"end_date\"", "datetime_parsing" },
    { "{\"freq\":\"daily\",\"until\":\"2026-01-01T24:00:00\"}", ",\"until\"", "datetime_parsing" },
    { "{\"rrule\":\"FREQ=DAILY\",\"rdates\":[\"2026-01-01T\"]}", ",\"rdates\",0",
      "datetime_parsing" },
    { "{\"freq\":\"daily\",\"until\":\"2026-02-30\"}", ",\"until\"", "recurrence_rule" },
    { "{\"freq\":\"monthly\",\"by_month_day\":[32]}", ",\"by_month_day\"", "recurrence_rule" },
    { "{\"freq\":\"monthly\",\"by_month_day\":[367]}", ",\"by_month_day\",0", "int_range" },
    { "{\"freq\":\"weekly\",\"by_month_day\":[1]}", ",\"by_month_day\"", "recurrence_rule" },
    { "{\"freq\":\"daily\",\"colour\":\"red\"}", ",\"colour\"", "unknown_field" },
    { "{\"note\":\"every other Friday\"}", ",\"note\"", "unknown_field" },
    { "{\"rrule\":\"FREQ=DAILY\",\"rdates\":[\"soon\"]}", ",\"rdates\",0", "datetime_parsing" },
    { "{\"rrule\":\"FREQ=DAILY\",\"rdates\":[null]}", ",\"rdates\",0", "null_not_allowed" },
    { "{\"rrule\":\"FREQ=DAILY\",\"original\":{\"note\":1}}", ",\"original\"", "read_only" },
    { "{\"freq\":\"daily\",\"original\":{\"note\":1}}", ",\"original\"", "read_only" },
};

static void a_fault_stands_at_the_member_that_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { 0 };
        Sample sample = { 0 };
        if (decode(&arena, faults[i].pattern, &sample, &err))
            fail_msg("%s was taken", faults[i].pattern);
        assert_int_equal(err.code, ERROR_INVALID);
        const char *location =
            arena_printf(&arena, "[\"body\",\"recurrence_pattern\"%s]", faults[i].member);
        if (strcmp(err.faults->location, location) != 0 ||
            strcmp(err.faults->type, faults[i].type) != 0)
            fail_msg("%s: %s at %s: %s", faults[i].pattern, err.faults->type, err.faults->location,
                     err.faults->message);
    }
}

static void more_starts_are_sorted_without_repeats(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    Sample sample = { 0 };

    (void)state;
    assert_true(decode(&arena,
                       "{\"rrule\":\"FREQ=DAILY;COUNT=2\",\"rdates\":[\"2025-05-02T00:00:00Z\","
                       "\"2025-05-01T00:00:00Z\",\"2025-05-02T02:00:00+02:00\"]}",
                       &sample, &err));
    assert_int_equal(sample.recurrence_pattern->rdate_count, 2);
    assert_non_null(strstr(encode(&arena, &sample),
                           "\"rdates\":[\"2025-05-01T00:00:00Z\",\"2025-05-02T00:00:00Z\"]"));
}

static bool decode_stored(Arena *arena, const char *json, Sample *sample)
{
    Error err = { 0 };
    const Decoder d = { .arena = arena, .location = NULL, .err = &err, .is_stored = true };

    return recurrence_type.decode_stored(&d, &sample_fields[0], json,
                                         &sample->recurrence_pattern) &&
           err.fault_count == 0;
}

static void what_the_old_system_stored_is_read_where_it_can_be(void **state)
{
    static const struct {
        const char *stored;
        const char *rrule;    /* or … */
        const char *original; /* … kept as it is */
    } rows[] = {
        { "{\"count\": 10, \"interval\": 1, \"frequency\": \"weekly\", "
          "\"days_of_week\": [\"MO\", \"WE\"]}",
          "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", NULL },
        { "{\"freq\": \"DAILY\", \"count\": 5}", "FREQ=DAILY;COUNT=5", NULL },
        { "{\"type\": \"weekly\", \"end_date\": \"2026-01-01\", \"interval\": 2}",
          "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260101", NULL },
        { "{\"rrule\": \"FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231T000000Z\"}",
          "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231T000000Z", NULL },
        { "{\"note\": \"every other Friday, unless it rains\"}", NULL,
          "{\"note\":\"every other Friday, unless it rains\"}" },
        { "{}", NULL, "{}" },
        { "[1, 2]", NULL, "[1,2]" },
        { "\"now and then\"", NULL, "\"now and then\"" },
        { "{\"rrule\": \"nonsense\"}", NULL, "{\"rrule\":\"nonsense\"}" },
        { "{\"freq\": \"daily\", \"interval\": 0}", NULL, "{\"freq\":\"daily\",\"interval\":0}" },
        /* Taken since, and not then. */
        { "{\"freq\": \"daily\", \"until\": \"1969-12-31\"}", NULL,
          "{\"freq\":\"daily\",\"until\":\"1969-12-31\"}" },
        { "{\"rrule\": \"FREQ=DAILY\", \"rdates\": [\"1969-12-31T09:00:00Z\"]}", NULL,
          "{\"rdates\":[\"1969-12-31T09:00:00Z\"],\"rrule\":\"FREQ=DAILY\"}" },
        { "{\"freq\": \"daily\", \"until\": \"2026-01-01T09:00:00\"}", NULL,
          "{\"freq\":\"daily\",\"until\":\"2026-01-01T09:00:00\"}" },
        { "{\"rrule\": \"FREQ=DAILY\", \"rdates\": [\"2026-01-01\"]}", NULL,
          "{\"rdates\":[\"2026-01-01\"],\"rrule\":\"FREQ=DAILY\"}" },
        { "{\"rrule\": \"FREQ=DAILY\", \"rdates\": [\"2026-01-01T09:00:00\"]}", NULL,
          "{\"rdates\":[\"2026-01-01T09:00:00\"],\"rrule\":\"FREQ=DAILY\"}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Sample sample = { 0 };
        Sample again = { 0 };
        Error err = { 0 };
        assert_true(decode_stored(&arena, rows[i].stored, &sample));
        if (rows[i].rrule != NULL) {
            assert_string_equal(sample.recurrence_pattern->rrule, rows[i].rrule);
            assert_null(sample.recurrence_pattern->original);
        } else {
            assert_null(sample.recurrence_pattern->rrule);
            assert_string_equal(sample.recurrence_pattern->original, rows[i].original);
        }
        /* As it is shown it is stored again, and may be given back. */
        assert_true(decode_stored(&arena, encode(&arena, &sample), &again));
        assert_int_equal(schema_compare(&sample_schema, &sample, &again, 0), 0);
        assert_true(decode(&arena, encode(&arena, &sample), &again, &err));
        assert_int_equal(schema_compare(&sample_schema, &sample, &again, 0), 0);
    }
}

static void what_we_stored_is_read_in_any_order_of_its_members(void **state)
{
    static const char *const stored[] = {
        "{\"rrule\":\"FREQ=DAILY;COUNT=2\",\"rdates\":[\"2025-05-01T00:00:00Z\","
        "\"2025-05-02T00:00:00Z\"],\"text\":\"every day, 2 times\"}",
        "{\"text\": \"every day, 2 times\", \"rrule\": \"FREQ=DAILY;COUNT=2\", \"rdates\": "
        "[\"2025-05-01T00:00:00Z\", \"2025-05-02T00:00:00Z\"]}",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Sample sample = { 0 };
        assert_true(decode_stored(&arena, stored[i], &sample));
        assert_string_equal(encode(&arena, &sample), stored[0]);
    }
}

static void a_stored_null_is_no_pattern(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Sample sample = { 0 };

    (void)state;
    assert_true(decode_stored(&arena, "null", &sample));
    assert_null(sample.recurrence_pattern);
}

static void an_unreadable_pattern_is_shown_with_its_original(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Sample sample = { 0 };

    (void)state;
    assert_true(decode_stored(&arena, "{\"note\":\"x\"}", &sample));
    assert_string_equal(
        encode(&arena, &sample),
        "{\"rrule\":null,\"rdates\":[],\"text\":null,\"original\":{\"note\":\"x\"}}");
}

static void an_original_may_only_be_given_back_unchanged(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };
    const Location body = { .name = "body" };
    const Decoder d = { .arena = &arena, .location = &body, .err = &err };
    const Recurrence old = { .original = "{\"note\":\"x\"}" };
    const Recurrence other = { .original = "{\"note\":\"y\"}" };
    const Recurrence rule = { .rrule = "FREQ=DAILY" };

    (void)state;
    assert_true(recurrence_check_original(&d, NULL, &old));
    assert_true(recurrence_check_original(&d, &rule, &old));
    assert_true(recurrence_check_original(&d, &old, &old));
    assert_int_equal(err.fault_count, 0);
    assert_false(recurrence_check_original(&d, &other, &old));
    assert_false(recurrence_check_original(&d, &old, &rule));
    assert_false(recurrence_check_original(&d, &old, NULL));
    assert_string_equal(err.faults->location, "[\"body\",\"original\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_rule_reads_as_the_one_canonical_text),
        cmocka_unit_test(an_empty_pattern_is_none),
        cmocka_unit_test(a_fault_stands_at_the_member_that_has_it),
        cmocka_unit_test(more_starts_are_sorted_without_repeats),
        cmocka_unit_test(what_the_old_system_stored_is_read_where_it_can_be),
        cmocka_unit_test(what_we_stored_is_read_in_any_order_of_its_members),
        cmocka_unit_test(a_stored_null_is_no_pattern),
        cmocka_unit_test(an_unreadable_pattern_is_shown_with_its_original),
        cmocka_unit_test(an_original_may_only_be_given_back_unchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
