/* Shares - how many tasks of a lane each one has at this time (why: work/lanes.h).
 *
 *   shares_enter(shares, task) … the task waits and runs … shares_leave(shares, task)
 *
 * Whose a task is stands in task->whose. What comes while others of his are there gets their number
 * as its rank, by which a queue lets those of other people go first. Thread-safe. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/limits.h"
#include "work/task.h"

typedef struct Sharer {
    uint64_t whose;
    unsigned tasks;
} Sharer;

typedef struct Shares {
    pthread_mutex_t mutex;
    Sharer holders[LIMIT_SHARES];
    size_t count;
} Shares;

void shares_init(Shares *shares);
void shares_finish(Shares *shares);

/* Sets task->rank. False: he has task->at_most already. */
bool shares_enter(Shares *shares, Task *task);
void shares_leave(Shares *shares, const Task *task);
