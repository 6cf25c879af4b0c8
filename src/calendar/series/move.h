/* SeriesMove - a whole series on another day or at another time. Internal to the series files. */
#pragma once

#include "calendar/series/cut.h"

typedef struct SeriesMove {
    int64_t local_us;  /* the wall-clock time of one of its occurrences, */
    int64_t by_us;     /* and how much later it is to be */
    bool has_new_rule; /* the event's pattern is already the new one: only start and overrides */
} SeriesMove;

/* Moves `event`, which has the starts of `series` or some of them: start, end, rule, rdates, and
 * overrides with their occurrences. False: the reason is a constant sentence. */
bool series_move(const Series *series, Arena *arena, const SeriesMove *move, Event *event,
                 const char **ret_reason);
