/* RRuleIterator - the moments at which a rule occurs, in order, from anywhere.
 *
 *   RRuleIterator it;
 *   rrule_iterator_init(&it, &rule, start, zone);
 *   rrule_iterator_seek(&it, from);
 *   while (rrule_iterator_next(&it, &moment) == RRULE_OCCURS && moment < to)
 *       …
 *
 * Where it seeks to costs nothing but, with COUNT, the counting; see rrule_walk.c. All the work of
 * one iterator is bounded: RRULE_TOO_COMPLEX after LIMIT_RULE_STEPS candidates in vain. Rules that
 * never occur (30 February) end. No memory behind it. */
#pragma once

#include "rrule/walk.h"

typedef struct RRuleIterator {
    const Timezone *zone; /* NULL: local times are UTC, as of all-day events */
    Instant start;
    int64_t start_local_us;
    int64_t fold_us; /* how much later the start is than the first run of its local time */
    Instant until;   /* the last moment that counts */
    Instant sought;  /* no occurrence lies from here up to the next one */
    RRuleWalk walk;
    RRuleResult first_result; /* is there any occurrence at all? */
    RRuleResult walk_result;
    Instant from_walk; /* what the walk gave and was not asked for yet; INSTANT_NULL: nothing */
    RRuleWalk gap;     /* a second walk, through wall-clock times that do not exist */
    int64_t gap_end_us;
    Instant from_gap;
} RRuleIterator;

/* Stands at the first occurrence. The start need not be one (rrule_walk.c). UNTIL must be converted
 * (rrule_convert_until). `rule` must outlive the iterator. */
void rrule_iterator_init(RRuleIterator *it, const RRule *rule, Instant start, const Timezone *zone);

/* The same of a start whose wall-clock time a gap has pushed on. */
void rrule_iterator_init_at(RRuleIterator *it, const RRule *rule, Instant start,
                            int64_t start_local_us, const Timezone *zone);

/* Goes to the first occurrence that is not before `from`, forward or back. */
void rrule_iterator_seek(RRuleIterator *it, Instant from);

/* Gives the next occurrence and steps behind it. */
RRuleResult rrule_iterator_next(RRuleIterator *it, Instant *ret_instant);

/* The last occurrence of a rule with COUNT or UNTIL; of an endless one that which the calendar
 * ends with. RRULE_ENDED: it never occurs. Moves the iterator. */
RRuleResult rrule_iterator_last(RRuleIterator *it, Instant *ret_instant);

/* How many of a rule's COUNT lie before a wall-clock time; of a rule without COUNT nothing is
 * known: 0. */
int64_t rrule_iterator_passed(const RRuleIterator *it, int64_t local_us);
