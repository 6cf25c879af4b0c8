/* RRuleSet - what one period of a rule (a year, a month … a second) consists of: some days, each
 * with the same times. Its members are numbered 0 … size-1 in the order of time and never listed:
 * a year of a dense rule has 31 million. Internal to the rrule files. */
#pragma once

#include "rrule/plan.h"

typedef struct RRuleSet {
    int64_t first_day; /* of bit 0 of `days` */
    DayMask days;
    TimeMask times;
    int64_t times_per_day;
    int64_t size;
} RRuleSet;

/* Counts what `days` and `times` hold. */
void rrule_set_measure(RRuleSet *set);

/* How many members lie before a local second. */
int64_t rrule_set_rank(const RRuleSet *set, int64_t local_s);

/* The local second of a member. */
int64_t rrule_set_at(const RRuleSet *set, int64_t index);

/* The first of the times that is not before `second_of_day`, or -1. */
int64_t rrule_times_next(const TimeMask *times, int64_t second_of_day);

/* BYSETPOS on a set of `size` members: the first chosen index that is not before `index`, or
 * `size`; and how many chosen ones lie before `index`. NULL chooses all. */
int64_t rrule_positions_next(const OrdinalSet *positions, int64_t size, int64_t index);
int64_t rrule_positions_before(const OrdinalSet *positions, int64_t size, int64_t index);
