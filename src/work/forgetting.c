#include "work/forgetting.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/idempotency.h"

#define PAUSE_US       (60 * SECOND_US)
#define FIRST_PAUSE_US SECOND_US /* what piled up while no server was running */

/* It comes again in a minute. */
static void tell(const Error *error)
{
    log_write(LOG_WARNING, "replies are kept longer than they should be", "detail", error->detail,
              NULL);
}

static Verdict run(Task *task, Worker *worker)
{
    Forgetting *self = (Forgetting *)task; /* it begins with it */
    Error error = { .code = ERROR_NONE };
    int64_t count = 0;

    self->has_more = false;
    if (!idempotency_forget(worker->db, clock_now_us(), &count, &error)) {
        tell(&error);
        return task_failed(error.code);
    }
    self->has_more = count == LIMIT_FORGOTTEN_KEYS;
    return TASK_GOOD;
}

static void undo(Task *task)
{
    ((Forgetting *)task)->has_more = false;
}

static void fail(Task *task, const Error *error)
{
    undo(task);
    tell(error);
}

static void done(Task *task, Worker *worker)
{
    Forgetting *self = (Forgetting *)task;
    int64_t pause_us = self->has_more ? 0 : PAUSE_US;

    (void)worker;
    (void)schedule_put(self->schedule, task, clock_monotonic_us() + pause_us);
}

void forgetting_start(Forgetting *forgetting, Schedule *schedule)
{
    static const TaskKind kind = { .run = run, .undo = undo, .fail = fail, .done = done };

    *forgetting = (Forgetting){
        .task = { .kind = &kind, .lane = LANE_WRITE },
        .schedule = schedule,
    };
    (void)schedule_put(schedule, &forgetting->task, clock_monotonic_us() + FIRST_PAUSE_US);
}
