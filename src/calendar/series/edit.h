/* SeriesEdit - one occurrence of an event changed or taken away: alone, with all that follow, or
 * with the whole series. Pure: takes the event and says what the one or two events after it are.
 *
 * THIS writes an override. FOLLOWING cuts the series in two before the occurrence: the event keeps
 * what lies before, with exactly the same starts, and `next` is a new event with the rest. ALL
 * changes the event itself. An event that does not repeat is its only occurrence, and FOLLOWING
 * from the first occurrence is ALL.
 *
 * A new start moves the series by the difference of the wall clocks. What the rule takes from its
 * start moves with it, as do the times of day and the weekdays it names where that is exact; a rule
 * that names days otherwise ("the second Tuesday") cannot be moved to another day without a new
 * recurrence_pattern. Overrides move with their occurrences; what an override says about an
 * occurrence stays, but for the members now changed in the occurrence that was edited. Those that
 * no occurrence answers to any more are told. */
#pragma once

#include "calendar/event.h"

typedef enum SeriesScope { SERIES_THIS, SERIES_FOLLOWING, SERIES_ALL } SeriesScope;

extern const char *const series_scope_names[]; /* by SeriesScope, ended by NULL */

/* What is to be different; `given` says which members. */
typedef struct OccurrenceChange {
    Members given;
    bool all_day;
    const char *timezone;
    const char *title;
    const char *description;
    const char *location;
    Instant start_time;
    Instant end_time;
    int64_t status;       /* EventStatus */
    int64_t transparency; /* EventTransparency */
    const Recurrence *recurrence_pattern;
} OccurrenceChange;

extern const Schema occurrence_change_schema;

typedef struct SeriesEdit {
    SeriesScope scope;
    Instant original_start;         /* of the occurrence: it must be one */
    const OccurrenceChange *change; /* NULL: it is taken away */
} SeriesEdit;

typedef struct SeriesAfter {
    bool is_trashed; /* nothing is left: `event` is as it was */
    bool is_split;
    Event event;       /* what the event is now */
    Event next;        /* when is_split: the new event; id, uid and versions are not set */
    Instant move_from; /* occurrences from this original start on … */
    int64_t move_us;   /* … are later by this on the wall clock */
    Instant *dropped;  /* original starts of overrides that were given up */
    size_t dropped_count;
} SeriesAfter;

/* False: faults at d->location + member, or ERROR_CONFLICT where the series cannot be cut there.
 * What it gives lies in the decoder's arena. */
bool series_edit(const Decoder *d, const Event *event, const SeriesEdit *edit,
                 SeriesAfter *ret_after);

/* The original start after the edit of an occurrence that had `original_start` before it. */
Instant series_original_after(const Event *before, const SeriesAfter *after,
                              Instant original_start);
