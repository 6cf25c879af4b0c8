/* Forgetting - takes away, a piece at a time, what is kept for a while only: replies to requests
 * with an Idempotency-Key. A task of the WRITE lane, so each piece is a part of a group like any
 * request, and nobody waits longer for it than for one. Every node of several does it. */
#pragma once

#include "work/schedule.h"

typedef struct Forgetting {
    Task task;
    Schedule *schedule;
    bool has_more; /* the last piece was a whole one */
} Forgetting;

/* From now on, until the schedule and then the lanes are stopped. */
void forgetting_start(Forgetting *forgetting, Schedule *schedule);
