/* How long it takes to find occurrences, beside libical: 12 of a rule 36 years after its start (aim
 * for a weekly one: 5 us, the reading of the rule included), and a month's view over 1,000 series.
 * bench/run builds it and puts what it prints, a line for each question, into results.md:
 *
 *   <question> TAB <Fasti, us> TAB <libical, us> TAB <do both find the same?>
 *
 * Single thread; the best of five rounds, the two in turns, because the machine has other work.
 * libical is asked as it is quickest: it jumps to the window where it can, which it cannot in a
 * rule with COUNT. */
#include <assert.h>
#include <libical/ical.h>
#include <stdio.h>
#include <time.h>

#include "calendar/occurrences.h"
#include "rrule/iterator.h"

enum { ROUNDS = 5, TAKEN = 12, SERIES = 1000 };

static const char start_text[] = "1990-01-03T09:00:00Z"; /* a Wednesday */
static const char zone_name[] = "Europe/Zurich";
static const char from_text[] = "2026-03-01T00:00:00Z";
static const char to_text[] = "2026-04-01T00:00:00Z";

static const char *const series_rules[] = { "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=DAILY;COUNT=20000",
                                            "FREQ=MONTHLY;BYDAY=2TU", "FREQ=WEEKLY;INTERVAL=3" };

/* What was found, as a sum that tells whether both found the same. */
typedef int64_t (*Finder)(const char *rule);

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static Instant moment(const char *text)
{
    Instant instant = 0;
    const char *reason;
    bool is_good = instant_parse(text, &instant, &reason);

    assert(is_good);
    (void)is_good;
    return instant;
}

/* -- Fasti ------------------------------------------------------------------------------------ */

/* Reads the rule, seeks, and takes twelve. */
static int64_t take_ours(const char *text)
{
    const Timezone *zone = timezone_find(zone_name);
    int64_t sum_s = 0;
    RRule rule;
    RRuleFault fault;
    RRuleIterator it;
    Instant instant;

    if (!rrule_parse(text, &rule, &fault))
        return 0;
    rrule_convert_until(&rule, zone, false);
    rrule_iterator_init(&it, &rule, moment(start_text), zone);
    rrule_iterator_seek(&it, moment(from_text));
    for (int i = 0; i < TAKEN && rrule_iterator_next(&it, &instant) == RRULE_OCCURS; i++)
        sum_s += instant / SECOND_US;
    return sum_s;
}

static int64_t view_ours(const char *unused)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const OccurrenceWindow window = { .from = moment(from_text),
                                      .to = moment(to_text),
                                      .limit = 5000 };
    int64_t sum_s = 0;

    (void)unused;
    for (int i = 0; i < SERIES; i++) {
        Recurrence pattern = { .rrule = series_rules[i % 4] };
        Event event = {
            .start_time = moment(start_text) + i * DAY_US,
            .end_time = moment(start_text) + i * DAY_US + 3600 * SECOND_US,
            .timezone = zone_name,
            .recurrence_pattern = &pattern,
        };
        OccurrenceList list;
        Error err = { 0 };
        if (!occurrences_find(&arena, &event, &window, &list, &err))
            continue;
        for (size_t n = 0; n < list.count; n++)
            sum_s += list.items[n].start / SECOND_US;
    }
    return sum_s;
}

/* -- libical ---------------------------------------------------------------------------------- */

/* Adds up the occurrences from `from` on: at most `count`, and those before `to`. */
static int64_t add_theirs(const char *text, time_t start, time_t from, int count, time_t to)
{
    icaltimezone *zone = icaltimezone_get_builtin_timezone(zone_name);
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
    icaltimetype begin = icaltime_from_timet_with_zone(start, 0, zone);
    icalrecur_iterator *it = icalrecur_iterator_new(rule, begin);
    int64_t sum_s = 0;

    if (rule.count == 0)
        icalrecur_iterator_set_start(it, icaltime_from_timet_with_zone(from, 0, zone));
    for (int found = 0; found < count;) {
        icaltimetype next = icalrecur_iterator_next(it);
        time_t moment_s = icaltime_as_timet_with_zone(next, zone);
        if (icaltime_is_null_time(next) || moment_s >= to)
            break;
        if (moment_s < from)
            continue;
        sum_s += moment_s;
        found++;
    }
    icalrecur_iterator_free(it);
    return sum_s;
}

static int64_t take_theirs(const char *text)
{
    return add_theirs(text, moment(start_text) / SECOND_US, moment(from_text) / SECOND_US, TAKEN,
                      INSTANT_END / SECOND_US);
}

static int64_t view_theirs(const char *unused)
{
    time_t start = moment(start_text) / SECOND_US;
    time_t from = moment(from_text) / SECOND_US;
    int64_t sum_s = 0;

    (void)unused;
    for (int i = 0; i < SERIES; i++)
        sum_s += add_theirs(series_rules[i % 4], start + i * 86400, from, 5000,
                            moment(to_text) / SECOND_US);
    return sum_s;
}

/* -- Both ------------------------------------------------------------------------------------- */

static double spent_us(Finder find, const char *rule, int times, int64_t *ret_sum_s)
{
    double begin_us = now_us();

    for (int n = 0; n < times; n++)
        *ret_sum_s = find(rule);
    return (now_us() - begin_us) / times;
}

static void measure(const char *question, const char *rule, int times, Finder ours, Finder theirs)
{
    double best_us[2] = { 1e18, 1e18 };
    int64_t sum_s[2];

    for (int round = 0; round < ROUNDS; round++) {
        double us = spent_us(ours, rule, times, &sum_s[0]);
        best_us[0] = us < best_us[0] ? us : best_us[0];
        us = spent_us(theirs, rule, times, &sum_s[1]);
        best_us[1] = us < best_us[1] ? us : best_us[1];
    }
    printf("%s\t%.2f\t%.2f\t%s\n", question, best_us[0], best_us[1],
           sum_s[0] == sum_s[1] ? "yes" : "no");
}

int main(void)
{
    static const char *const rules[] = {
        "FREQ=WEEKLY;BYDAY=MO,WE,FR",       "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=100000",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",  "FREQ=DAILY",
        "FREQ=MONTHLY;BYDAY=2TU,-1FR",      "FREQ=MONTHLY;BYDAY=2TU,-1FR;COUNT=100000",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10,11",
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        measure(rules[i], rules[i], 100, take_ours, take_theirs);
    measure("a month's view over 1,000 series", NULL, 1, view_ours, view_theirs);
    return 0;
}
