/* Cleaner - what is removed when nobody waits for it, in pieces, by a task in the WRITE lane that
 * gives way to others between them: what accounts that are gone have left behind
 * (auth/departure.h), names of people who were erased (store/erasures.h), sessions that have
 * expired, tries to sign in that are over, networks that are not known any more; and what blocks
 * that were cut off have not come to (store/blocks.h). Nothing is kept in memory: a restart goes on
 * where this stopped. */
#pragma once

#include "work/schedule.h"

typedef struct Cleaner {
    Task task;
    Schedule *schedule;
    int64_t next_sweep_us; /* of sessions and tries; monotonic */
    size_t first_job;      /* that a run begins with */
    bool has_more;
    bool has_failed;
} Cleaner;

/* `cleaner` lives until the schedule and the lanes are stopped, which stops it. */
void cleaner_start(Cleaner *cleaner, Schedule *schedule);
