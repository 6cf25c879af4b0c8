/* SeriesMove - a whole series on another day or at another time. Internal to the series files. */
#pragma once

#include "calendar/series/cut.h"

typedef struct SeriesMove {
    int64_t local_us;     /* the wall-clock time of one of its occurrences, */
    int64_t by_us;        /* and how much later it is to be */
    bool has_new_rule;    /* the event's rule is already the new one, */
    bool has_new_rdates;  /* and so are its dates */
    const Timezone *zone; /* whose wall clock it follows then; NULL: all-day */
    bool keeps_rdates;    /* it is another clock for the same start: rdates stay where they are */
} SeriesMove;

/* The original start of the occurrence that had `original_start` in `series`. */
Instant series_moved(const Series *series, const SeriesMove *move, Instant original_start);

/* Moves `event`, which has the starts of `series` or some of them, and already the zone and all_day
 * that it is to have: start, end, rule, rdates, and overrides with their occurrences. False: the
 * reason is a constant sentence. */
bool series_move(const Series *series, Arena *arena, const SeriesMove *move, Event *event,
                 const char **ret_reason);
