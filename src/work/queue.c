#include "work/queue.h"

#include "base/clock.h"

void queue_init(Queue *queue, size_t limit)
{
    *queue = (Queue){ .limit = limit };
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->filled, NULL);
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

bool queue_put(Queue *queue, Task *task)
{
    int64_t now = clock_monotonic_us();

    pthread_mutex_lock(&queue->mutex);
    bool is_taken = !queue->is_closed && queue->count < queue->limit;
    if (is_taken) {
        task->since_us = now;
        insert(queue, task);
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

/* Cuts the list behind `end`, which is the `count`th. */
static Task *cut(Queue *queue, Task *end, size_t count)
{
    Task *taken = queue->first;

    queue->count -= count;
    queue->first = end->next;
    if (queue->first == NULL)
        queue->last = NULL;
    end->next = NULL;
    return taken;
}

Task *queue_take(Queue *queue, size_t at_most)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed)
        pthread_cond_wait(&queue->filled, &queue->mutex);

    Task *taken = NULL;
    if (queue->first != NULL) {
        Task *end = queue->first;
        size_t count = 1;
        for (; count < at_most && end->next != NULL; count++)
            end = end->next;
        taken = cut(queue, end, count);
    }
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

Task *queue_take_late(Queue *queue, int64_t before_us)
{
    Task *taken = NULL;
    Task **end = &taken;

    pthread_mutex_lock(&queue->mutex);
    queue->last = NULL;
    for (Task **at = &queue->first; *at != NULL;) {
        Task *task = *at;
        if (task->since_us >= before_us) {
            queue->last = task;
            at = &task->next;
            continue;
        }
        *at = task->next;
        *end = task;
        end = &task->next;
        queue->count--;
    }
    *end = NULL;
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
