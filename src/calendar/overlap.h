/* Overlap - which occurrences of some events take place at the same time as those of another.
 *
 *   OverlapSide side;
 *   overlap_prepare(arena, event, work_left, &side, err)      the occurrences that are judged
 *   overlap_join(arena, sides, count, &side)                  … those of many events as one side
 *   overlap_find(arena, &side, other, &limits, &list, err)    … against one event after another
 *
 * Exact, series against series as well: no occurrence is passed over up to side.until, and it is
 * told where that is. Intervals are half-open: what ends at ten does not meet what begins at ten.
 * Cancelled events and occurrences occupy no time. Every look at a pair is counted as work. */
#pragma once

#include "calendar/occurrences.h"

/* One of the occurrences that are judged. */
typedef struct OverlapItem {
    Occurrence occurrence;
    size_t of;       /* which of the events that were joined */
    Instant reaches; /* the last end of all up to this one */
} OverlapItem;

typedef struct OverlapSide {
    OverlapItem *items; /* by start; of each event at most LIMIT_CONFLICT_STARTS, those that occupy
                           time */
    size_t count;
    Instant from;  /* from the start of the first … */
    Instant until; /* … to here every occurrence is there */
} OverlapSide;

typedef struct Overlap {
    Occurrence ours;
    Occurrence theirs;
    size_t of;        /* which of the events that were joined is ours … */
    size_t theirs_of; /* … and with overlap_find_within, theirs */
} Overlap;

typedef struct OverlapList {
    Overlap *items;
    size_t count;
    bool has_more;
} OverlapList;

/* `event` has been through event_check; `days` and `work_left` as of occurrences_find. False: its
 * rule is too complex, ERROR_INVALID. */
bool overlap_prepare(Arena *arena, const Event *event, const Timezone *days, int64_t *work_left,
                     OverlapSide *ret_side, Error *err);

/* The occurrences of all sides as those of one, whose `until` is the last of theirs. */
void overlap_join(Arena *arena, const OverlapSide sides[], size_t count, OverlapSide *ret_side);

typedef struct OverlapLimits {
    size_t pairs;
    const Timezone *days; /* as of occurrences_find, and so … */
    int64_t *work_left;   /* … this */
} OverlapLimits;

/* The pairs that overlap, by the start of theirs and then of ours. False: as of
 * occurrences_find. */
bool overlap_find(Arena *arena, const OverlapSide *side, const Event *other,
                  const OverlapLimits *limits, OverlapList *ret_list, Error *err);

/* The same among the events that were joined, each pair once: `theirs` is the one that begins
 * earlier. */
bool overlap_find_within(Arena *arena, const OverlapSide *side, const OverlapLimits *limits,
                         OverlapList *ret_list, Error *err);
