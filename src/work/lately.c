#include "work/lately.h"

/* His place, or a new one, or another's whose time is over first. */
static Taker *place_of(Lately *lately, int64_t who)
{
    Taker *soonest = &lately->takers[0];
    size_t count = lately->count;

    for (size_t i = 0; i < count; i++) {
        if (lately->takers[i].who == who)
            return &lately->takers[i];
        if (lately->takers[i].until_us < soonest->until_us)
            soonest = &lately->takers[i];
    }
    if (count == LIMIT_SUSPECTS)
        return soonest;
    lately->count = count + 1;
    return &lately->takers[count];
}

void lately_note(Lately *lately, int64_t who, int64_t until_us)
{
    if (who == 0)
        return;
    Taker *place = place_of(lately, who);
    place->who = who;
    place->until_us = until_us;
}

int64_t lately_until(const Lately *lately, int64_t who)
{
    size_t count = atomic_load_explicit(&lately->count, memory_order_relaxed);

    for (size_t i = 0; i < count; i++) {
        if (atomic_load_explicit(&lately->takers[i].who, memory_order_relaxed) == who)
            return lately->takers[i].until_us;
    }
    return 0;
}
