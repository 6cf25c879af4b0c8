#include "work/zone_watch.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/edits.h"
#include "store/events.h"
#include "time/timezone.h"

#define PAUSE_US   INT64_C(1500)
#define IDLE_US    (LIMIT_ZONE_RECHECK_S * SECOND_US)
#define FAILED_US  (5 * SECOND_US)
#define LONGEST_US INT64_C(5000) /* of a piece without its commit */

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

/* Some that were found; who has changed one meanwhile has derived it. */
static bool derive_some(Db *db, const int64_t ids[], size_t count, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Instant now = clock_now_us();
    List list;

    if (!events_find_some(db, &arena, ids, count, &list, err))
        return false;
    Event *events = list.items;
    for (size_t i = 0; i < list.count; i++) {
        if (events[i].stored != NULL && !edits_follow_zone(db, &arena, now, &events[i], err))
            return false;
    }
    return true;
}

static bool derive(ZoneWatch *watch, Db *db, Error *err)
{
    int64_t until = clock_monotonic_us() + LONGEST_US;

    for (size_t at = watch->next; at < watch->count; at = watch->next + watch->taken) {
        size_t left = watch->count - at;
        size_t count = left < EVENTS_SOME ? left : EVENTS_SOME;
        if (!derive_some(db, &watch->ids[at], count, err))
            return false;
        watch->taken += count;
        if (clock_monotonic_us() >= until)
            break;
    }
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
    return err.code == ERROR_RETRY || err.code == ERROR_REFERENCED ? TASK_CLASHED : TASK_BROKEN;
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
    if (watch->has_failed)
        pause_us = FAILED_US;
    else if (task->lane == LANE_SCAN && !watch->is_walking)
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
    };
    (void)schedule_put(schedule, &watch->task, clock_monotonic_us());
}
