#include "work/schedule.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

/* The mutex is held. */
static void insert(Schedule *schedule, Task *task)
{
    Task **at = &schedule->first;

    while (*at != NULL && (*at)->since_us <= task->since_us)
        at = &(*at)->next;
    task->next = *at;
    *at = task;
}

/* The mutex is held. Those that are due, as a list. */
static Task *take_due(Schedule *schedule, int64_t now)
{
    Task *taken = schedule->first;
    Task **end = &schedule->first;

    while (*end != NULL && (*end)->since_us <= now)
        end = &(*end)->next;
    Task *rest = *end;
    *end = NULL;
    if (taken == rest)
        taken = NULL;
    schedule->first = rest;
    return taken;
}

/* What finds no room in its lane now is tried again in a second. */
static void hand_over(Schedule *schedule, Task *first, int64_t now)
{
    Worker worker = worker_of(schedule->lanes);

    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        if (!lanes_put(schedule->lanes, task) && !schedule_put(schedule, task, now + SECOND_US))
            lanes_put_or_fail(schedule->lanes, task, &worker); /* all of it ends */
    }
}

static void wait_until(Schedule *schedule, int64_t moment_us)
{
    const struct timespec until = { .tv_sec = moment_us / SECOND_US,
                                    .tv_nsec = moment_us % SECOND_US * 1000 };

    pthread_cond_timedwait(&schedule->changed, &schedule->mutex, &until);
}

static void *run(void *context)
{
    Schedule *schedule = context;
    int64_t next_sweep = clock_monotonic_us() + SECOND_US;

    pthread_mutex_lock(&schedule->mutex);
    while (!schedule->is_stopping) {
        int64_t now = clock_monotonic_us();
        Task *due = take_due(schedule, now);
        if (due == NULL && now < next_sweep) {
            bool is_sooner = schedule->first != NULL && schedule->first->since_us < next_sweep;
            wait_until(schedule, is_sooner ? schedule->first->since_us : next_sweep);
            continue;
        }
        pthread_mutex_unlock(&schedule->mutex);
        hand_over(schedule, due, now);
        if (now >= next_sweep) {
            lanes_sweep(schedule->lanes);
            next_sweep = now + SECOND_US;
        }
        pthread_mutex_lock(&schedule->mutex);
    }
    pthread_mutex_unlock(&schedule->mutex);
    return NULL;
}

bool schedule_start(Schedule *schedule, Lanes *lanes, Error *err)
{
    pthread_condattr_t monotonic;

    *schedule = (Schedule){ .lanes = lanes };
    pthread_mutex_init(&schedule->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&schedule->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&schedule->thread, NULL, run, schedule);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    return true;
}

void schedule_stop(Schedule *schedule)
{
    pthread_mutex_lock(&schedule->mutex);
    schedule->is_stopping = true;
    pthread_cond_signal(&schedule->changed);
    pthread_mutex_unlock(&schedule->mutex);
    pthread_join(schedule->thread, NULL);
    pthread_cond_destroy(&schedule->changed);
}

bool schedule_put(Schedule *schedule, Task *task, int64_t due_us)
{
    pthread_mutex_lock(&schedule->mutex);
    bool is_taken = !schedule->is_stopping;
    if (is_taken) {
        task->since_us = due_us;
        insert(schedule, task);
        pthread_cond_signal(&schedule->changed);
    }
    pthread_mutex_unlock(&schedule->mutex);
    return is_taken;
}
