#include "calendar/series/cut.h"

#include <string.h>

#include "calendar/overrides.h"
#include "calendar/starts.h"

/* How it works: the rule is the same on both sides, but for COUNT and UNTIL; the later one starts
 * at an occurrence of it, so that INTERVAL stays in step and what the rule takes from its start is
 * the same. Where the occurrence in question is none of the rule's own, an rdate, the later event
 * starts with it and keeps it as one; then its rule must name the days and times that it took from
 * its start so far. Where that does not help (an INTERVAL that is out of step there), and where the
 * occurrence stands on another wall-clock time than the rule says (a gap pushed it), it becomes an
 * rdate and the start is the next of the rule: a later event that started with what a gap pushed to
 * 03:30, under a rule that names 02:30, would be moved as one of 03:30. An event whose rule has
 * nothing on its side begins with its first rdate, once.
 *
 * What comes out is compared with the starts that were there: around the cut, and the last one. A
 * rule of several times a day can be cut in a gap in a way that no two rules express; then it is
 * not done. */

enum { COMPARED_STARTS = 200 };

static const char *const once = "FREQ=DAILY;COUNT=1";

Series series_open(const Event *event)
{
    const Recurrence *pattern = event->recurrence_pattern;
    Series series = {
        .event = event,
        .zone = event->all_day ? NULL : timezone_find(event->timezone),
    };
    RRuleFault fault;

    series.has_rule = pattern != NULL && pattern->rrule != NULL &&
                      rrule_parse(pattern->rrule, &series.rule, &fault);
    if (series.has_rule)
        rrule_convert_until(&series.rule, series.zone, event->all_day);
    return series;
}

/* -- Wall clocks ------------------------------------------------------------------------------ */

static int64_t time_of_day(int64_t local_us)
{
    return (local_us % DAY_US + DAY_US) % DAY_US;
}

int64_t series_wall_clock(const Series *series, Instant start)
{
    if (series->zone == NULL)
        return start;
    int64_t local_us = timezone_to_local(series->zone, start);
    int32_t offset_s = timezone_offset_s(series->zone, start - DAY_US);
    int64_t in_gap_us = start + offset_s * SECOND_US;
    int64_t of_start_us = timezone_to_local(series->zone, series->event->start_time);
    bool is_pushed = in_gap_us < local_us &&
                     timezone_to_instant(series->zone, in_gap_us) == start &&
                     time_of_day(in_gap_us) == time_of_day(of_start_us);
    return is_pushed ? in_gap_us : local_us;
}

Instant series_instant(const Series *series, int64_t local_us)
{
    return series->zone == NULL ? local_us : timezone_to_instant(series->zone, local_us);
}

/* -- What the rule yields --------------------------------------------------------------------- */

static bool next_of_rule(const Series *series, Instant from, Instant *ret_start)
{
    RRuleIterator it;

    rrule_iterator_init(&it, &series->rule, series->event->start_time, series->zone);
    rrule_iterator_seek(&it, from);
    return rrule_iterator_next(&it, ret_start) == RRULE_OCCURS;
}

static int64_t passed(const Series *series, Instant before)
{
    RRuleIterator it;

    rrule_iterator_init(&it, &series->rule, series->event->start_time, series->zone);
    return rrule_iterator_passed(&it, series_wall_clock(series, before));
}

bool series_is_first(const Series *series, Instant split)
{
    Starts starts;
    Instant first;

    starts_init(&starts, series->event);
    return starts_next(&starts, &first) != RRULE_OCCURS || first >= split;
}

static int64_t second_floor(Instant instant)
{
    return instant - (instant % SECOND_US + SECOND_US) % SECOND_US;
}

/* UNTIL has whole seconds, and so has the distance of any two starts of a rule. */
static void end_before(const Series *series, Instant split, RRule *rule)
{
    RRule exact = *rule;
    RRuleIterator it;
    Instant last;
    int64_t until_us = series->zone == NULL ? split - DAY_US : second_floor(split - 1);

    if (series->zone != NULL) {
        exact.until_form = UNTIL_UTC;
        exact.until_us = split - 1;
        rrule_iterator_init(&it, &exact, series->event->start_time, series->zone);
        if (rrule_iterator_last(&it, &last) == RRULE_OCCURS && last > until_us)
            until_us = second_floor(last) + SECOND_US;
    }
    if (rule->until_form != UNTIL_NONE && rule->until_us <= until_us)
        return;
    rule->until_form = series->zone == NULL ? UNTIL_DATE : UNTIL_UTC;
    rule->until_us = until_us;
}

