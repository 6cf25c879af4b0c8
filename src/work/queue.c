#include "work/queue.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"

void queue_init(Queue *queue, size_t limit)
{
    pthread_condattr_t attributes;

    *queue = (Queue){ .limit = limit };
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_condattr_destroy(&attributes);
}

void queue_finish(Queue *queue)
{
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
}

/* Behind those that go before it: nearly always all of them. */
static void insert(Queue *queue, Task *task)
{
    Task **place = &queue->first;

    if (queue->last != NULL && queue->last->rank <= task->rank)
        place = &queue->last->next;
    while (*place != NULL && (*place)->rank <= task->rank)
        place = &(*place)->next;
    task->next = *place;
    *place = task;
    if (task->next == NULL)
        queue->last = task;
}

static bool is_long(const Queue *queue, const Task *task)
{
    return queue->is_long != NULL && queue->is_long(queue->context, task);
}

/* Long ones may rest, and would fill the queue for all. */
static bool has_his_part(const Queue *queue, const Task *task)
{
    size_t waiting = 0;

    if (queue->most_waiting == 0 || !is_long(queue, task) || task_who(task) <= 0)
        return false;
    int64_t who = task_who(task);
    for (const Task *other = queue->first; other != NULL; other = other->next)
        waiting += task_who(other) == who;
    return waiting >= queue->most_waiting;
}

bool queue_put(Queue *queue, Task *task)
{
    int64_t now = clock_monotonic_us();

    pthread_mutex_lock(&queue->mutex);
    bool is_taken = !queue->is_closed && queue->count < queue->limit && !has_his_part(queue, task);
    if (is_taken) {
        task->since_us = now;
        insert(queue, task);
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

/* May it run beside those that do? */
static bool may_run(const Queue *queue, const Task *task)
{
    size_t running = 0;

    if (task->whose == 0 || queue->most_of_one == 0)
        return true;
    if (queue->company != NULL && !company_is_there(queue->company, clock_monotonic_us()))
        return true;
    for (size_t i = 0; i < queue->running_count; i++)
        running += queue->running[i] == task->whose;
    return running < queue->most_of_one;
}

/* Does its rest go on? Then *until_us is when the first of those that rest may run. */
static bool rests(const Queue *queue, const Task *task, int64_t *until_us)
{
    if (queue->rests_until == NULL || queue->is_closed || !is_long(queue, task))
        return false;
    int64_t until = queue->rests_until(queue->context, task);
    if (until <= clock_monotonic_us())
        return false;
    if (until < *until_us)
        *until_us = until;
    return true;
}

/* Where the first one hangs that may run; at the end of the list: none may before *ret_until_us, or
 * before something happens. */
static Task **find_ready(Queue *queue, int64_t *ret_until_us)
{
    Task **at = &queue->first;

    *ret_until_us = INT64_MAX;
    while (*at != NULL && (!may_run(queue, *at) || rests(queue, *at, ret_until_us)))
        at = &(*at)->next;
    return at;
}

/* From there on, where the first one hangs that may run and is not long. */
static Task **find_short(Queue *queue, Task **at)
{
    while (*at != NULL && !(may_run(queue, *at) && !is_long(queue, *at)))
        at = &(*at)->next;
    return at;
}

/* Takes out the task that hangs there. */
static Task *unhook(Queue *queue, Task **at)
{
    Task *task = *at;

    *at = task->next;
    if (queue->last == task)
        queue->last = at == &queue->first ? NULL : (Task *)((char *)at - offsetof(Task, next));
    task->next = NULL;
    queue->count--;
    return task;
}

static void enter(Queue *queue, const Task *task)
{
    if (task->whose == 0)
        return;
    assert(queue->running_count < QUEUE_MOST_THREADS);
    queue->running[queue->running_count++] = task->whose;
}

/* The task that hangs there and others behind it; or one that is long alone. */
static Task *take_group(Queue *queue, Task **ready, size_t at_most)
{
    Task *taken = NULL;
    Task **end = &taken;
    Task **other = queue->was_long ? find_short(queue, ready) : ready;

    if (*other != NULL)
        ready = other;
    queue->was_long = is_long(queue, *ready);
    if (queue->was_long)
        at_most = 1;
    for (size_t count = 0; count < at_most && *ready != NULL; count++) {
        *end = unhook(queue, ready);
        enter(queue, *end);
        end = &(*end)->next;
        ready = count + 1 < at_most ? find_short(queue, ready) : ready;
    }
    return taken;
}

static void wait_until(Queue *queue, int64_t until_us)
{
    const struct timespec until = { .tv_sec = until_us / SECOND_US,
                                    .tv_nsec = until_us % SECOND_US * 1000 };

    if (until_us == INT64_MAX)
        pthread_cond_wait(&queue->filled, &queue->mutex);
    else
        pthread_cond_timedwait(&queue->filled, &queue->mutex, &until);
}

Task *queue_take(Queue *queue, size_t at_most)
{
    Task *taken = NULL;
    Task **ready;
    int64_t until_us;

    pthread_mutex_lock(&queue->mutex);
    while (*(ready = find_ready(queue, &until_us)) == NULL &&
           !(queue->is_closed && queue->first == NULL))
        wait_until(queue, until_us);
    if (*ready != NULL)
        taken = take_group(queue, ready, at_most);
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

bool queue_has_ready(Queue *queue)
{
    int64_t until_us;

    pthread_mutex_lock(&queue->mutex);
    bool has_ready = *find_ready(queue, &until_us) != NULL;
    pthread_mutex_unlock(&queue->mutex);
    return has_ready;
}

void queue_leave(Queue *queue, const Task *task)
{
    size_t i = 0;

    if (task->whose == 0)
        return;
    pthread_mutex_lock(&queue->mutex);
    while (i < queue->running_count && queue->running[i] != task->whose)
        i++;
    if (i < queue->running_count) /* else it never was in the queue */
        queue->running[i] = queue->running[--queue->running_count];
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

Task *queue_take_late(Queue *queue, int64_t before_us)
{
    Task *taken = NULL;
    Task **end = &taken;

    pthread_mutex_lock(&queue->mutex);
    for (Task **at = &queue->first; *at != NULL;) {
        if ((*at)->since_us >= before_us) {
            at = &(*at)->next;
            continue;
        }
        *end = unhook(queue, at);
        end = &(*end)->next;
    }
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

void queue_close(Queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

size_t queue_length(Queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}
