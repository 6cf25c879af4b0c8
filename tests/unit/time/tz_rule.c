/* What a zone's clock does after the last change that its file lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>
#include <string.h>

#include "time/tz_rule.h"

static TzRule read_rule(const char *text)
{
    TzRule rule;

    if (!tz_rule_parse(text, strlen(text), &rule))
        fail_msg("%s is refused", text);
    return rule;
}

static void a_year_begins_and_ends_its_daylight_saving(void **state)
{
    static const struct {
        const char *text;
        int64_t start_s, end_s; /* of 2026 */
        int32_t standard_s, daylight_s;
    } rows[] = {
        /* 29 March and 25 October, at 01:00 UTC */
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 1792890000, 3600, 7200 },
        /* 4 October and 5 April, at 16:00 UTC of the day before */
        { "AEST-10AEDT,M10.1.0,M4.1.0/3", 1791043200, 1775318400, 36000, 39600 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TzRule rule = read_rule(rows[i].text);
        TzTransition transitions[2];
        assert_true(rule.has_daylight);
        assert_int_equal(rule.standard_s, rows[i].standard_s);
        assert_int_equal(rule.daylight_s, rows[i].daylight_s);
        tz_rule_year(&rule, 2026, transitions);
        assert_int_equal(transitions[0].at_s, rows[i].start_s);
        assert_int_equal(transitions[0].offset_s, rows[i].daylight_s);
        assert_int_equal(transitions[1].at_s, rows[i].end_s);
        assert_int_equal(transitions[1].offset_s, rows[i].standard_s);
    }
}

/* Day 60 of 2024, with and without its 29 February. */
static void days_of_a_year_count_a_leap_day_or_not(void **state)
{
    TzTransition transitions[2];

    (void)state;
    TzRule rule = read_rule("UTC0DST,J60/0,J300");
    tz_rule_year(&rule, 2024, transitions);
    assert_int_equal(transitions[0].at_s, 1709251200); /* 1 March */
    rule = read_rule("UTC0DST,59/0,300");
    tz_rule_year(&rule, 2024, transitions);
    assert_int_equal(transitions[0].at_s, 1709164800); /* 29 February */
}

static void a_zone_may_have_one_time_only(void **state)
{
    (void)state;
    TzRule rule = read_rule("<+0330>-3:30");
    assert_false(rule.has_daylight);
    assert_int_equal(rule.standard_s, 12600);
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "CET",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,366,300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0 ",
        "CET-25",
        "<CET-1",
    };
    TzRule rule;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (tz_rule_parse(texts[i], strlen(texts[i]), &rule))
            fail_msg("\"%s\" is taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_begins_and_ends_its_daylight_saving),
        cmocka_unit_test(days_of_a_year_count_a_leap_day_or_not),
        cmocka_unit_test(a_zone_may_have_one_time_only),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
