#include "work/cleaner.h"

#include "auth/departure.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/attempts.h"
#include "store/blocks.h"
#include "store/erasures.h"
#include "store/known_networks.h"
#include "store/sessions.h"

enum { ROWS_AT_ONCE = 200 };
#define PAUSE_US INT64_C(5000) /* as long as a piece takes */
#define IDLE_US  SECOND_US
#define SWEEP_US (60 * SECOND_US)

static Cleaner *cleaner_of(Task *task)
{
    return (Cleaner *)task;
}

/* Each does a piece, if there is one: *ret_more says that there is more of it. */
typedef bool (*Job)(Cleaner *cleaner, Db *db, Instant now, bool *ret_more, Error *err);

static bool help_to_leave(Cleaner *cleaner, Db *db, Instant now, bool *ret_more, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)cleaner;
    return departure_next(db, &arena, now, ret_more, err);
}

static bool erase(Cleaner *cleaner, Db *db, Instant now, bool *ret_more, Error *err)
{
    (void)cleaner;
    (void)now;
    return erasures_go_on(db, ret_more, err);
}

static bool finish_blocks(Cleaner *cleaner, Db *db, Instant now, bool *ret_more, Error *err)
{
    (void)cleaner;
    (void)now;
    return blocks_go_on(db, ret_more, err);
}

static bool sweep(Cleaner *cleaner, Db *db, Instant now, bool *ret_more, Error *err)
{
    int64_t sessions = 0;
    int64_t tries = 0;
    int64_t networks = 0;

    if (clock_monotonic_us() < cleaner->next_sweep_us)
        return true;
    if (!sessions_delete_expired(db, now, ROWS_AT_ONCE, &sessions, err) ||
        !attempts_delete_old(db, now, ROWS_AT_ONCE, &tries, err) ||
        !known_networks_delete_old(db, now, ROWS_AT_ONCE, &networks, err))
        return false;
    *ret_more = sessions == ROWS_AT_ONCE || tries == ROWS_AT_ONCE || networks == ROWS_AT_ONCE;
    return true;
}

static const Job jobs[] = { help_to_leave, erase, finish_blocks, sweep };

enum { JOBS = sizeof(jobs) / sizeof(jobs[0]) };

/* From the first one that has something to do. Where one fails the next run begins behind it, so
 * that what cannot be done keeps nothing else from being done. */
static Verdict run(Task *task, Worker *worker)
{
    Cleaner *cleaner = cleaner_of(task);
    Error err = { .code = ERROR_NONE };
    Instant now = clock_now_us();
    size_t first = cleaner->first_job;

    cleaner->has_more = cleaner->has_failed = false;
    for (size_t i = 0; i < JOBS && !cleaner->has_more; i++) {
        size_t job = (first + i) % JOBS;
        if (jobs[job](cleaner, worker->db, now, &cleaner->has_more, &err))
            continue;
        cleaner->first_job = (job + 1) % JOBS;
        task->kind->fail(task, &err);
        return task_failed(err.code);
    }
    return TASK_GOOD;
}

static void undo(Task *task)
{
    cleaner_of(task)->has_more = cleaner_of(task)->has_failed = false;
}

static void fail(Task *task, const Error *error)
{
    cleaner_of(task)->has_failed = true;
    log_write(LOG_WARNING, "cleaning up failed, to be tried again", "detail", error->detail, NULL);
}

/* No person has this number. */
static int64_t who(const Task *task)
{
    (void)task;
    return -1;
}

static void done(Task *task, Worker *worker)
{
    Cleaner *cleaner = cleaner_of(task);
    int64_t now = clock_monotonic_us();
    bool goes_on = cleaner->has_more && !cleaner->has_failed;

    (void)worker;
    if (!goes_on && now >= cleaner->next_sweep_us)
        cleaner->next_sweep_us = now + SWEEP_US;
    (void)schedule_put(cleaner->schedule, task, now + (goes_on ? PAUSE_US : IDLE_US));
}

static const TaskKind cleaner_kind = {
    .run = run,
    .undo = undo,
    .fail = fail,
    .who = who,
    .done = done,
};

void cleaner_start(Cleaner *cleaner, Schedule *schedule)
{
    *cleaner = (Cleaner){
        .task = { .kind = &cleaner_kind, .lane = LANE_WRITE },
        .schedule = schedule,
    };
    (void)schedule_put(schedule, &cleaner->task, clock_monotonic_us());
}
