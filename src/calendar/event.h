/* Event - what happens when, and its field table: the one list of an event's members.
 *
 * The event with its overrides is one versioned document. Members marked VERSIONED are what
 * versions, diffs and rollbacks are made of. */
#pragma once

#include "calendar/instant.h"
#include "calendar/recurrence.h"
#include "json/schema.h"

typedef enum EventStatus { EVENT_CONFIRMED, EVENT_TENTATIVE, EVENT_CANCELLED } EventStatus;

/* The ids are the old system's (`roles`). */
typedef enum Role { ROLE_NONE = 0, ROLE_OWNER = 1, ROLE_EDITOR = 2, ROLE_VIEWER = 3 } Role;

typedef struct Event {
    Members given;
    int64_t id;
    const char *uid;
    const char *title;
    const char *description;
    const char *location;
    Instant start_time;
    Instant end_time;
    const char *timezone;
    bool all_day;
    int64_t status; /* EventStatus */
    bool is_recurring;
    const Recurrence *recurrence_pattern;
    const char *recurrence_overrides; /* canonical JSON object text, or NULL */
    int64_t owner_id;
    int64_t version_number;
    int64_t my_role; /* Role of the reader; CHOICE */
    Instant created_at;
    Instant updated_at;
    int64_t updated_by;
    Instant deleted_at;
    List permissions; /* of Permission, only in a single-event read */
    Instant series_end; /* last moment any occurrence can touch; INSTANT_NULL: never ends. Not shown */
} Event;

extern const Schema event_schema;

/* Completes and checks an event whose members are each sound: end after start, at most
 * LIMIT_EVENT_YEARS, zone known, all-day times put to midnight UTC of their dates, is_recurring and
 * pattern in agreement, overrides well-formed, series_end computed. Reports faults at
 * d->location + member. Run on the merged object after a create or a patch. */
bool event_check(const Decoder *d, Event *event);
