/* WallClock - what people mean by an event's times, and what is kept: times on the clock of its
 * zone. Moments follow from them and the rules of the zone, and are kept beside them for indexes.
 *
 * With an event lie its start and end as wall-clock times, and in `local_times` those of its rule's
 * UNTIL, its rdates, and its overrides: what they are known by, and their own starts and ends. They
 * stay when the rules of the zone change (a new tzdata), and the moments are derived anew; also
 * where a gap of the clock takes one out of its time, which it finds again when the gap goes.
 * All-day events are dates and events in UTC are moments: they have nothing to be derived. */
#pragma once

#include "calendar/event.h"

/* Fills the wall-clock members of an event from its moments, as far as they do not say the same
 * moments already: what was meant stays. The first one is for start and end alone, so that the rule
 * can be followed (starts.h). */
void wall_clock_keep_start(Event *event);
void wall_clock_keep(Arena *arena, Event *event);

/* Notes that one of its rdates was given by the clock, where a gap has pushed the moment on, so
 * that wall_clock_keep finds it: otherwise it is what the clock shows. */
void wall_clock_note(Arena *arena, Event *event, Instant rdate, int64_t local_us);

/* The wall-clock time that the event's rule begins with. */
int64_t wall_clock_start(const Event *event, const Timezone *zone);

/* Were the moments derived by other rules than the zone has now? */
bool wall_clock_is_stale(const Event *event);

/* Derives the moments anew. Of two overrides that fall together the one stays whose time the clock
 * shows. series_start and series_end stay as they were. */
void wall_clock_derive(Arena *arena, Event *event);

/* Derives them if it is stale; event->stored is then what it was. */
void wall_clock_follow(Arena *arena, Event *event);

/* The wall-clock members as one JSON object, for versions; NULL: there is nothing to be derived. */
const char *wall_clock_text(Arena *arena, const Event *event);

/* Puts them back and derives the moments by the rules of today. `text` NULL, or one that does not
 * read: the moments are what is known. */
void wall_clock_read(Arena *arena, const char *text, Event *event);
