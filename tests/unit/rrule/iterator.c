#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../calendar/support.h"
#include "../sanitized.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "rrule/iterator.h"

static const char *examples_path;
static const char *hostile_path;

static void parse_rule(const char *text, const Timezone *zone, RRule *ret_rule)
{
    RRuleFault fault;

    if (!rrule_parse(text, ret_rule, &fault))
        fail_msg("%s: %s", text, fault.reason);
    rrule_convert_until(ret_rule, zone, false);
}

/* -- The examples of the RFC ------------------------------------------------------------------ */

static int64_t local_of(const char *text)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;

    assert_int_equal(
        sscanf(text, "%4d%2d%2dT%2d%2d%2d", &year, &month, &day, &hour, &minute, &second), 6);
    return days_from_date(year, (unsigned)month, (unsigned)day) * DAY_US +
           ((hour * 60 + minute) * 60 + second) * SECOND_US;
}

typedef struct Example {
    const Timezone *zone;
    const char *rule_text;
    RRuleIterator it;
    int64_t start_local_us;
} Example;

static void expect_local(Example *example, int64_t local_us)
{
    Instant instant = INSTANT_NULL;
    char ours[INSTANT_TEXT];
    char right[INSTANT_TEXT];

    if (rrule_iterator_next(&example->it, &instant) != RRULE_OCCURS)
        fail_msg("%s ends early", example->rule_text);
    if (instant == timezone_to_instant(example->zone, local_us))
        return;
    instant_format(timezone_to_local(example->zone, instant), ours);
    instant_format(local_us, right);
    fail_msg("%s: %s on the clock, but the RFC has %s", example->rule_text, ours, right);
}

static void check_example(Example *example, char *instances)
{
    int year = 0;
    int month = 0;
    Instant instant;

    for (char *at = strtok(instances, " \n"); at != NULL; at = strtok(NULL, " \n")) {
        int from;
        int to;
        int clock;
        if (text_equal(at, "..."))
            return;
        if (strchr(at, ':') != NULL) {
            assert_int_equal(sscanf(at, "%d-%d:", &year, &month), 2);
            continue;
        }
        int64_t month_us = days_from_date(year, (unsigned)month, 1) * DAY_US;
        if (sscanf(at, "%d@%d", &from, &clock) == 2) {
            expect_local(example, month_us + (from - 1) * DAY_US +
                                      (clock / 100 * 60 + clock % 100) * 60 * SECOND_US);
            continue;
        }
        if (sscanf(at, "%d-%d", &from, &to) == 1)
            to = from;
        for (int day = from; day <= to; day++)
            expect_local(example, month_us + (day - 1) * DAY_US + example->start_local_us % DAY_US);
    }
    if (rrule_iterator_next(&example->it, &instant) != RRULE_ENDED)
        fail_msg("%s does not end", example->rule_text);
}

static void every_example_of_rfc_5545_gives_the_instances_it_lists(void **state)
{
    static char line[4096];
    static char rules[2][LIMIT_RULE_TEXT];
    size_t rule_count = 0;
    size_t checked = 0;
    FILE *file = fopen(examples_path, "r");
    const Timezone *zone = timezone_find("America/New_York");
    int64_t start_local_us = 0;

    (void)state;
    assert_non_null(file);
    assert_non_null(zone);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "RULE %4095s", rules[rule_count % 2]) == 1)
            rule_count++;
        if (text_starts_with(line, "DTSTART "))
            start_local_us = local_of(line + strlen("DTSTART "));
        if (!text_starts_with(line, "INSTANCES "))
            continue;
        for (size_t i = 0; i < rule_count; i++) {
            static char instances[4096];
            RRule rule;
            Example example = { .zone = zone, .rule_text = rules[i] };
            snprintf(instances, sizeof(instances), "%s", line + strlen("INSTANCES "));
            example.start_local_us = start_local_us;
            parse_rule(rules[i], zone, &rule);
            rrule_iterator_init(&example.it, &rule, timezone_to_instant(zone, start_local_us),
                                zone);
            check_example(&example, instances);
            checked++;
        }
        rule_count = 0;
    }
    fclose(file);
    assert_int_equal(checked, 42);
}

/* -- Hostile rules ---------------------------------------------------------------------------- */

static int64_t cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* What a request may ask of a rule: a page from the start or from far away, or its end. */
enum { QUESTIONS = 4 };

static void ask(const RRule *rule, const Timezone *zone, int question)
{
    static const char *const froms[QUESTIONS] = { "1997-09-02T07:00:01Z", "2031-05-05T00:00:00Z",
                                                  "2199-11-11T11:11:11Z", NULL };
    RRuleIterator it;
    Instant instant;

    rrule_iterator_init(&it, rule, moment("1997-09-02T07:00:01Z"), zone);
    if (froms[question] == NULL) {
        if (rule->count > 0)
            rrule_iterator_last(&it, &instant);
        return;
    }
    rrule_iterator_seek(&it, moment(froms[question]));
    for (int n = 0; n < 100; n++) {
        if (rrule_iterator_next(&it, &instant) != RRULE_OCCURS)
            return;
    }
}

