/* Event - what happens when, and its field table: the one list of an event's members.
 *
 * The event with its overrides is one versioned document. Members marked VERSIONED are what
 * versions, diffs and rollbacks are made of. */
#pragma once

#include "calendar/overrides.h"
#include "rrule/recurrence.h"
#include "time/named_time.h"
#include "json/schema.h"

/* RFC 5545 3.8.2.7: "Time Transparency is the characteristic of an event that determines whether it
 * appears to consume time on a calendar." */
typedef enum EventTransparency { EVENT_OPAQUE, EVENT_TRANSPARENT } EventTransparency;

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
    int64_t status;       /* EventStatus */
    int64_t transparency; /* EventTransparency */
    bool is_recurring;
    const Recurrence *recurrence_pattern;
    const char *recurrence_overrides; /* canonical JSON object text, or NULL */
    int64_t owner_id;
    int64_t version_number;
    int64_t my_role; /* Role of the reader; CHOICE */
    Instant created_at;
    Instant updated_at;
    int64_t updated_by;
    int64_t series_of; /* the event it was split from */
    Instant deleted_at;
    List permissions;       /* of Permission, only in a single-event read */
    List dropped_overrides; /* of Instant, only in the reply to a change that gave some up */
    /* Original starts, of Instant, that a merge patch has said something of: other overrides are as
     * good as not given. .items NULL: the client gave all or none. Not shown. */
    List named_overrides;
    /* The first and the last moment that any occurrence can touch; series_end INSTANT_NULL: it
     * never ends. Not shown. */
    Instant series_start;
    Instant series_end;
    /* What the moments are derived from (wall_clock.h). */
    int64_t start_local; /* wall-clock time in `timezone`; of an all-day event the date */
    int64_t end_local;
    bool start_is_second; /* of two equal wall-clock times */
    bool end_is_second;
    const char *local_times;  /* of the rest, JSON; NULL: there is no more */
    int64_t zone_rules;       /* timezone_rules that the moments were derived by; 0: by none */
    const char *zone_release; /* and where they are from */
    int64_t document_bytes;   /* as event_check last found it. Not shown. */
    /* As it lies in the database, where its moments are those of older rules (wall_clock.h); NULL:
     * as it is here. No member. */
    const struct Event *stored;
} Event;

extern const Schema event_schema;

/* Makes the override's own times as those of the event itself: what is of whole days has dates. */
void event_align_override(const Event *event, Override *override);

/* Is the zone one, and has what is of whole days in a series that is not, or the other way round,
 * its own times? Otherwise faults at d->location + member. */
bool event_check_kind(const Decoder *d, const Event *event, const Override *override);

/* The choices of `my_role`, by Role; "" for none. */
extern const char *const role_names[];

/* Before an update: may `patch` be applied to `current`? Read-only members must equal the present
 * ones, also an unreadable pattern of the old system. `current` NULL: before a create, where none
 * may be given. Reports faults at d->location + member. */
bool event_check_patch(const Decoder *d, const Event *current, const Event *patch);

/* What a client means by a time of this event: of an all-day one the date that it stands for
 * (days_date). Where it stands for none, and in any other event, the same moment. */
Instant event_date(const Event *event, Instant instant);

/* The same of an original start as a client called it (time/named_time.h); INSTANT_NULL: there is
 * none of that name. */
Instant event_original_start(const Event *event, NamedTime named);

/* Completes and checks an event whose members are each sound; run on the merged object after a
 * create or a patch, with `given` telling what the client gave. Reports faults at d->location +
 * member.
 *
 * - Without timezone it is in UTC, without status confirmed, without transparency opaque; who knows
 *   the user's zone sets it before.
 * - end_time is not earlier than start_time, and later by at most LIMIT_EVENT_YEARS. Where they are
 *   equal the event is a point in time; an all-day event lasts a day at least.
 * - An all-day event starts and ends at midnight, in UTC or in its zone, and is kept with midnight
 *   UTC of those dates (calendar/days.h). So are its rdates, overrides and UNTIL.
 * - is_recurring follows the pattern and cannot contradict it: a pattern ends by being null, never
 *   by false alone. An event that no longer repeats has no overrides.
 * - The rule is in the form that its start asks for (rrule_convert_until), does not end before it,
 *   and occurs.
 * - Each override is of an occurrence, and ends no earlier than it starts. Those that the client
 *   did not give in this change and that no occurrence answers to any more are given up.
 * - It starts and ends in the years that an Instant can be of, and so does each override.
 * - All repeating events that are checked with one d->work_left cost no more than that together,
 *   but for the last of them.
 * - With its overrides it takes at most LIMIT_DOCUMENT_BYTES, or as much as before.
 * - series_start, series_end and document_bytes are computed. */
bool event_check(const Decoder *d, Event *event);

/* The same of what was `before` and has been changed: who leaves times, rule and overrides as they
 * are does not pay for following them, and keeps what they were derived to. A series with another
 * start, zone or all_day moves as a whole, as far as the client does not say himself what it is to
 * be (series_follow). Overrides of `before` that are given up all the same are in
 * dropped_overrides. */
bool event_check_change(const Decoder *d, const Event *before, Event *event);
