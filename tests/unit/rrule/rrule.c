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
#include "rrule/iterator.h"

static void equal_rules_have_equal_text(void **state)
{
    static const struct {
        const char *text;
        const char *canonical;
    } rows[] = {
        { "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10" },
        { "rrule:count=010;byday=we,mo,mo;freq=weekly;interval=1",
          "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10" },
        { "FREQ=MONTHLY;BYDAY=-1FR,+2TU", "FREQ=MONTHLY;BYDAY=2TU,-1FR" },
        { "FREQ=MONTHLY;BYDAY=1MO,MO,-1MO", "FREQ=MONTHLY;BYDAY=MO" },
        { "FREQ=MONTHLY;BYMONTHDAY=-1,31,5,-3", "FREQ=MONTHLY;BYMONTHDAY=5,31,-3,-1" },
        { "FREQ=DAILY;WKST=SU", "FREQ=DAILY" },
        { "FREQ=WEEKLY;BYDAY=TU;WKST=SU", "FREQ=WEEKLY;BYDAY=TU" },
        { "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=WEEKLY;INTERVAL=2" },
        { "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU" },
        { "FREQ=WEEKLY;WKST=SU;BYDAY=TU,FR;BYSETPOS=1",
          "FREQ=WEEKLY;BYDAY=TU,FR;BYSETPOS=1;WKST=SU" },
        { "FREQ=YEARLY;BYWEEKNO=1,-1;WKST=SU", "FREQ=YEARLY;BYWEEKNO=1,-1;WKST=SU" },
        { "FREQ=DAILY;BYSECOND=60,0", "FREQ=DAILY;BYSECOND=0,59" },
        { "FREQ=DAILY;UNTIL=20271231", "FREQ=DAILY;UNTIL=20271231" },
        { "FREQ=DAILY;UNTIL=20271231t235960z", "FREQ=DAILY;UNTIL=20271231T235959Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        RRule rule;
        RRuleFault fault;
        if (!rrule_parse(rows[i].text, &rule, &fault))
            fail_msg("%s: %s", rows[i].text, fault.reason);
        assert_string_equal(rrule_format(&arena, &rule), rows[i].canonical);
        assert_true(rrule_parse(rows[i].canonical, &rule, &fault));
        assert_string_equal(rrule_format(&arena, &rule), rows[i].canonical);
    }
}

static void nonsense_is_refused_with_the_part_to_blame(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        { "", "RRULE" },
        { "FREQ", "RRULE" },
        { "FREQ=WEEKLY;", "RRULE" },
        { ";FREQ=WEEKLY", "RRULE" },
        { "FREQ=WEEKLY;BYEASTER=1", "RRULE" },
        { "FREQ=WEEKLY;FREQ=DAILY", "FREQ" },
        { "COUNT=3", "FREQ" },
        { "FREQ=FORTNIGHTLY", "FREQ" },
        { "FREQ= DAILY", "FREQ" },
        { "FREQ=DAILY;INTERVAL=0", "INTERVAL" },
        { "FREQ=DAILY;INTERVAL=10001", "INTERVAL" },
        { "FREQ=DAILY;INTERVAL=+1", "INTERVAL" },
        { "FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL" },
        { "FREQ=DAILY;COUNT=0", "COUNT" },
        { "FREQ=DAILY;COUNT=100001", "COUNT" },
        { "FREQ=DAILY;COUNT=1;UNTIL=20270101", "COUNT" },
        { "FREQ=DAILY;UNTIL=20270229", "UNTIL" },
        { "FREQ=DAILY;UNTIL=20271301", "UNTIL" },
        { "FREQ=DAILY;UNTIL=2027-01-01", "UNTIL" },
        { "FREQ=DAILY;UNTIL=20270101T240000Z", "UNTIL" },
        { "FREQ=DAILY;UNTIL=20270101T000000+", "UNTIL" },
        { "FREQ=DAILY;UNTIL=18991231", "UNTIL" },
        { "FREQ=DAILY;UNTIL=22000101", "UNTIL" },
        { "FREQ=WEEKLY;WKST=XX", "WKST" },
        { "FREQ=MONTHLY;BYDAY=0MO", "BYDAY" },
        { "FREQ=MONTHLY;BYDAY=54MO", "BYDAY" },
        { "FREQ=MONTHLY;BYDAY=-54MO", "BYDAY" },
        { "FREQ=MONTHLY;BYDAY=MO,", "BYDAY" },
        { "FREQ=MONTHLY;BYDAY=MON", "BYDAY" },
        { "FREQ=WEEKLY;BYDAY=1MO", "BYDAY" },
        { "FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "BYDAY" },
        { "FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO" },
        { "FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO" },
        { "FREQ=YEARLY;BYWEEKNO=0", "BYWEEKNO" },
        { "FREQ=DAILY;BYYEARDAY=3", "BYYEARDAY" },
        { "FREQ=WEEKLY;BYYEARDAY=3", "BYYEARDAY" },
        { "FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY" },
        { "FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY" },
        { "FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY" },
        { "FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY" },
        { "FREQ=DAILY;BYMONTH=13", "BYMONTH" },
        { "FREQ=DAILY;BYMONTH=-1", "BYMONTH" },
        { "FREQ=DAILY;BYHOUR=24", "BYHOUR" },
        { "FREQ=DAILY;BYMINUTE=60", "BYMINUTE" },
        { "FREQ=DAILY;BYSECOND=61", "BYSECOND" },
        { "FREQ=DAILY;BYSETPOS=1", "BYSETPOS" },
        { "FREQ=DAILY;BYHOUR=1,2;BYSETPOS=367", "BYSETPOS" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        RRule rule;
        RRuleFault fault;
        if (rrule_parse(rows[i].text, &rule, &fault))
            fail_msg("%s was taken", rows[i].text);
        if (strcmp(fault.part, rows[i].part) != 0)
            fail_msg("%s: %s is to blame, not %s", rows[i].text, rows[i].part, fault.part);
        assert_non_null(fault.reason);
    }
}

static void a_part_has_at_most_so_many_values(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer text = buffer_start(&arena);
    RRule rule;
    RRuleFault fault;

    (void)state;
    buffer_add(&text, "FREQ=DAILY;BYHOUR=1");
    for (int i = 1; i < LIMIT_RULE_VALUES; i++)
        buffer_add(&text, ",1");
    assert_true(rrule_parse(text.data, &rule, &fault));
    buffer_add(&text, ",1");
    assert_false(rrule_parse(text.data, &rule, &fault));
    assert_string_equal(fault.part, "BYHOUR");
}

static const char *converted(Arena *arena, const char *text, const char *zone, bool all_day)
{
    RRule rule;
    RRuleFault fault;

    assert_true(rrule_parse(text, &rule, &fault));
    rrule_convert_until(&rule, timezone_find(zone), all_day);
    return rrule_format(arena, &rule);
}

static void until_takes_the_form_of_the_start(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(converted(&arena, "FREQ=DAILY;UNTIL=20271231", "Europe/Zurich", false),
                        "FREQ=DAILY;UNTIL=20271231T225959Z");
    assert_string_equal(
        converted(&arena, "FREQ=DAILY;UNTIL=20270701T120000", "Europe/Zurich", false),
        "FREQ=DAILY;UNTIL=20270701T100000Z");
    assert_string_equal(converted(&arena, "FREQ=DAILY;UNTIL=20271231T220000Z", "UTC", true),
                        "FREQ=DAILY;UNTIL=20271231");
    /* Converting what is converted changes nothing. */
    assert_string_equal(
        converted(&arena, "FREQ=DAILY;UNTIL=20271231T225959Z", "Europe/Zurich", false),
        "FREQ=DAILY;UNTIL=20271231T225959Z");
}

static void a_start_must_suit_the_rule(void **state)
{
    static const Instant start = INT64_C(1800000000) * SECOND_US; /* 2027-01-15T08:00:00Z */
    static const struct {
        const char *text;
        bool all_day;
        const char *part; /* NULL: it does */
    } rows[] = {
        { "FREQ=HOURLY", true, "FREQ" },
        { "FREQ=DAILY;BYHOUR=3", true, "BYHOUR" },
        { "FREQ=DAILY;BYSECOND=3", true, "BYSECOND" },
        { "FREQ=DAILY;BYHOUR=3", false, NULL },
        { "FREQ=DAILY;UNTIL=20270115T075959Z", false, "UNTIL" },
        { "FREQ=DAILY;UNTIL=20270115T080000Z", false, NULL },
        { "FREQ=DAILY", true, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        RRule rule;
        RRuleFault fault;
        assert_true(rrule_parse(rows[i].text, &rule, &fault));
        bool is_good = rrule_check_start(&rule, start, rows[i].all_day, &fault);
        assert_int_equal(is_good, rows[i].part == NULL);
        if (!is_good)
            assert_string_equal(fault.part, rows[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rules_have_equal_text),
        cmocka_unit_test(nonsense_is_refused_with_the_part_to_blame),
        cmocka_unit_test(a_part_has_at_most_so_many_values),
        cmocka_unit_test(until_takes_the_form_of_the_start),
        cmocka_unit_test(a_start_must_suit_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
