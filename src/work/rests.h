/* Rests - how long who makes long writes waits while others make short ones (work/lanes.h). The
 * commit counts, and what SQLite moves into the file. Where nobody else makes short ones nobody
 * rests: long ones alternate, and no writer is idle for it. What the server does by itself is
 * nobody's.
 *
 * Thread-safe. Of two that are noted at the same moment one may be forgotten: he is noted again. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "work/lately.h"

typedef struct ShortWriter {
    _Atomic int64_t who;
    _Atomic int64_t until_us; /* he is expected to make more of them */
} ShortWriter;

typedef struct Rests {
    Lately resting;
    ShortWriter shorts[2]; /* the last one, and the last other one */
} Rests;

/* A write of his, or, where it is short, a group of whom he is one, took from one moment to the
 * other of the monotonic clock. who 0 or less: nobody. */
void rests_note(Rests *rests, int64_t who, bool is_long, int64_t from_us, int64_t to_us);

/* Until when his long writes wait; a moment that has passed, or 0: they do not. */
int64_t rests_until(const Rests *rests, int64_t who, int64_t now_us);
