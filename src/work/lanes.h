/* Lanes - the threads that do the work, and what waits for them. Anything may be put into a lane: a
 * step of a request, a reminder that is due, a part of an import (work/task.h).
 *
 * What a lane is stands in one row of the table in lanes.c: its threads, its queue's limit, how
 * many tasks it takes at once, its priority. A full queue refuses; what waits longer than
 * LIMIT_QUEUE_WAIT_MS, because all threads of a lane wait for a database that does not answer,
 * fails with ERROR_UNAVAILABLE. HASH is shared out: there task->whose is heeded. */
#pragma once

#include "work/db_pool.h"
#include "work/group_commit.h"
#include "work/queue.h"
#include "work/rests.h"
#include "work/shares.h"

typedef struct LanesSetup {
    const char *url; /* of the database */
    DbKind kind;
    size_t guests; /* workers of others that will borrow a reader (worker_of) */
    /* The only place where it is known that something was committed: for whoever sends what changes
     * leave behind (mail, notices, a stream of changes) and need not look for it before. It hears
     * of a group of tasks of the WRITE lane (by `next`), some of which may have been refused, that
     * were just committed: on the lane's thread, before any of them is done. NULL: nobody listens.
     */
    void (*on_commit)(void *context, const Task *first);
    void *context;
} LanesSetup;

typedef struct Lanes {
    LanesSetup setup;
    Company company;
    Lately heavy_readers;
    Lately resting_readers; /* in the SCAN lane, beside others */
    Rests rests;
    Writers writers;
    DbPool readers;
    Queue queues[LANE_COUNT];
    Shares shares;              /* of the lane that is shared out */
    struct LaneThread *threads; /* those of a lane behind each other, in the order of Lane */
    size_t thread_count;        /* of those that run */
    size_t threads_of[LANE_COUNT];
} Lanes;

/* Opens the database for writing and starts the threads. */
bool lanes_start(Lanes *lanes, const LanesSetup *setup, Arena *arena, Error *err);

/* How many connections to the database it opens at most. */
size_t lanes_connections(const LanesSetup *setup);

/* Finishes what is queued, refuses the rest, and ends the threads. */
void lanes_stop(Lanes *lanes);

/* Closes the database, when they are stopped and no worker is left. */
void lanes_finish(Lanes *lanes);

/* Has this lane no threads of its own? */
bool lanes_runs_here(const Lanes *lanes, Lane lane);

/* Puts a task into its lane. False: the queue is full, or the lanes are stopped, or whose it is has
 * as many there as he may; the task is still the caller's. */
bool lanes_put(Lanes *lanes, Task *task);

/* Puts it, or fails it and calls its `done`. */
void lanes_put_or_fail(Lanes *lanes, Task *task, Worker *worker);

/* What a thread of the lane does with the tasks that it took: runs them, and calls their `done`. */
void lanes_run(Lane lane, Task *first, Worker *worker);

/* ERROR_UNAVAILABLE, for what has waited too long or found no place. */
Error lanes_too_busy(void);

/* Fails what has waited too long. For work/schedule.h, once a second. */
void lanes_sweep(Lanes *lanes);

/* Fails all that waits, before lanes_stop: what runs already is all that is still waited for. */
void lanes_give_up(Lanes *lanes);

size_t lanes_waiting(Lanes *lanes, Lane lane);
const char *lane_name(Lane lane);

/* A thread of somebody else's that also reads. */
Worker worker_of(Lanes *lanes);

/* Takes a read connection, where the worker has none; it stays until worker_give_back, so that what
 * comes next finds it. False: the log has the reason, *err a sentence for anybody. */
bool worker_borrow(Worker *worker, Error *err);

/* Likewise, but only one that is open already, for who must not wait until it is. False: none. */
bool worker_borrow_open(Worker *worker);
void worker_give_back(Worker *worker);
