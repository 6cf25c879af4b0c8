/* Overlap - which occurrences of one event take place at the same time as those of another.
 *
 *   OverlapSide side;
 *   overlap_prepare(arena, event, &side, err)       the occurrences that are judged
 *   overlap_find(arena, &side, other, &limits, &list, err)    … against one event after another
 *
 * Exact, series against series as well: no occurrence is passed over up to side.until, and it is
 * told where that is. Intervals are half-open: what ends at ten does not meet what begins at ten.
 * Cancelled events and occurrences occupy no time. */
#pragma once

#include "calendar/occurrences.h"

typedef struct OverlapSide {
    OccurrenceList occurrences; /* at most LIMIT_CONFLICT_STARTS, those that occupy time */
    Instant from;               /* from the start of the first … */
    Instant until;              /* … to here every occurrence is there */
} OverlapSide;

typedef struct Overlap {
    Occurrence ours;
    Occurrence theirs;
} Overlap;

typedef struct OverlapList {
    Overlap *items;
    size_t count;
    bool has_more;
} OverlapList;

/* `event` has been through event_check. False: its rule is too complex, ERROR_INVALID. */
bool overlap_prepare(Arena *arena, const Event *event, OverlapSide *ret_side, Error *err);

typedef struct OverlapLimits {
    size_t pairs;
    int64_t *work_left; /* as of occurrences_find */
} OverlapLimits;

/* The pairs that overlap, by the start of theirs and then of ours. False: as of
 * occurrences_find. */
bool overlap_find(Arena *arena, const OverlapSide *side, const Event *other,
                  const OverlapLimits *limits, OverlapList *ret_list, Error *err);
