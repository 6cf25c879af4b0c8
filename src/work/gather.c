#include "work/gather.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/limits.h"

#define PATIENCE_US (LIMIT_QUEUE_WAIT_MS * INT64_C(1000))

void gather_add(Gather *gather, Task *task)
{
    task->next = NULL;
    task->since_us = clock_monotonic_us();
    if (gather->first == NULL)
        gather->first = task;
    else
        gather->last->next = task;
    gather->last = task;
}

/* The first ones that wait, LIMIT_GROUP_READ at most: the others wait for all of them. */
static Task *take_group(Gather *gather)
{
    Task *first = gather->first;
    Task *last = first;

    for (size_t count = 1; count < LIMIT_GROUP_READ && last->next != NULL; count++)
        last = last->next;
    gather->first = last->next;
    last->next = NULL;
    return first;
}

static void fail_all(Gather *gather, Task *first, const Error *error)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        task->kind->fail(task, error);
        task->kind->done(task, gather->worker);
    }
}

/* Where each may wait by itself, and learns only what concerns it. */
static void scatter(Gather *gather, Task *first)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        task->kind->undo(task);
        task->lane = LANE_SCAN;
        lanes_put_or_fail(gather->worker->lanes, task, gather->worker);
    }
}

void gather_ask(Gather *gather)
{
    Worker *worker = gather->worker;
    Error error = { .code = ERROR_NONE };

    while (gather->asked == NULL && gather->first != NULL) {
        Task *first = take_group(gather);
        bool is_open = worker_borrow_open(worker);
        for (Task *task = first; task != NULL && is_open; task = task->next)
            task->kind->ask(task, worker->db);
        if (is_open && db_start_asks(worker->db, &error))
            gather->asked = first;
        else
            scatter(gather, first);
    }
    if (gather->asked == NULL)
        worker_give_back(worker);
}

AskWatch gather_watch(const Gather *gather)
{
    AskWatch watch = { .socket = -1, .until_us = INT64_MAX };

    if (gather->asked != NULL)
        watch = db_watch_asks(gather->worker->db);
    if (gather->first != NULL && gather->first->since_us + PATIENCE_US < watch.until_us)
        watch.until_us = gather->first->since_us + PATIENCE_US;
    return watch;
}

/* Those that have waited too long for their turn. */
static void sweep(Gather *gather)
{
    int64_t before = clock_monotonic_us() - PATIENCE_US;
    const Error error = lanes_too_busy();

    while (gather->first != NULL && gather->first->since_us <= before) {
        Task *task = gather->first;
        gather->first = task->next;
        task->next = NULL;
        fail_all(gather, task, &error);
    }
}

/* One that wants to know more than it has asked goes where it may wait. */
static void run_all(Gather *gather, Task *first, Worker *worker)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        task->next = NULL;
        db_forbid_waiting(worker->db);
        (void)task->kind->run(task, worker);
        if (db_allow_waiting(worker->db))
            task->kind->done(task, worker);
        else
            scatter(gather, task);
    }
}

/* While they are worked on, the database has the next round to do, where another connection is
 * open. */
static void answer_all(Gather *gather, Task *first)
{
    Worker answered = *gather->worker;
    Worker other = { .lanes = answered.lanes };
    bool has_other = gather->first != NULL && worker_borrow_open(&other);

    gather->asked = NULL;
    if (has_other) {
        *gather->worker = other;
        gather_ask(gather);
    }
    run_all(gather, first, &answered);
    db_drop_asks(answered.db);
    if (has_other)
        worker_give_back(&answered);
    else
        gather_ask(gather);
}

void gather_continue(Gather *gather)
{
    Task *asked = gather->asked;
    Error error = { .code = ERROR_NONE };
    bool is_done = false;

    sweep(gather);
    if (asked == NULL)
        return;
    bool is_late = clock_monotonic_us() >= db_watch_asks(gather->worker->db).until_us;
    if (db_continue_asks(gather->worker->db, &is_done, &error)) {
        if (is_done)
            answer_all(gather, asked);
        return;
    }
    if (is_late)
        fail_all(gather, asked, &error);
    else
        scatter(gather, asked);
    gather->asked = NULL;
    db_drop_asks(gather->worker->db);
    gather_ask(gather);
}

void gather_stop(Gather *gather)
{
    const Error error = lanes_too_busy();

    fail_all(gather, gather->first, &error);
    fail_all(gather, gather->asked, &error);
    /* Answers would still come to who has been told that none will. */
    if (gather->asked != NULL) {
        db_drop_asks(gather->worker->db);
        db_close(&gather->worker->db);
    }
    gather->first = gather->asked = NULL;
    worker_give_back(gather->worker);
}
