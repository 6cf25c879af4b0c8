/* Occurrences - what takes place when: the original starts of an event (starts.h) with its
 * overrides laid over them.
 *
 * Every occurrence lasts as long as the first. RFC 5545 3.8.5.3: "If the duration of the recurring
 * component is specified with the "DTEND" or "DUE" property, the same exact duration will apply to
 * all the members of the generated recurrence set." So a night shift from 22:00 to 06:00 ends at
 * 07:00 on the night when the clock is put forward. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "calendar/days.h"
#include "calendar/event.h"
#include "calendar/overrides.h"

typedef struct Occurrence {
    Instant original_start; /* what it is known by */
    Instant start;          /* as they are shown: of whole days, midnight UTC of the dates */
    Instant end;
    Instant
        from; /* the moments between which it takes place: of whole days, those of window->days */
    Instant until;
    const Override *override; /* NULL: as the series says */
} Occurrence;

typedef struct OccurrenceList {
    Occurrence *items;
    size_t count;
    bool has_more;
} OccurrenceList;

typedef struct OccurrenceWindow {
    Instant from; /* half-open: what ends at `from` or starts at `to` lies outside, and what */
    Instant to;   /* began before `from` and still runs, or is just `from`, lies inside */
    size_t limit;
    const Timezone *days;    /* whose days the dates of all-day events are; NULL: those of UTC */
    const Instant *cut;      /* nothing that is shown to start here or later; NULL: all there is */
    const Occurrence *after; /* goes on behind this one of an earlier list; NULL: from the start */
    int64_t *work_left;      /* of a request that looks into many events: what this one costs is
                                taken away, and no more is done; NULL: one event is no danger */
} OccurrenceWindow;

/* The occurrences that touch the window, by start and then original start, in the arena: without
 * those cancelled, and with those moved where they are now. `event` has been through event_check.
 * False, ERROR_INVALID: the rule is too complex; or all that was looked at with this `work_left`
 * was, which is below 0 then. */
bool occurrences_find(Arena *arena, const Event *event, const OccurrenceWindow *window,
                      OccurrenceList *ret_list, Error *err);

/* Of an occurrence whose original start, start, end and override are there: between which moments
 * it takes place, its dates being those of `days`. Does that touch the window? */
void occurrences_place(const Event *event, const Timezone *days, Occurrence *occurrence);
bool occurrences_touch(const OccurrenceWindow *window, const Occurrence *occurrence);

/* Does it take up time? What is cancelled or transparent, as a whole or there, is only shown, and
 * so is a point in time. */
bool occurrence_occupies(const Event *event, const Occurrence *occurrence);

/* Is there an occurrence that originally starts then? Cancelled and moved ones count. */
bool occurrences_contains(const Event *event, Instant original_start);

/* The same of many, ascending, which costs one walk: ret_is_found[i] for starts[i]. Returns what it
 * cost (starts_work). */
int64_t occurrences_contain(const Event *event, const Instant starts[], size_t count,
                            bool ret_is_found[]);

/* The start of the first of all occurrences, or the event's own where that is earlier. Of dates in
 * a series of moments and the other way round both are as far out as any zone lets them be. */
Instant occurrences_series_start(const Event *event);

/* The end of the last of all occurrences, or the moment after where that is a point in time, so
 * that a window that begins there has it; INSTANT_NULL: it goes on for ever, or the rule is too
 * complex to tell. The event's own end when it never occurs. What it costs is added to *work; NULL:
 * nobody counts. */
Instant occurrences_series_end(const Event *event, int64_t *work);
