/* Occurrence view - one occurrence as people see it: the event, with what its override says
 * instead. For whoever shows what takes place, one at a time. */
#pragma once

#include "calendar/occurrences.h"

typedef struct EventOccurrence {
    Members given;
    int64_t event_id;
    Instant occurrence;
    const char *occurrence_local;
    Instant start_time;
    Instant end_time;
    const char *title;
    const char *description;
    const char *location;
    const char *timezone;
    bool all_day;
    int64_t status;
    int64_t transparency;
    bool is_recurring;
    bool is_override;
    int64_t owner_id;
    int64_t my_role;
} EventOccurrence;
extern const Schema occurrence_view_schema;

/* `local`: the original start on the clock (start_clock.h). The texts are those of the event and of
 * the override. */
EventOccurrence occurrence_view(const Event *event, const Occurrence *occurrence,
                                const char *local);
