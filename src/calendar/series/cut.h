/* SeriesCut - an event's starts in two parts, before a moment and from it on. Internal to the
 * series files; what an edit is made of is in series_edit.h. */
#pragma once

#include "calendar/event.h"
#include "rrule/rrule.h"
#include "time/timezone.h"

typedef struct Series {
    const Event *event;
    const Timezone *zone; /* NULL: all-day, local times are UTC */
    bool has_rule;
    RRule rule;
} Series;

Series series_open(const Event *event);

/* Where the wall clock stood for a start, also one that a gap pushed on; and the moment of such a
 * time. */
int64_t series_wall_clock(const Series *series, Instant start);
Instant series_instant(const Series *series, int64_t local_us);

/* Is `split` the first of all starts? */
bool series_is_first(const Series *series, Instant split);

/* Makes the events with the starts before `split` and from it on, each with its overrides, all
 * else as in the event. There must be starts on both sides. `ret_tail` NULL: only the earlier one
 * is wanted. False: there are no two rules that yield them. */
bool series_cut(const Series *series, Arena *arena, Instant split, Event *ret_head,
                Event *ret_tail);
