/* Lately - people who have taken much lately, and until when they are expected to go on: where
 * others wait for the same thread, what these ask for is done elsewhere or by itself.
 *
 * Not thread-safe: each belongs to a thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

typedef struct Taker {
    int64_t who;
    int64_t until_us;
} Taker;

typedef struct Lately {
    Taker takers[LIMIT_SUSPECTS];
    size_t count;
} Lately;

/* who 0: nobody in particular, who is not noted. */
void lately_note(Lately *lately, int64_t who, int64_t until_us);

/* Until when he was noted for; 0: he was not. */
int64_t lately_until(const Lately *lately, int64_t who);
