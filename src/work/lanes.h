/* Lanes - the threads that do the work, and what waits for them. Anything may be put into a lane: a
 * step of a request, a reminder that is due, a part of an import (work/task.h).
 *
 * What a lane is stands in one row of the table in lanes.c: its threads, its queue's limit, how
 * many tasks it takes at once, its priority.
 *
 * Who waits, and for whom, is told here alone; the numbers are in base/limits.h, and how each is
 * done in the file that is named:
 *
 * - All, for a thread (queue.h). A full queue refuses, and what has waited for
 *   LIMIT_QUEUE_WAIT_MS, because all threads wait for a database that does not answer, fails with
 *   ERROR_UNAVAILABLE (lanes_sweep).
 * - Lanes, for each other, by their niceness: a sign-in for who only reads, a scan for both.
 * - Who asks beside others (company.h) has half of the threads of SCAN, and half of the cores, so
 *   that his next ones wait for those of others (queue.h). Who is alone has all.
 * - Who reads much. A read begins with little (LIMIT_BRIEF_…) and begins anew in SCAN when that
 *   was not enough; who has taken much lately begins there (lately.h; http/operation.c), and rests
 *   beside others as long as each of his took.
 * - Who writes long. It is committed alone, between two long ones go all short ones that wait
 *   (queue.h), and beside these he rests nine times as long as it took, so that he has a tenth of a
 *   writer (rests.h); so that those of his that wait leave room for others, they are counted.
 * - Who spoils groups, in which others would run again, has savepoints, and then runs alone
 *   (group_commit.c).
 * - Who signs in. HASH is shared out among people and networks (task->whose, task->at_most): more
 *   are refused, and of those that wait who has fewer there goes first (shares.h). */
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
