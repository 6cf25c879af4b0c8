/* Days - what the dates of all-day events mean as moments: nothing until it is said whose days.
 *
 * A date is kept as its midnight in UTC. A zone that is NULL is UTC. Where the clock jumps over a
 * midnight the day begins with the jump; a day that a zone has skipped is empty. */
#pragma once

#include "time/instant.h"
#include "time/timezone.h"

/* When the date begins there. */
Instant days_begin(const Timezone *zone, Instant date);

/* The date that `instant` stands for, which is its midnight in UTC or there; no moment is both, of
 * two dates: offsets end at 14 hours. False: it is neither, and *ret_date the date it lies in. */
bool days_date(const Timezone *zone, Instant instant, Instant *ret_date);

/* The dates of which some moment there lies in [from, to), as a window of the same kind. */
void days_reaching(const Timezone *zone, Instant from, Instant to, Instant *ret_from,
                   Instant *ret_to);

/* No zone is farther from UTC. */
#define DAYS_FARTHEST_US (INT64_C(15) * 60 * 60 * SECOND_US)