/* The best of three, because the machine has other work. */
static int64_t cpu_of(const RRule *rule, const Timezone *zone, int question)
{
    int64_t best_us = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        int64_t begin_us = cpu_us();
        ask(rule, zone, question);
        int64_t spent_us = cpu_us() - begin_us;
        best_us = spent_us < best_us ? spent_us : best_us;
    }
    return best_us;
}

enum { CPU_BUDGET_US = (IS_SANITIZED ? 50 : 1) * 10 * 1000 };

static void every_hostile_rule_is_answered_within_10_ms(void **state)
{
    static char line[LIMIT_RULE_TEXT + 2];
    FILE *file = fopen(hostile_path, "r");
    const Timezone *zone = timezone_find("Europe/Zurich");
    int64_t worst_us = 0;
    size_t rules = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        RRule rule;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        parse_rule(line, zone, &rule);
        for (int question = 0; question < QUESTIONS; question++) {
            int64_t spent_us = cpu_of(&rule, zone, question);
            if (spent_us > CPU_BUDGET_US)
                fail_msg("%.100s took %d us", line, (int)spent_us);
            worst_us = spent_us > worst_us ? spent_us : worst_us;
        }
        rules++;
    }
    fclose(file);
    assert_true(rules >= 200);
    print_message("%zu hostile rules, the worst took %d us\n", rules, (int)worst_us);
}

static void rules_that_never_occur_end(void **state)
{
    static const char *const rules[] = {
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",   "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;INTERVAL=60;BYSECOND=30",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",      "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=MINUTELY;BYSECOND=1;BYSETPOS=2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        RRule rule;
        RRuleIterator it;
        Instant instant;
        parse_rule(rules[i], NULL, &rule);
        rrule_iterator_init(&it, &rule, moment("2025-01-01T00:00:00Z"), NULL);
        if (rrule_iterator_next(&it, &instant) != RRULE_ENDED)
            fail_msg("%s", rules[i]);
        if (rrule_iterator_last(&it, &instant) != RRULE_ENDED)
            fail_msg("%s has a last one", rules[i]);
    }
}

static void the_last_of_a_count_lies_in_the_calendar(void **state)
{
    const Instant start = moment("2199-11-30T00:00:00Z");
    RRule rule;
    RRuleIterator it;
    Instant instant = INSTANT_NULL;

    (void)state;
    parse_rule("FREQ=MONTHLY;COUNT=3", NULL, &rule); /* the third is in 2200 */
    rrule_iterator_init(&it, &rule, start, NULL);
    assert_int_equal(rrule_iterator_last(&it, &instant), RRULE_OCCURS);
    assert_int_equal(instant, moment("2199-12-30T00:00:00Z"));
    parse_rule("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", NULL, &rule); /* and so is this second */
    rrule_iterator_init(&it, &rule, start, NULL);
    assert_int_equal(rrule_iterator_last(&it, &instant), RRULE_OCCURS);
    assert_int_equal(instant, moment("2199-12-31T00:00:00Z"));
}

/* -- Clocks that are moved -------------------------------------------------------------------- */

static const char *listed(Arena *arena, const char *rule_text, const char *start,
                          const char *zone_name, const char *from)
{
    const Timezone *zone = timezone_find(zone_name);
    Buffer list = buffer_start(arena);
    RRule rule;
    RRuleIterator it;
    Instant instant;

    assert_non_null(zone);
    parse_rule(rule_text, zone, &rule);
    rrule_iterator_init(&it, &rule, moment(start), zone);
    if (from != NULL)
        rrule_iterator_seek(&it, moment(from));
    for (int i = 0; i < 6 && rrule_iterator_next(&it, &instant) == RRULE_OCCURS; i++)
        buffer_printf(&list, "%s%.*s", i > 0 ? " " : "", (int)strlen("03-30T02:30"),
                      instant_text(arena, instant) + strlen("2025-"));
    return list.data;
}

/* Zurich: on 2025-03-30 from 02:00 to 03:00 (01:00Z), on 2025-10-26 from 03:00 back to 02:00. */
static void a_time_in_a_gap_is_as_much_later_as_the_clock_was_moved(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(
        listed(&arena, "FREQ=DAILY;COUNT=3", "2025-03-29T01:30:00Z", "Europe/Zurich", NULL),
        "03-29T01:30 03-30T01:30 03-31T00:30");
    /* Sought from between the change and the time that it pushed. */
    assert_string_equal(listed(&arena, "FREQ=DAILY;COUNT=3", "2025-03-29T01:30:00Z",
                               "Europe/Zurich", "2025-03-30T01:20:00Z"),
                        "03-30T01:30 03-31T00:30");
}

