/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "rrule/words.h"
#include "words_parse.h"

static void a_rule_becomes_a_sentence_and_the_sentence_the_rule(void **state)
{
    static const struct {
        const char *rule;
        const char *text;
    } rows[] = {
        { "FREQ=DAILY", "every day" },
        { "FREQ=DAILY;INTERVAL=3;COUNT=1", "every 3 days, once" },
        { "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "every week on Monday and Wednesday, 10 times" },
        { "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,FR;WKST=SU",
          "every 2 weeks on Monday, Tuesday and Friday, weeks beginning on Sunday" },
        { "FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20271231",
          "every second Tuesday and the last Friday of the month, until 31 December 2027" },
        { "FREQ=MONTHLY;BYDAY=-2TU", "every second to last Tuesday of the month" },
        { "FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "every month on the 1st, the 15th and the last day" },
        { "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month on the 13th if it is a Friday" },
        { "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
          "every month on every Monday, every Tuesday, every Wednesday, every Thursday and every "
          "Friday, but only the last of them in each month" },
        { "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=-1",
          "every year in March on the last day of the month" },
        { "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
          "every year in November on the fourth Thursday of the month" },
        { "FREQ=YEARLY;BYDAY=20MO", "every year on the 20th Monday of the year" },
        { "FREQ=YEARLY;BYYEARDAY=1,100,-1",
          "every year on the 1st, the 100th and the last day of the year" },
        { "FREQ=YEARLY;BYWEEKNO=20,-1;BYDAY=MO",
          "every year in week 20 and the last of the year on Monday" },
        { "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=30", "every day at 09:30 and 17:30" },
        { "FREQ=HOURLY;BYMINUTE=0,30;COUNT=5", "every hour at minute 0 and 30, 5 times" },
        { "FREQ=DAILY;UNTIL=20271231T225959Z",
          "every day, until 31 December 2027 at 22:59:59 UTC" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        RRule rule;
        RRule again;
        RRuleFault fault;
        if (!rrule_parse(rows[i].rule, &rule, &fault))
            fail_msg("%s: %s", rows[i].rule, fault.reason);
        assert_string_equal(words_write(&arena, &rule, NULL), rows[i].text);
        if (!words_parse(&arena, rows[i].text, &again, &fault))
            fail_msg("\"%s\" is not read: %s", rows[i].text, fault.part);
        assert_string_equal(rrule_format(&arena, &again), rrule_format(&arena, &rule));
    }
}

static void common_words_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *rule; /* NULL: refused */
    } rows[] = {
        { "Daily", "FREQ=DAILY" },
        { "weekly on Friday until 3 May 2026", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20260503" },
        { "every Monday and Friday, 3 times", "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3" },
        { "Every weekday at 09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0" },
        { "every other week on friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR" },
        { "every second Tuesday", NULL }, /* of the month, or every other week? */
        { "every day at 09:00 and 17:30", NULL },
        { "every day at 09:00 and 17:00:05", NULL },
        { "every", NULL },
        { "", NULL },
        { "every day on the", NULL },
        { "every day, 0 times", NULL },
        { "every week on the first Monday", NULL },
        { "every blue moon", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        RRule rule;
        RRuleFault fault;
        bool is_read = words_parse(&arena, rows[i].text, &rule, &fault);
        if (is_read != (rows[i].rule != NULL))
            fail_msg("\"%s\": %s", rows[i].text, is_read ? "taken" : fault.reason);
        if (is_read)
            assert_string_equal(rrule_format(&arena, &rule), rows[i].rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_becomes_a_sentence_and_the_sentence_the_rule),
        cmocka_unit_test(common_words_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
