#include "api/conflict_report.h"

#include "api/window.h"
#include "base/limits.h"
#include "calendar/occurrence_view.h"

static const Field conflict_fields[] = {
    INTEGER(Conflict, event_id, .flags = NULLABLE,
            .doc = "The event that is in the way; `null`: another one of the same batch.",
            .example = "17"),
    TEXT(Conflict, title, .max = LIMIT_TITLE, .doc = "Its title then.", .example = "\"Review\""),
    INSTANT(Conflict, occurrence, .doc = "The original start of its occurrence.",
            .example = "\"2025-03-10T09:30:00Z\""),
    OCCURRENCE_LOCAL(Conflict),
    INSTANT(Conflict, start_time, .doc = "When that begins.",
            .example = "\"2025-03-10T09:30:00Z\""),
    INSTANT(Conflict, end_time, .doc = "When that ends.", .example = "\"2025-03-10T10:30:00Z\""),
    INSTANT(Conflict, with_occurrence,
            .doc = "The original start of the occurrence that was asked about.",
            .example = "\"2025-03-10T09:00:00Z\""),
};

static const Schema conflict_schema =
    SCHEMA(Conflict, conflict_fields, .doc = "Two occurrences at the same time.");

static const Field conflict_report_fields[] = {
    ARRAY(ConflictReport, conflicts, .schema = &conflict_schema,
          .doc = "By the time of the occurrence that was asked about; at most 100."),
    INSTANT(ConflictReport, checked_until,
            .doc = "Up to here every conflict is listed; later ones were not looked for.",
            .example = "\"2025-05-05T10:00:00Z\""),
    INCOMPLETE(ConflictReport),
};

const Schema conflict_report_schema =
    SCHEMA(ConflictReport, conflict_report_fields, .doc = "What is at the same time.");
