#include "rrule/iterator.h"

/* How it works: the walk yields wall-clock times, and each becomes a moment. That keeps their
 * order, with one exception.
 *
 * RFC 5545 3.3.10: "If the computed local start time of a recurrence instance does not exist, or
 * occurs more than once, for the specified time zone, the time of the recurrence instance is
 * interpreted in the same manner as an explicit DATE-TIME value describing that date and time, as
 * specified in Section 3.3.5": a time in a gap is as much later as the clock was moved, so that
 * 02:30 falls among the times after the gap, on 03:30. So a second walk goes through the gap while
 * the first one begins behind it, and what they yield is merged; of two that fall together one
 * remains (3.8.5.3: "Duplicate instances are ignored").
 *
 * The same section also has "nonexistent local time […] Such recurrence instances MUST be
 * ignored". The two sentences contradict each other; the later, more exact one is what calendars
 * do: a daily meeting at 02:30 takes place on the day of the change, too.
 *
 * Every FREQ steps through wall-clock time, HOURLY as well: "every hour" yields each hour on the
 * clock once, where the clock is turned back the first of the two. COUNT counts wall-clock times.
 */

static int64_t to_local(const RRuleIterator *it, Instant instant)
{
    return it->zone != NULL ? timezone_to_local(it->zone, instant) : instant;
}

static Instant to_instant(const RRuleIterator *it, int64_t local_us)
{
    if (it->zone == NULL)
        return local_us;
    Instant instant = timezone_to_instant(it->zone, local_us);
    /* The start may lie in the second run of a time that occurs twice: then all of that run does.
     */
    return instant < it->start && local_us >= it->start_local_us ? instant + it->fold_us : instant;
}

/* By how much the clock was moved when the local time lies in a gap, else 0. */
static int64_t gap_at(const RRuleIterator *it, int64_t local_us)
{
    int64_t shift = to_local(it, to_instant(it, local_us)) - local_us;

    return shift > 0 ? shift : 0;
}

/* The first local time behind the gap in which `inside` lies, by halving. */
static int64_t gap_end(const RRuleIterator *it, int64_t inside, int64_t shift)
{
    int64_t outside = inside + shift;

    while (outside - inside > 1) {
        int64_t middle = inside + (outside - inside) / 2;
        if (gap_at(it, middle) > 0)
            inside = middle;
        else
            outside = middle;
    }
    return outside;
}

static void fill_from_gap(RRuleIterator *it)
{
    int64_t local_us;

    it->from_gap = INSTANT_NULL;
    if (rrule_walk_next(&it->gap, &local_us) == RRULE_OCCURS && local_us < it->gap_end_us)
        it->from_gap = to_instant(it, local_us);
}

static void fill_from_walk(RRuleIterator *it)
{
    int64_t local_us;

    it->from_walk = INSTANT_NULL;
    it->walk_result = rrule_walk_next(&it->walk, &local_us);
    if (it->walk_result != RRULE_OCCURS)
        return;
    int64_t shift = it->from_gap == INSTANT_NULL ? gap_at(it, local_us) : 0;
    if (shift == 0) {
        it->from_walk = to_instant(it, local_us);
        return;
    }
    it->gap = it->walk;
    it->gap_end_us = gap_end(it, local_us, shift);
    it->from_gap = to_instant(it, local_us);
    rrule_walk_seek(&it->walk, it->gap_end_us);
    it->walk_result = rrule_walk_next(&it->walk, &local_us);
    if (it->walk_result == RRULE_OCCURS)
        it->from_walk = to_instant(it, local_us);
}

void rrule_iterator_init(RRuleIterator *it, const RRule *rule, Instant start, const Timezone *zone)
{
    rrule_iterator_init_at(it, rule, start, zone != NULL ? timezone_to_local(zone, start) : start,
                           zone);
}

void rrule_iterator_init_at(RRuleIterator *it, const RRule *rule, Instant start,
                            int64_t start_local_us, const Timezone *zone)
{
    *it = (RRuleIterator){
        .zone = zone,
        .start = start,
        .until = INSTANT_END - 1,
        .from_walk = INSTANT_NULL,
        .from_gap = INSTANT_NULL,
    };
    if (rule->until_form != UNTIL_NONE) {
        it->until = rule->until_us;
        if (rule->until_form == UNTIL_DATE)
            it->until += DAY_US - 1;
    }
    it->start_local_us = start_local_us;
    it->fold_us = zone != NULL ? start - timezone_to_instant(zone, it->start_local_us) : 0;
    rrule_walk_init(&it->walk, rule, it->start_local_us, to_local(it, it->until) + DAY_US);
    fill_from_walk(it);
    it->first_result = it->from_gap != INSTANT_NULL ? RRULE_OCCURS : it->walk_result;
}

