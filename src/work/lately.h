/* Lately - people who have taken much lately, and until when they are expected to go on (what for:
 * work/lanes.h).
 *
 * Thread-safe. Of two that are noted at the same moment one may be forgotten: he is noted again. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

typedef struct Taker {
    _Atomic int64_t who;
    _Atomic int64_t until_us;
} Taker;

typedef struct Lately {
    Taker takers[LIMIT_SUSPECTS];
    atomic_size_t count;
} Lately;

/* who 0: nobody in particular, who is not noted. */
void lately_note(Lately *lately, int64_t who, int64_t until_us);

/* Until when he was noted for; 0: he was not. */
int64_t lately_until(const Lately *lately, int64_t who);