static void times_pushed_out_of_a_gap_come_in_order_and_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(listed(&arena, "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,20,40",
                               "2025-03-30T00:40:00Z", "Europe/Zurich", NULL),
                        "03-30T01:00 03-30T01:20 03-30T01:40 03-31T00:00 03-31T00:20 03-31T00:40");
    assert_string_equal(listed(&arena, "FREQ=MINUTELY;INTERVAL=25;UNTIL=20250330T021500Z",
                               "2025-03-30T00:40:00Z", "Europe/Zurich", NULL),
                        "03-30T00:40 03-30T01:05 03-30T01:20 03-30T01:30 03-30T01:45 03-30T01:55");
    assert_string_equal(
        listed(&arena, "FREQ=HOURLY;COUNT=4", "2025-03-29T23:30:00Z", "Europe/Zurich", NULL),
        "03-29T23:30 03-30T00:30 03-30T01:30");
}

static void a_time_that_occurs_twice_is_the_first(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(
        listed(&arena, "FREQ=DAILY;COUNT=3", "2025-10-25T00:30:00Z", "Europe/Zurich", NULL),
        "10-25T00:30 10-26T00:30 10-27T01:30");
    assert_string_equal(
        listed(&arena, "FREQ=HOURLY;COUNT=4", "2025-10-25T23:30:00Z", "Europe/Zurich", NULL),
        "10-25T23:30 10-26T00:30 10-26T02:30 10-26T03:30");
}

static void a_start_in_the_second_run_stays_there(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(listed(&arena, "FREQ=MINUTELY;INTERVAL=20;COUNT=4", "2025-10-26T01:30:00Z",
                               "Europe/Zurich", NULL),
                        "10-26T01:30 10-26T01:50 10-26T02:10 10-26T02:30");
}

static void a_repeated_event_keeps_its_wall_clock_time(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(
        listed(&arena, "FREQ=WEEKLY;COUNT=3", "2025-03-23T08:00:00Z", "Europe/Zurich", NULL),
        "03-23T08:00 03-30T07:00 04-06T07:00");
}

static void count_is_kept_where_a_seek_passes_over_some(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    /* 5 March is a Wednesday: the Monday of that week lies before the start. */
    assert_string_equal(listed(&arena, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "2025-03-05T09:00:00Z",
                               "UTC", "2025-03-11T00:00:00Z"),
                        "03-12T09:00 03-17T09:00");
    assert_string_equal(listed(&arena, "FREQ=MONTHLY;BYMONTHDAY=1,9;COUNT=4",
                               "2025-03-05T09:00:00Z", "UTC", "2025-04-02T00:00:00Z"),
                        "04-09T09:00 05-01T09:00");
    assert_string_equal(listed(&arena, "FREQ=MONTHLY;BYMONTHDAY=1,9;COUNT=4",
                               "2025-03-05T09:00:00Z", "UTC", "2025-05-02T00:00:00Z"),
                        "");
}

static void fractions_of_a_second_are_kept(void **state)
{
    RRule rule;
    RRuleIterator it;
    Instant instant;

    (void)state;
    parse_rule("FREQ=DAILY", NULL, &rule);
    rrule_iterator_init(&it, &rule, moment("2025-01-01T00:00:00.25Z"), NULL);
    rrule_iterator_seek(&it, moment("2025-01-05T00:00:00.250001Z"));
    assert_int_equal(rrule_iterator_next(&it, &instant), RRULE_OCCURS);
    assert_int_equal(instant, moment("2025-01-06T00:00:00.25Z"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_rfc_5545_gives_the_instances_it_lists),
        cmocka_unit_test(every_hostile_rule_is_answered_within_10_ms),
        cmocka_unit_test(rules_that_never_occur_end),
        cmocka_unit_test(the_last_of_a_count_lies_in_the_calendar),
        cmocka_unit_test(a_time_in_a_gap_is_as_much_later_as_the_clock_was_moved),
        cmocka_unit_test(times_pushed_out_of_a_gap_come_in_order_and_once),
        cmocka_unit_test(a_time_that_occurs_twice_is_the_first),
        cmocka_unit_test(a_start_in_the_second_run_stays_there),
        cmocka_unit_test(a_repeated_event_keeps_its_wall_clock_time),
        cmocka_unit_test(count_is_kept_where_a_seek_passes_over_some),
        cmocka_unit_test(fractions_of_a_second_are_kept),
    };

    if (argc != 3)
        return 2;
    examples_path = argv[1];
    hostile_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