/* Is the next occurrence already the answer? Who asks for one moment after another pays for one
 * walk, also with COUNT. */
static bool stands_at(const RRuleIterator *it, Instant from)
{
    if (from < it->sought || it->from_gap != INSTANT_NULL)
        return false;
    return it->from_walk == INSTANT_NULL || from <= it->from_walk;
}

void rrule_iterator_seek(RRuleIterator *it, Instant from)
{
    if (stands_at(it, from))
        return;
    /* What a gap pushed behind `from` lies before it on the clock. No clock has been moved by more
     * than a day. */
    int64_t local_us = to_local(it, from);
    int64_t before_us = to_local(it, from - DAY_US) + DAY_US;

    if (from <= it->start)
        local_us = it->start_local_us;
    else if (before_us < local_us)
        local_us = before_us;
    it->sought = from;
    it->from_gap = INSTANT_NULL;
    rrule_walk_seek(&it->walk, local_us);
    fill_from_walk(it);
    while ((it->from_walk != INSTANT_NULL && it->from_walk < from) ||
           (it->from_gap != INSTANT_NULL && it->from_gap < from)) {
        if (it->from_gap != INSTANT_NULL && it->from_gap < from)
            fill_from_gap(it);
        else
            fill_from_walk(it);
    }
}

RRuleResult rrule_iterator_next(RRuleIterator *it, Instant *ret_instant)
{
    Instant walk = it->from_walk;
    Instant gap = it->from_gap;

    if (walk == INSTANT_NULL && gap == INSTANT_NULL)
        return it->walk_result;
    Instant next = gap == INSTANT_NULL || (walk != INSTANT_NULL && walk < gap) ? walk : gap;
    if (next > it->until)
        return RRULE_ENDED;
    if (gap == next)
        fill_from_gap(it);
    if (walk == next)
        fill_from_walk(it);
    it->sought = next + 1;
    *ret_instant = next;
    return RRULE_OCCURS;
}

/* With COUNT: steps over all but one. False: the calendar ends before. */
static bool last_of_count(RRuleIterator *it, Instant *ret_instant)
{
    int64_t local_us;
    Instant last;

    it->sought = INSTANT_END;
    rrule_walk_seek(&it->walk, it->start_local_us);
    rrule_walk_skip(&it->walk, it->walk.count - 1);
    if (rrule_walk_next(&it->walk, &local_us) != RRULE_OCCURS)
        return false;
    last = to_instant(it, local_us);
    if (last > it->until) /* the walk sees the whole of the calendar's last period */
        return false;
    rrule_iterator_seek(it, last); /* what a gap pushed may come after it */
    while (rrule_iterator_next(it, &last) == RRULE_OCCURS)
        *ret_instant = last;
    return true;
}

/* Halves the time that is left: is there an occurrence in the later half? */
RRuleResult rrule_iterator_last(RRuleIterator *it, Instant *ret_instant)
{
    Instant high = it->until + 1;

    if (it->first_result != RRULE_OCCURS)
        return it->first_result;
    if (it->walk.count != INT64_MAX) {
        if (last_of_count(it, ret_instant))
            return RRULE_OCCURS;
        if (it->walk.result == RRULE_TOO_COMPLEX)
            return RRULE_TOO_COMPLEX;
        it->walk.count = it->walk.left = INT64_MAX; /* it is more than there are */
    }
    it->sought = INSTANT_END;
    rrule_iterator_seek(it, it->start);
    RRuleResult result = rrule_iterator_next(it, ret_instant);
    while (result == RRULE_OCCURS && high - *ret_instant > 1) {
        Instant middle = *ret_instant + 1 + (high - *ret_instant - 1) / 2;
        Instant found = INSTANT_NULL;
        rrule_iterator_seek(it, middle);
        RRuleResult later = rrule_iterator_next(it, &found);
        if (later == RRULE_OCCURS)
            *ret_instant = found;
        else if (later == RRULE_ENDED)
            high = middle;
        else
            result = later;
    }
    return result;
}

int64_t rrule_iterator_passed(const RRuleIterator *it, int64_t local_us)
{
    RRuleWalk walk = it->walk;

    if (walk.count == INT64_MAX)
        return 0;
    rrule_walk_seek(&walk, local_us);
    return walk.count - walk.left;
}
