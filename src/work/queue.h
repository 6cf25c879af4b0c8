/* Queue - exchanges that wait for a thread of their lane; bounded, first come first served. */
#pragma once

#include <pthread.h>

#include "http/exchange.h"

typedef struct Queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    Exchange *first, *last;
    size_t count, limit;
    bool is_closed;
} Queue;

void queue_init(Queue *queue, size_t limit);
void queue_finish(Queue *queue);

/* False: it is full or closed. */
bool queue_put(Queue *queue, Exchange *x);

/* Waits and takes the first `at_most` as a list (by `next`). NULL: closed and empty. */
Exchange *queue_take(Queue *queue, size_t at_most);

/* Refuses what comes from now on; what is in it is still taken. */
void queue_close(Queue *queue);
size_t queue_length(Queue *queue);
