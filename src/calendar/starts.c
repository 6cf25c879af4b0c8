#include "calendar/starts.h"

#include "calendar/wall_clock.h"

static void fill_from_rule(Starts *starts)
{
    starts->rule_result = RRULE_ENDED;
    if (starts->has_rule)
        starts->rule_result = rrule_iterator_next(&starts->it, &starts->from_rule);
}

static void end_before(RRule *rule, Instant to)
{
    int64_t day_us = rule->until_form == UNTIL_DATE ? DAY_US - 1 : 0;

    if (rule->until_form != UNTIL_NONE && rule->until_us + day_us < to)
        return;
    rule->until_form = UNTIL_UTC;
    rule->until_us = to - 1;
}

void starts_init(Starts *starts, const Event *event)
{
    starts_init_before(starts, event, INSTANT_END, 0);
}

void starts_init_before(Starts *starts, const Event *event, Instant to, int64_t most_work)
{
    const Recurrence *pattern = event->recurrence_pattern;
    const Timezone *zone = event->all_day ? NULL : timezone_find(event->timezone);
    RRuleFault fault;

    starts->extra = &event->start_time;
    starts->extra_count = 1;
    starts->extra_next = 0;
    starts->sought = INSTANT_MIN;
    starts->has_rule = pattern != NULL && pattern->rrule != NULL &&
                       rrule_parse(pattern->rrule, &starts->rule, &fault);
    if (starts->has_rule) {
        starts->extra = pattern->rdates;
        starts->extra_count = pattern->rdate_count;
        if (zone != NULL || event->all_day)
            rrule_convert_until(&starts->rule, zone, event->all_day);
        starts->rule.most_work = most_work;
        if (to < INSTANT_END)
            end_before(&starts->rule, to);
        rrule_iterator_init_at(&starts->it, &starts->rule, event->start_time,
                               wall_clock_start(event, zone), zone);
    }
    fill_from_rule(starts);
}

static size_t first_extra(const Starts *starts, Instant from)
{
    size_t low = 0;
    size_t high = starts->extra_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (starts->extra[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void starts_seek(Starts *starts, Instant from)
{
    bool is_there = starts->rule_result != RRULE_OCCURS || from <= starts->from_rule;

    starts->extra_next = first_extra(starts, from);
    if (!starts->has_rule || (from >= starts->sought && is_there))
        return;
    starts->sought = from;
    rrule_iterator_seek(&starts->it, from);
    fill_from_rule(starts);
}

RRuleResult starts_next(Starts *starts, Instant *ret_start)
{
    bool has_extra = starts->extra_next < starts->extra_count;
    Instant extra = has_extra ? starts->extra[starts->extra_next] : INSTANT_NULL;

    if (starts->rule_result == RRULE_OCCURS && (!has_extra || starts->from_rule <= extra)) {
        *ret_start = starts->from_rule;
        starts->sought = starts->from_rule + 1;
        if (has_extra && extra == starts->from_rule)
            starts->extra_next++;
        fill_from_rule(starts);
        return RRULE_OCCURS;
    }
    if (starts->rule_result == RRULE_TOO_COMPLEX || !has_extra)
        return starts->rule_result;
    *ret_start = extra;
    starts->extra_next++;
    return RRULE_OCCURS;
}

int64_t starts_work(const Starts *starts)
{
    return starts->has_rule ? starts->it.walk.work : 0;
}

RRuleResult starts_last(Starts *starts, Instant *ret_start)
{
    Instant extra = INSTANT_NULL;
    RRuleResult result = RRULE_ENDED;

    if (starts->extra_count > 0)
        extra = starts->extra[starts->extra_count - 1];
    starts->sought = INSTANT_END;
    if (starts->has_rule)
        result = rrule_iterator_last(&starts->it, ret_start);
    if (result == RRULE_TOO_COMPLEX || extra == INSTANT_NULL)
        return result;
    if (result == RRULE_ENDED || *ret_start < extra)
        *ret_start = extra;
    return RRULE_OCCURS;
}
