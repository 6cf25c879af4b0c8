/* RRuleWalk - the wall-clock times of a rule, in order, from anywhere. Knows nothing of zones;
 * rrule_iterator.h does and is what others use. Internal to the rrule files.
 *
 *   rrule_walk_init, rrule_walk_seek …, rrule_walk_next … */
#pragma once

#include "rrule/set.h"

typedef enum RRuleResult {
    RRULE_OCCURS,
    RRULE_ENDED,       /* there are no more, or the calendar ends */
    RRULE_TOO_COMPLEX, /* LIMIT_RULE_STEPS candidates in which nothing happened */
} RRuleResult;

typedef struct RRuleWalk {
    RRulePlan plan;
    const OrdinalSet *positions; /* BYSETPOS; NULL: none */
    int64_t interval;
    bool never;           /* its times and its interval do not meet */
    int64_t unit_s;       /* length of a period up to DAILY; 0 for longer ones */
    int64_t first_period; /* the one with the start in it */
    int64_t end_period;   /* the first one that lies outside */
    int64_t start_s;      /* the start, in local seconds, */
    int64_t fraction_us;  /* and what it has beyond them, as every occurrence has */
    int64_t count;        /* COUNT; INT64_MAX: none */
    int64_t per_period;   /* when every period has as many occurrences; otherwise -1 */
    int64_t before_start; /* occurrences of the first period that lie before the start */
    int64_t period;       /* where the walk stands */
    RRuleSet set;         /* of that period */
    int64_t index;        /* the next member to look at */
    int64_t left;         /* of `count` */
    int64_t chosen_of;    /* a size of set, */
    int64_t chosen;       /* and how many of it occur: all or what BYSETPOS says */
    RRuleResult result;   /* OCCURS: `set` is there to be read */
    int64_t steps;        /* candidates in which nothing happened, ever */
    int64_t work;         /* what the walk has cost, ever, in periods looked at */
    int64_t most_work;    /* RRULE_TOO_COMPLEX when it has cost that */
    DayMask year_days;    /* one year's days for the units up to DAILY */
    int64_t year_first;   /* its first day */
    unsigned year_length; /* 0: none yet */
} RRuleWalk;

/* Stands at the first occurrence. `rule` must outlive the walk; nothing after `last_local_us` is
 * wanted. */
void rrule_walk_init(RRuleWalk *walk, const RRule *rule, int64_t start_local_us,
                     int64_t last_local_us);

/* Goes to the first occurrence that is not before a local time, forward or back. */
void rrule_walk_seek(RRuleWalk *walk, int64_t local_us);

/* Gives the occurrence it stands at and steps behind it. */
RRuleResult rrule_walk_next(RRuleWalk *walk, int64_t *ret_local_us);

/* Steps over `n` occurrences. */
void rrule_walk_skip(RRuleWalk *walk, int64_t n);
