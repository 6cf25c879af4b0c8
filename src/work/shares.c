#include "work/shares.h"

#include <assert.h>

void shares_init(Shares *shares)
{
    *shares = (Shares){ .count = 0 };
    pthread_mutex_init(&shares->mutex, NULL);
}

void shares_finish(Shares *shares)
{
    pthread_mutex_destroy(&shares->mutex);
}

/* Its place; behind the last one when he has none. */
static Sharer *find(Shares *shares, uint64_t whose)
{
    Sharer *holder = shares->holders;

    while (holder < shares->holders + shares->count && holder->whose != whose)
        holder++;
    return holder;
}

bool shares_enter(Shares *shares, Task *task)
{
    pthread_mutex_lock(&shares->mutex);
    Sharer *holder = find(shares, task->whose);
    bool is_new = holder == shares->holders + shares->count;
    bool is_taken =
        is_new ? shares->count < LIMIT_SHARES : task->at_most == 0 || holder->tasks < task->at_most;

    if (is_taken && is_new) {
        *holder = (Sharer){ .whose = task->whose };
        shares->count++;
    }
    if (is_taken)
        task->rank = holder->tasks++;
    pthread_mutex_unlock(&shares->mutex);
    return is_taken;
}

void shares_leave(Shares *shares, const Task *task)
{
    pthread_mutex_lock(&shares->mutex);
    Sharer *holder = find(shares, task->whose);

    assert(holder < shares->holders + shares->count && holder->tasks > 0);
    if (--holder->tasks == 0)
        *holder = shares->holders[--shares->count];
    pthread_mutex_unlock(&shares->mutex);
}
