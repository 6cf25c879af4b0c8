/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "time/named_time.h"
#include "json/reader.h"

/* What a name is of an event in Zurich, timed or of whole days; NULL: of none. */
static const char *moment_of(Arena *arena, const char *text, bool all_day)
{
    NamedTime named;
    const char *reason = NULL;

    if (!named_time_parse(text, &named, &reason))
        fail_msg("%s: %s", text, reason);
    return instant_text(arena, named_time_moment(named, timezone_find("Europe/Zurich"), all_day));
}

static void a_name_is_a_moment_a_clock_or_a_date(void **state)
{
    static const struct {
        const char *text;
        const char *moment;
        const char *day;
    } rows[] = {
        { "2027-07-05T09:00:00Z", "2027-07-05T09:00:00Z", "2027-07-05T09:00:00Z" },
        { "2027-07-05 09:00+02:00", "2027-07-05T07:00:00Z", "2027-07-05T07:00:00Z" },
        { "2027-07-05T09:00:00", "2027-07-05T07:00:00Z", NULL },
        { "2027-07-05T09:00", "2027-07-05T07:00:00Z", NULL },
        { "2027-07-05T09:00:00.25", "2027-07-05T07:00:00.25Z", NULL },
        { "2027-07-05T00:00:00", "2027-07-04T22:00:00Z", "2027-07-05T00:00:00Z" },
        { "2027-07-05", NULL, "2027-07-05T00:00:00Z" },
        { "2027-03-28T02:30:00", "2027-03-28T01:30:00Z", NULL }, /* skipped there */
        { "2027-10-31T02:30:00", "2027-10-31T00:30:00Z", NULL }, /* the first of two */
        { "2027-10-31T02:30:00+01:00", "2027-10-31T01:30:00Z", "2027-10-31T01:30:00Z" },
        { "0001-01-01T00:00:00", NULL, NULL },
        { "9999-12-31", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        const char *found[] = { moment_of(&arena, rows[i].text, false),
                                moment_of(&arena, rows[i].text, true) };
        const char *expected[] = { rows[i].moment, rows[i].day };
        for (int day = 0; day < 2; day++) {
            if (expected[day] == NULL)
                assert_null(found[day]);
            else
                assert_string_equal(found[day], expected[day]);
        }
    }
}

static void what_is_none_is_refused_with_the_reason(void **state)
{
    static const char *const wrong[] = {
        "",
        "soon",
        "2027-07",
        "2027-07-32",
        "2027-02-29",
        "20270705",
        "2027-07-05T",
        "2027-07-05 09:00",
        "2027-07-05T24:00:00",
        "2027-07-05T09",
        "2027-07-5",
        " 2027-07-05",
        "2027-07-05 ",
        "2027-07-05T09:00:00+25:00",
        "2027-07-05T09:00:00 ",
        "1600-01-01T00:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        NamedTime named;
        const char *reason = NULL;
        if (named_time_parse(wrong[i], &named, &reason))
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_true(strlen(reason) > 10);
    }
}

static void a_member_of_it_is_read_and_compared(void **state)
{
    static const Field field = { .name = "at", .type = &named_time_type };
    Arena AUTO(arena_finish) arena = { 0 };
    const Location here = { .name = "at" };
    Error err = { 0 };
    const Decoder d = { .arena = &arena, .location = &here, .err = &err };
    json_t *text AUTO(json_release) = json_string("2027-07-05T09:00:00");
    json_t *number AUTO(json_release) = json_integer(7);
    NamedTime named;
    NamedTime other = { .form = NAMED_MOMENT };
    Writer w = writer_start(&arena);

    (void)state;
    assert_true(named_time_type.decode(&d, &field, text, &named));
    other.us = named.us;
    assert_false(named_time_type.equal(&field, &named, &other));
    other.form = named.form;
    assert_true(named_time_type.equal(&field, &named, &other));
    named_time_type.encode(&w, &field, &named);
    assert_string_equal(writer_text(&w), "\"2027-07-05T09:00:00Z\"");
    assert_false(named_time_type.decode(&d, &field, number, &named));
    assert_string_equal(err.faults->type, "datetime_type");
    named_time_type.set_null(&named);
    assert_true(named_time_type.is_null(&named));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_moment_a_clock_or_a_date),
        cmocka_unit_test(what_is_none_is_refused_with_the_reason),
        cmocka_unit_test(a_member_of_it_is_read_and_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
