/* Queue - tasks that wait for a thread of their lane; bounded. Those of a lower rank go first; of
 * the same rank, first come first served, but for who has to wait for others (work/lanes.h). */
#pragma once

#include <pthread.h>

#include "work/company.h"
#include "work/task.h"

enum { QUEUE_MOST_THREADS = 64 }; /* of a lane */

typedef struct Queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    Task *first, *last;
    size_t count, limit;
    size_t most_of_one;     /* that run at a time; 0: any number … */
    const Company *company; /* … as where nobody else asks; NULL: there always is somebody */
    uint64_t running[QUEUE_MOST_THREADS]; /* whose they are */
    size_t running_count;
    /* NULL: none is. Called by who takes. */
    bool (*is_long)(void *context, const Task *task);
    size_t most_waiting; /* of one person's, when one that is long comes; 0: any number */
    /* NULL: nobody rests. Until what moment of the monotonic clock one that is long waits. */
    int64_t (*rests_until)(void *context, const Task *task);
    void *context;
    bool was_long; /* what was taken last */
    bool is_closed;
} Queue;

void queue_init(Queue *queue, size_t limit);
void queue_finish(Queue *queue);

/* False: it is full or closed, or as many of one person's wait as may. */
bool queue_put(Queue *queue, Task *task);

/* Waits and takes the first `at_most` that may run, as a list (by `next`). NULL: closed and empty.
 */
Task *queue_take(Queue *queue, size_t at_most);

/* Is there one that may run now? */
bool queue_has_ready(Queue *queue);

/* A task that was taken is over: another of the same person's may run. */
void queue_leave(Queue *queue, const Task *task);

/* Takes, as a list, those that were put in before this moment of the monotonic clock. */
Task *queue_take_late(Queue *queue, int64_t before_us);

/* Refuses what comes from now on; what is in it is still taken. */
void queue_close(Queue *queue);
size_t queue_length(Queue *queue);
