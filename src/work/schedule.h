/* Schedule - tasks that are due at a moment: one thread, the nearest first. A task that is due goes
 * into its lane; its `done` may put it here again. It also sweeps the lanes once a second. */
#pragma once

#include "work/lanes.h"

typedef struct Schedule {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    Lanes *lanes;
    Task *first; /* by since_us, which here is when it is due */
    bool is_stopping;
} Schedule;

bool schedule_start(Schedule *schedule, Lanes *lanes, Error *err);

/* Before the lanes stop. What is not due yet stays its owner's and never runs. */
void schedule_stop(Schedule *schedule);

/* `due_us` is a moment of the monotonic clock. False: the schedule is stopped. */
bool schedule_put(Schedule *schedule, Task *task, int64_t due_us);
