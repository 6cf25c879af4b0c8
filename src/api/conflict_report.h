/* ConflictReport - what is at the same time, as it is told. */
#pragma once

#include "time/instant.h"
#include "json/schema.h"

typedef struct Conflict {
    Members given;
    int64_t event_id; /* INTEGER_NULL: of the same batch */
    const char *title;
    Instant occurrence;
    const char *occurrence_local;
    Instant start_time;
    Instant end_time;
    Instant with_occurrence;
    Instant with_start; /* not shown: the order of the list */
} Conflict;

typedef struct ConflictReport {
    Members given;
    List conflicts; /* of Conflict */
    Instant checked_until;
    List incomplete; /* of LeftOut */
} ConflictReport;
extern const Schema conflict_report_schema;