/* -- What the rule takes from its start ------------------------------------------------------- */

/* How a later event begins. */
typedef enum Beginning {
    WITH_THE_RULE,    /* with `split`, which the rule yields */
    WITH_AN_RDATE,    /* with `split`, beside the rule as it is; */
    NAMING_DAYS,      /* the rule names its days; */
    NAMING_TIMES,     /* the rule names its days and times */
    BEFORE_ITS_START, /* `split` is an rdate, the start the next of the rule */
} Beginning;

static void name_one(RRule *rule, ByPart part, int64_t n)
{
    if (rrule_has(rule, part))
        return;
    rule->by[part].plus[n / 64] = UINT64_C(1) << n % 64;
    rule->given |= 1u << part;
}

static void name_days(RRule *rule, int64_t local_us)
{
    int64_t days = (local_us - time_of_day(local_us)) / DAY_US;
    int64_t year;
    unsigned month;
    unsigned day;

    if (rule->frequency < FREQUENCY_WEEKLY || rrule_has_by_day(rule) ||
        rrule_has(rule, BY_MONTH_DAY) || rrule_has(rule, BY_YEAR_DAY))
        return;
    if (rule->frequency == FREQUENCY_WEEKLY || rrule_has(rule, BY_WEEK_NUMBER)) {
        int64_t weekday = (days + WEEKDAY_THURSDAY) % WEEKDAYS; /* 1970-01-01 was one */
        rule->weekdays = 1u << (weekday + WEEKDAYS) % WEEKDAYS;
        return;
    }
    date_from_days(days, &year, &month, &day);
    if (rule->frequency == FREQUENCY_YEARLY)
        name_one(rule, BY_MONTH, month);
    name_one(rule, BY_MONTH_DAY, day);
}

static void name_times(RRule *rule, int64_t local_us)
{
    int64_t second_of_day = time_of_day(local_us) / SECOND_US;

    if (rule->frequency > FREQUENCY_HOURLY)
        name_one(rule, BY_HOUR, second_of_day / 3600);
    if (rule->frequency > FREQUENCY_MINUTELY)
        name_one(rule, BY_MINUTE, second_of_day / 60 % 60);
    if (rule->frequency > FREQUENCY_SECONDLY)
        name_one(rule, BY_SECOND, second_of_day % 60);
}

/* -- The two sides ---------------------------------------------------------------------------- */

static const char *overrides_between(Arena *arena, const Event *event, Instant from, Instant to)
{
    OverrideEntry *entries;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    size_t first = 0;

    while (first < count && entries[first].original_start < from)
        first++;
    size_t end = first;
    while (end < count && entries[end].original_start < to)
        end++;
    return end == first ? NULL : overrides_text(arena, entries + first, end - first);
}

/* The rdates in a range, and `extra` before them unless it is INSTANT_NULL. */
static void take_rdates(Arena *arena, const Recurrence *from_pattern, Instant from, Instant to,
                        Instant extra, Recurrence *pattern)
{
    Instant *rdates = ARENA_ARRAY(arena, Instant, from_pattern->rdate_count + 1);
    size_t count = 0;

    if (extra != INSTANT_NULL)
        rdates[count++] = extra;
    for (size_t i = 0; i < from_pattern->rdate_count; i++) {
        Instant rdate = from_pattern->rdates[i];
        if (rdate >= from && rdate < to && rdate != extra)
            rdates[count++] = rdate;
    }
    pattern->rdates = rdates;
    pattern->rdate_count = count;
}

static void start_at(Event *event, Instant start)
{
    event->end_time += start - event->start_time;
    event->start_time = start;
}

/* The rule has nothing here: the first rdate becomes the start. */
static void begin_with_rdate(Event *event, Recurrence *pattern)
{
    start_at(event, pattern->rdates[0]);
    pattern->rrule = once;
    pattern->rdates++;
    pattern->rdate_count--;
}

static void cut_head(const Series *series, Arena *arena, Instant split, Event *head)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    RRule rule = series->rule;
    Instant first;

    *head = *series->event;
    head->given = 0;
    take_rdates(arena, series->event->recurrence_pattern, INSTANT_MIN, split, INSTANT_NULL,
                pattern);
    if (next_of_rule(series, INSTANT_MIN, &first) && first < split) {
        if (rule.count != 0)
            rule.count = passed(series, split);
        else
            end_before(series, split, &rule);
        pattern->rrule = rrule_format(arena, &rule);
    } else {
        begin_with_rdate(head, pattern);
    }
    head->recurrence_pattern = pattern;
    head->recurrence_overrides = overrides_between(arena, head, INSTANT_MIN, split);
}

