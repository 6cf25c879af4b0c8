#include "work/lately.h"

/* His place, or another's whose time is over first. */
static Taker *place_of(Lately *lately, int64_t who)
{
    Taker *soonest = &lately->takers[0];

    for (size_t i = 0; i < lately->count; i++) {
        if (lately->takers[i].who == who)
            return &lately->takers[i];
        if (lately->takers[i].until_us < soonest->until_us)
            soonest = &lately->takers[i];
    }
    return lately->count < LIMIT_SUSPECTS ? &lately->takers[lately->count++] : soonest;
}

void lately_note(Lately *lately, int64_t who, int64_t until_us)
{
    if (who != 0)
        *place_of(lately, who) = (Taker){ .who = who, .until_us = until_us };
}

int64_t lately_until(const Lately *lately, int64_t who)
{
    for (size_t i = 0; i < lately->count; i++) {
        if (lately->takers[i].who == who)
            return lately->takers[i].until_us;
    }
    return 0;
}
