/* SeriesFollow - what goes with the series when the event's own start, zone or all_day is changed.
 *
 * The same as an edit of the first occurrence with all others (series/edit.h): rule, UNTIL, rdates
 * and overrides move by the difference of the wall clocks. What cannot move like that stays as it
 * is; so does all of a series whose start is none of its occurrences. A zone without another start
 * is another clock for the same moments: rdates stay where they are. */
#pragma once

#include "calendar/series/move.h"

typedef struct SeriesFollowed {
    const Event *before;
    bool has_moved;
    SeriesMove move; /* when it has */
} SeriesFollowed;

/* Changes `event`, whose times are sound and aligned. What its `given` has is as the client wants
 * it, and stays: the pattern, the overrides. */
SeriesFollowed series_follow(Arena *arena, const Event *before, Event *event);

/* Original starts, of Instant, of the overrides of `before` that have no place in `event`, which
 * has been checked; .items NULL: there are none. */
List series_note_dropped(Arena *arena, const SeriesFollowed *followed, const Event *event);