static void cut_tail(const Series *series, Arena *arena, Instant split, Beginning beginning,
                     Event *tail)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    RRule rule = series->rule;
    bool is_regular = beginning == WITH_THE_RULE;
    int64_t of_start_us = series_wall_clock(series, series->event->start_time);
    Instant first;

    *tail = *series->event;
    tail->given = 0;
    take_rdates(arena, series->event->recurrence_pattern, split + 1, INSTANT_END,
                is_regular ? INSTANT_NULL : split, pattern);
    if (next_of_rule(series, is_regular ? split : split + 1, &first)) {
        if (rule.count != 0)
            rule.count -= passed(series, first);
        if (beginning == NAMING_DAYS || beginning == NAMING_TIMES)
            name_days(&rule, of_start_us);
        if (beginning == NAMING_TIMES && series->zone != NULL)
            name_times(&rule, of_start_us);
        pattern->rrule = rrule_format(arena, &rule);
        start_at(tail, beginning == BEFORE_ITS_START ? first : split);
    } else {
        begin_with_rdate(tail, pattern);
    }
    tail->recurrence_pattern = pattern;
    tail->recurrence_overrides = overrides_between(arena, tail, split, INSTANT_END);
}

/* -- The comparison --------------------------------------------------------------------------- */

/* Do both events have the same starts from `from` to `to`, as far as it is looked? */
static bool same_starts(const Event *a, const Event *b, Instant from, Instant to)
{
    Starts of_a;
    Starts of_b;

    starts_init(&of_a, a);
    starts_init(&of_b, b);
    starts_seek(&of_a, from);
    starts_seek(&of_b, from);
    for (int i = 0; i < COMPARED_STARTS; i++) {
        Instant in_a = INSTANT_END;
        Instant in_b = INSTANT_END;
        bool has_a = starts_next(&of_a, &in_a) == RRULE_OCCURS && in_a < to;
        bool has_b = starts_next(&of_b, &in_b) == RRULE_OCCURS && in_b < to;
        if (!has_a || !has_b)
            return has_a == has_b;
        if (in_a != in_b)
            return false;
    }
    return true;
}

static bool same_end(const Series *series, const Event *tail)
{
    Starts of_event;
    Starts of_tail;
    Instant last = INSTANT_NULL;
    Instant last_of_tail = INSTANT_NULL;

    if (series->rule.count == 0 && series->rule.until_form == UNTIL_NONE)
        return true;
    starts_init(&of_event, series->event);
    starts_init(&of_tail, tail);
    return starts_last(&of_event, &last) == RRULE_OCCURS &&
           starts_last(&of_tail, &last_of_tail) == RRULE_OCCURS && last == last_of_tail;
}

static bool is_sound_head(const Series *series, const Event *head, Instant split)
{
    Instant before = split - 2 * DAY_US;
    Starts starts;
    Instant beyond;

    starts_init(&starts, head);
    starts_seek(&starts, split);
    return same_starts(series->event, head, before, split) &&
           starts_next(&starts, &beyond) != RRULE_OCCURS;
}

static bool is_sound_tail(const Series *series, const Event *tail, Instant split)
{
    Starts starts;
    Instant first;

    starts_init(&starts, tail);
    return starts_next(&starts, &first) == RRULE_OCCURS && first == split &&
           same_starts(series->event, tail, split, INSTANT_END) && same_end(series, tail);
}

static bool try_tail(const Series *series, Arena *arena, Instant split, Beginning beginning,
                     Event *ret_tail)
{
    cut_tail(series, arena, split, beginning, ret_tail);
    return is_sound_tail(series, ret_tail, split);
}

bool series_cut(const Series *series, Arena *arena, Instant split, Event *ret_head, Event *ret_tail)
{
    Instant next;

    cut_head(series, arena, split, ret_head);
    if (!is_sound_head(series, ret_head, split))
        return false;
    if (ret_tail == NULL)
        return true;
    if (next_of_rule(series, split, &next) && next == split)
        return try_tail(series, arena, split, WITH_THE_RULE, ret_tail) ||
               try_tail(series, arena, split, BEFORE_ITS_START, ret_tail);
    return try_tail(series, arena, split, WITH_AN_RDATE, ret_tail) ||
           try_tail(series, arena, split, NAMING_DAYS, ret_tail) ||
           try_tail(series, arena, split, NAMING_TIMES, ret_tail) ||
           try_tail(series, arena, split, BEFORE_ITS_START, ret_tail);
}
