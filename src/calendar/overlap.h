/* Overlap - which occurrences of some events take place at the same time as those of another.
 *
 *   OverlapSide side;
 *   overlap_prepare(arena, event, from, &limits, &side, err)  the occurrences that are judged
 *   overlap_find(arena, &side, other, &limits, &list, err)    … against one event after another
 *
 *   OverlapSide all = OVERLAP_NOTHING;
 *   overlap_add(arena, &side, i, &all) … overlap_sort(&all) those of many events as one side
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
    bool is_new;     /* the event did not take place then before; whoever joins them says it */
    Instant reaches; /* the last end of all up to this one */
} OverlapItem;

typedef struct OverlapSide {
    OverlapItem *items; /* by start; of each event at most limits->starts, those that occupy time */
    size_t count;
    size_t capacity; /* of what is joined */
    Instant from;    /* from the start of the first … */
    Instant until; /* … to here they are there: of each event, or of that which reaches farthest */
    Instant all_until; /* to here all of every event are there; INSTANT_END: none was left out */
} OverlapSide;

#define OVERLAP_NOTHING                                                                            \
    ((OverlapSide){ .from = INSTANT_END, .until = INSTANT_MIN, .all_until = INSTANT_END })

typedef struct Overlap {
    Occurrence ours;
    Occurrence theirs;
    size_t of;        /* which of the events that were joined is ours … */
    size_t theirs_of; /* … and with overlap_find_within, theirs */
    bool is_new;      /* one of both is */
} Overlap;

typedef struct OverlapList {
    Overlap *items;
    size_t count;
    bool has_more;
} OverlapList;

typedef struct OverlapLimits {
    size_t starts;        /* of the event that is prepared */
    size_t pairs;         /* that are found */
    const Timezone *days; /* as of occurrences_find, and so … */
    int64_t *work_left;   /* … this */
} OverlapLimits;

/* From before all time, for overlap_prepare. */
#define OVERLAP_FROM_THE_START (INSTANT_MIN - DAYS_FARTHEST_US)

/* Those that still go on at `from`, or begin later. `event` has been through event_check. False:
 * its rule is too complex, ERROR_INVALID. */
bool overlap_prepare(Arena *arena, const Event *event, Instant from, const OverlapLimits *limits,
                     OverlapSide *ret_side, Error *err);

/* Puts the occurrences of one more event, the one numbered `of`, into *all, which begins as
 * OVERLAP_NOTHING. They are copied into the arena, and in order after overlap_sort. */
void overlap_add(Arena *arena, const OverlapSide *side, size_t of, OverlapSide *all);
void overlap_sort(OverlapSide *all);

/* The pairs that overlap, by the start of theirs and then of ours. False: as of
 * occurrences_find. */
bool overlap_find(Arena *arena, const OverlapSide *side, const Event *other,
                  const OverlapLimits *limits, OverlapList *ret_list, Error *err);

/* The same among the events that were joined, each pair once: `theirs` is the one that begins
 * earlier. */
bool overlap_find_within(Arena *arena, const OverlapSide *side, const OverlapLimits *limits,
                         OverlapList *ret_list, Error *err);
