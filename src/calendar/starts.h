/* Starts - the original starts of an event in order: of its rule and of its rdates, each once.
 * Overrides are not looked at; an original start is what they are known by.
 *
 *   Starts starts;
 *   starts_init(&starts, event);
 *   starts_seek(&starts, from);
 *   while (starts_next(&starts, &start) == RRULE_OCCURS)
 *       …
 *
 * An event that does not repeat, or whose pattern cannot be read, starts once. Seeking to one
 * moment after another costs one walk. Points into itself and at the event: must not be moved. */
#pragma once

#include "calendar/event.h"
#include "rrule/iterator.h"

typedef struct Starts {
    const Instant *extra; /* the rdates, or the one start of an event without a rule */
    size_t extra_count;
    size_t extra_next;
    bool has_rule;
    RRuleResult rule_result; /* OCCURS: `from_rule` is there */
    Instant from_rule;
    Instant sought; /* no start of the rule lies from here up to `from_rule` */
    RRule rule;
    RRuleIterator it;
} Starts;

/* At the first start. */
void starts_init(Starts *starts, const Event *event);

/* The same where nothing that starts at `to` or later is wanted, so that it is not searched for.
 * Where the walk along the rule costs more than `most_work`, it gives up, RRULE_TOO_COMPLEX; 0:
 * only where it is too complex at all. */
void starts_init_before(Starts *starts, const Event *event, Instant to, int64_t most_work);

/* To the first start that is not before `from`. */
void starts_seek(Starts *starts, Instant from);

RRuleResult starts_next(Starts *starts, Instant *ret_start);

/* What it has cost so far, in periods of the rule. */
int64_t starts_work(const Starts *starts);

/* The last start of an event whose rule ends; RRULE_ENDED: it never occurs. Moves the starts. */
RRuleResult starts_last(Starts *starts, Instant *ret_start);
