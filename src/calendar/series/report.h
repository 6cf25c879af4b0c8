/* SeriesReport - what an edit of a series does to its occurrences in a window. */
#pragma once

#include "calendar/occurrences.h"
#include "calendar/series/edit.h"

typedef enum OccurrenceFate {
    OCCURRENCE_ADDED,
    OCCURRENCE_REMOVED,
    OCCURRENCE_MOVED,
    OCCURRENCE_KEPT,
    OCCURRENCE_FATES,
} OccurrenceFate;

/* One occurrence before and after; INSTANT_NULL where it is not. */
typedef struct OccurrenceStep {
    Members given;
    Instant occurrence; /* its original start: before, or, when it is added, after */
    const char *occurrence_local;
    Instant start_time;
    Instant end_time;
    Instant new_start_time;
    Instant new_end_time;
} OccurrenceStep;

extern const Schema occurrence_step_schema;

typedef struct SeriesReport {
    int64_t counts[OCCURRENCE_FATES];
    List steps[OCCURRENCE_FATES]; /* of OccurrenceStep, in order: the first ones of each */
    bool is_complete;             /* false: more lie in the window than are looked at */
} SeriesReport;

/* Compares what touches the window before or after; `limit` steps of each fate are listed. False:
 * the rule is too complex, ERROR_INVALID. */
bool series_report(Arena *arena, const Event *before, const SeriesAfter *after,
                   const OccurrenceWindow *window, size_t limit, SeriesReport *ret_report,
                   Error *err);
