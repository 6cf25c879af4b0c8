#include "work/zone_watch.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/events.h"
#include "store/zone_moves.h"
#include "time/timezone.h"

#define PAUSE_US INT64_C(1500)
#define IDLE_US  (LIMIT_ZONE_RECHECK_S * SECOND_US)

/* How long a piece may take without its commit: on SQLite every writer waits for it, on PostgreSQL
 * only who writes one of its events. */
static const int64_t longest_us[] = { [DB_SQLITE] = 5000, [DB_POSTGRES] = 20000 };

enum { LEAST_AT_ONCE = 16 };

static ZoneWatch *watch_of(Task *task)
{
    return (ZoneWatch *)task;
}

/* -- Looking ---------------------------------------------------------------------------------- */

static bool look(ZoneWatch *watch, Worker *worker, Error *err)
{
    uint64_t changes = timezone_look();
    int64_t after = watch->after;

    if (changes != watch->seen) {
        watch->seen = changes;
        watch->is_walking = true;
        after = 0;
    }
    watch->next = watch->count = 0;
    if (!watch->is_walking)
        return true;
    if (!worker_borrow(worker, err) ||
        !events_find_stale(worker->db, after, watch->ids, ZONE_WATCH_IDS, &watch->count, &after,
                           err))
        return false;
    watch->after = after;
    watch->is_walking = after != INT64_MAX;
    return true;
}

/* -- Deriving --------------------------------------------------------------------------------- */

/* As many at once as the last time showed to be few enough. */
static void learn(ZoneWatch *watch, int64_t longest, int64_t took)
{
    if (took > longest && watch->at_once > LEAST_AT_ONCE)
        watch->at_once /= 2;
    else if (took < longest / 2 && watch->at_once < ZONE_WATCH_IDS)
        watch->at_once *= 2;
}

/* Some that were found; who has changed one meanwhile has derived it. */
static bool derive(ZoneWatch *watch, Db *db, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    int64_t begun_us = clock_monotonic_us();
    size_t left = watch->count - watch->next;
    size_t count = left < watch->at_once ? left : watch->at_once;
    List list;

    if (!events_find_some(db, &arena, &watch->ids[watch->next], count, &list, err) ||
        !zone_moves_follow_all(db, &arena, clock_now_us(), list, err))
        return false;
    watch->taken = count;
    if (count == watch->at_once)
        learn(watch, longest_us[db_kind(db)], clock_monotonic_us() - begun_us);
    return true;
}

/* -- The task --------------------------------------------------------------------------------- */

static Verdict run(Task *task, Worker *worker)
{
    ZoneWatch *watch = watch_of(task);
    Error err = { .code = ERROR_NONE };

    watch->taken = 0;
    watch->has_failed = false;
    if (task->lane == LANE_SCAN ? look(watch, worker, &err) : derive(watch, worker->db, &err))
        return TASK_GOOD;
    task->kind->fail(task, &err);
    return task_failed(err.code);
}

static void undo(Task *task)
{
    watch_of(task)->taken = 0;
    watch_of(task)->has_failed = false;
}

static void fail(Task *task, const Error *error)
{
    watch_of(task)->taken = 0;
    watch_of(task)->has_failed = true;
    log_write(LOG_WARNING, "times could not follow the rules of their zones, to be tried again",
              "detail", error->detail, NULL);
}

/* No person has this number. */
static int64_t who(const Task *task)
{
    (void)task;
    return -2;
}

static void done(Task *task, Worker *worker)
{
    ZoneWatch *watch = watch_of(task);
    int64_t pause_us = PAUSE_US;

    (void)worker;
    watch->next += watch->taken;
    watch->taken = 0;
    task->lane = watch->next < watch->count ? LANE_WRITE : LANE_SCAN;
    if (watch->has_failed || (task->lane == LANE_SCAN && !watch->is_walking))
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
        .at_once = LEAST_AT_ONCE,
    };
    (void)schedule_put(schedule, &watch->task, clock_monotonic_us());
}
