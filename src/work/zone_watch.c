#include "work/zone_watch.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/events.h"
#include "store/zone_moves.h"
#include "time/timezone.h"

#define PAUSE_US INT64_C(1500)
#define IDLE_US  (LIMIT_ZONE_RECHECK_S * SECOND_US)

static ZoneWatch *watch_of(Task *task)
{
    return (ZoneWatch *)task;
}

/* -- Looking ---------------------------------------------------------------------------------- */

static bool look(ZoneWatch *watch, Worker *worker, Error *err)
{
    uint64_t changes = timezone_look();

    if (changes != watch->seen) {
        watch->seen = changes;
        watch->is_walking = true;
        watch->after = 0;
    }
    watch->next = watch->count = 0;
    if (!watch->is_walking)
        return true;
    if (!worker_borrow(worker, err) ||
        !events_find_stale(worker->db, watch->after, watch->ids, ZONE_WATCH_IDS, &watch->count,
                           &watch->after, err))
        return false;
    watch->is_walking = watch->after != INT64_MAX;
    return true;
}

/* -- Deriving --------------------------------------------------------------------------------- */

size_t zone_watch_learn(size_t at_once, int64_t took_us)
{
    if (took_us > LIMIT_PIECE_MS * 1000 && at_once > ZONE_WATCH_LEAST)
        return at_once / 2;
    return took_us < LIMIT_PIECE_MS * 1000 / 2 && at_once < ZONE_WATCH_IDS ? at_once * 2 : at_once;
}

/* Some that were found; who has changed one meanwhile has derived it. */
static bool derive(ZoneWatch *watch, Db *db, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    int64_t begun_us = clock_monotonic_us();
    size_t left = watch->count - watch->next;
    size_t most = watch->alone > 0 ? 1 : watch->at_once;
    ZoneMoves moves;
    List list;

    watch->tried = left < most ? left : most;
    if (!events_find_some(db, &arena, &watch->ids[watch->next], watch->tried, &list, err) ||
        !zone_moves_follow_all(db, &arena, clock_now_us(), list, &moves, err))
        return false;
    if (watch->tried == watch->at_once)
        watch->at_once = zone_watch_learn(watch->at_once, clock_monotonic_us() - begun_us);
    return true;
}

/* -- The task --------------------------------------------------------------------------------- */

static Verdict run(Task *task, Worker *worker)
{
    ZoneWatch *watch = watch_of(task);
    Error *err = &watch->fault;

    error_clear(err);
    watch->tried = 0;
    if (task->lane == LANE_SCAN ? look(watch, worker, err) : derive(watch, worker->db, err))
        return TASK_GOOD;
    return task_failed(err->code);
}

static void undo(Task *task)
{
    error_clear(&watch_of(task)->fault);
}

static void fail(Task *task, const Error *error)
{
    watch_of(task)->fault = *error;
}

/* No person has this number. */
static int64_t who(const Task *task)
{
    (void)task;
    return -2;
}

/* Is it one of the events that cannot be derived, and not the database that can do nothing now? */
static bool is_of_an_event(const ZoneWatch *watch)
{
    ErrorCode code = watch->fault.code;

    return watch->task.lane == LANE_WRITE && watch->tried > 0 && code != ERROR_UNAVAILABLE &&
           code != ERROR_STORAGE_FULL && code != ERROR_RETRY && code != ERROR_REFERENCED;
}

static void pass_over(ZoneWatch *watch)
{
    char id[24];

    snprintf(id, sizeof(id), "%lld", (long long)watch->ids[watch->next]);
    log_write(LOG_WARNING, "an event cannot follow the rules of its zone and stays as it is",
              "event", id, "detail", watch->fault.detail, NULL);
    watch->next++;
}

/* Which of several it is shows when each is tried alone. */
static void judge_piece(ZoneWatch *watch)
{
    if (watch->fault.code == ERROR_NONE)
        watch->next += watch->tried;
    else if (watch->tried == 1)
        pass_over(watch);
    else
        watch->alone = watch->tried + 1;
    if (watch->alone > 0)
        watch->alone--;
}

static void done(Task *task, Worker *worker)
{
    ZoneWatch *watch = watch_of(task);
    bool is_to_wait = watch->fault.code != ERROR_NONE && !is_of_an_event(watch);
    int64_t pause_us = PAUSE_US;

    (void)worker;
    if (is_to_wait)
        log_write(LOG_WARNING, "times could not follow the rules of their zones, to be tried again",
                  "detail", watch->fault.detail, NULL);
    else if (task->lane == LANE_WRITE)
        judge_piece(watch);
    task->lane = watch->next < watch->count ? LANE_WRITE : LANE_SCAN;
    if (is_to_wait || (task->lane == LANE_SCAN && !watch->is_walking))
        pause_us = IDLE_US;
    (void)schedule_put(watch->schedule, task, clock_monotonic_us() + pause_us);
}

static const TaskKind watch_kind = {
    .run = run,
    .undo = undo,
    .fail = fail,
    .who = who,
    .done = done,
};

void zone_watch_start(ZoneWatch *watch, Schedule *schedule)
{
    *watch = (ZoneWatch){
        .task = { .kind = &watch_kind, .lane = LANE_SCAN },
        .schedule = schedule,
        .seen = UINT64_MAX,
        .at_once = ZONE_WATCH_LEAST,
    };
    (void)schedule_put(schedule, &watch->task, clock_monotonic_us());
}
