#include "http/queue.h"

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

bool queue_put(Queue *queue, Exchange *x)
{
    pthread_mutex_lock(&queue->mutex);
    bool is_taken = !queue->is_closed && queue->count < queue->limit;
    if (is_taken) {
        x->next = NULL;
        if (queue->last != NULL)
            queue->last->next = x;
        else
            queue->first = x;
        queue->last = x;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

Exchange *queue_take(Queue *queue, size_t at_most)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed)
        pthread_cond_wait(&queue->filled, &queue->mutex);

    Exchange *taken = queue->first;
    Exchange *end = taken;
    for (size_t i = 1; end != NULL && i < at_most && end->next != NULL; i++, queue->count--)
        end = end->next;
    if (end != NULL) {
        queue->count--;
        queue->first = end->next;
        if (queue->first == NULL)
            queue->last = NULL;
        end->next = NULL;
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
