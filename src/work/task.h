/* Task - a piece of work: a step of a request, a reminder that is due, a part of an import. What
 * it is for is its kind's affair; where and when it runs is the lanes' (work/lanes.h).
 *
 *   typedef struct Reminder { Task task; … } Reminder;    a task is the first member of its struct
 *   lanes_put(lanes, &reminder->task)
 *
 * READ has no threads: on SQLite a read waits for nothing, and every thread that wants to read some
 * rows does so itself; on PostgreSQL READ is for who gathers.
 *
 * A task belongs to one thread at a time: to the one that made it until it is put into a lane, to
 * the lane until `done`, and then to the one that `done` hands it to. Only its maker frees it. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "store/driver/db.h"

/* Where a task runs; the table in work/lanes.c says how. */
typedef enum Lane {
    LANE_READ,  /* looks at some rows along an index: no threads; work/gather.h on PostgreSQL */
    LANE_SCAN,  /* looks at what may be much; nobody waits behind it who only wants some rows */
    LANE_WRITE, /* changes something, in a transaction that the lane begins and ends */
    LANE_HASH,  /* bcrypt */
    LANE_BULK,  /* what is long and nobody waits for: backups */
    LANE_COUNT,
} Lane;

typedef struct Task Task;

/* The thread that runs a task, and what it has for it. */
typedef struct Worker {
    struct Lanes *lanes;
    Db *db; /* in the WRITE lane its own, in a transaction; elsewhere what it borrowed, or NULL */
} Worker;

/* What became of a run. In the WRITE lane it decides about the transaction. */
typedef enum Verdict {
    TASK_GOOD,    /* what it changed is to stay */
    TASK_REFUSED, /* what it changed, if anything, must go; that was all */
    TASK_BROKEN,  /* likewise, and perhaps the whole transaction went with it */
    TASK_CLASHED, /* likewise: another transaction was in the way, and it is worth another try */
} Verdict;

/* The verdict on what failed with this error. ERROR_REFERENCED is a clash too: another transaction
 * has deleted what this one saw and refers to, or refers to what this one saw alone and deletes.
 * Who runs again looks again, and sees it. */
static inline Verdict task_failed(ErrorCode code)
{
    return code == ERROR_RETRY || code == ERROR_REFERENCED ? TASK_CLASHED : TASK_BROKEN;
}

typedef struct TaskKind {
    /* Does it. In the WRITE lane inside a transaction on worker->db, and perhaps again from the
     * start after `undo`: so it sets, and does not add to, what the task holds. Elsewhere
     * worker->db is NULL until worker_borrow. */
    Verdict (*run)(Task *task, Worker *worker);
    /* NULL: it cannot be gathered. Asks what `run` will take (db_ask); then `run` waits for
     * nothing, on worker->db: where it would have to, it is undone and run in the SCAN lane. */
    void (*ask)(Task *task, Db *db);
    void (*undo)(Task *task); /* back to where it was before `run`, run or not */
    void (*fail)(Task *task,
                 const Error *error); /* instead of what `run` gave: it did not happen */
    /* NULL: nobody. For whom it is done: who makes trouble is kept apart (work/group_commit.c). */
    int64_t (*who)(const Task *task);
    /* The last word of the lane: what it did is committed, rolled back or failed. */
    void (*done)(Task *task, Worker *worker);
} TaskKind;

struct Task {
    const TaskKind *kind;
    Lane lane;
    Task *next;       /* in a queue, in a group, in the schedule */
    int64_t since_us; /* monotonic: when it was put into its queue, or when it is due */
    /* Whose it is, who never has all threads of the lane; 0: nobody in particular. For a lane that
     * is shared out (work/shares.h) also how many he may have there at a time (0: any number). */
    uint64_t whose;
    unsigned at_most;
    unsigned rank;   /* how many of his were there before it: the lane's own affair */
    bool is_long;    /* for WRITE: it is known to take long, and should keep nobody waiting */
    bool runs_alone; /* it did not go well in its group (work/group_commit.c) */
};

/* For whom it is done; 0: nobody in particular. */
static inline int64_t task_who(const Task *task)
{
    return task->kind->who != NULL ? task->kind->who(task) : 0;
}
