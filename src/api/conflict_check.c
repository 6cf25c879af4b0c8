/* Conflict check: what takes place at the same time as an event, over all that occupies the
 * caller's time (store/known.h). */

#include <string.h>

#include "api/conflicts.h"
#include "api/routes.h"
#include "base/limits.h"
#include "calendar/overrides.h"
#include "permit/event.h"
#include "permit/user.h"

/* -- Tables ----------------------------------------------------------------------------------- */

/* An event that need not be saved, by the members that a client may write. */
static const Field conflict_check_fields[] = {
    { .name = "event_id",
      .type = &integer_type,
      .offset = offsetof(Event, id),
      .size = sizeof(int64_t),
      .min = 1,
      .doc = "An event that I may read; other members are changes to be tried on it. Left out: an "
             "event that does not exist yet.",
      .example = "42" },
    TEXT(Event, uid, .max = LIMIT_UID, .doc = "Not looked at."),
    TEXT(Event, title, .max = LIMIT_TITLE, .doc = "Not looked at."),
    TEXT(Event, description, .flags = NULLABLE, .max = LIMIT_DESCRIPTION, .doc = "Not looked at."),
    TEXT(Event, location, .flags = NULLABLE, .max = LIMIT_LOCATION, .doc = "Not looked at."),
    INSTANT(Event, start_time, .doc = "As of an event; needed without `event_id`.",
            .example = "\"2025-03-03T09:00:00Z\""),
    INSTANT(Event, end_time, .doc = "As of an event; needed without `event_id`.",
            .example = "\"2025-03-03T10:30:00Z\""),
    TEXT(Event, timezone, .flags = NULLABLE, .max = LIMIT_ZONE_NAME, .doc = "As of an event.",
         .example = "\"Europe/Zurich\""),
    BOOLEAN(Event, all_day, .doc = "As of an event.", .example = "false"),
    CHOICE(Event, status, .choices = event_status_names,
           .doc = "As of an event; `cancelled` meets nothing.", .example = "\"confirmed\""),
    CHOICE(Event, transparency, .choices = event_transparency_names,
           .doc = "As of an event: a `transparent` one is at no time.", .example = "\"opaque\""),
    BOOLEAN(Event, is_recurring, .doc = "As of an event.", .example = "true"),
    RECURRENCE(Event, recurrence_pattern, .flags = NULLABLE | EMPTY_IS_LEFT_OUT,
               .doc = "As of an event.", .example = "{\"rrule\":\"FREQ=WEEKLY;COUNT=10\"}"),
    OVERRIDES(Event, recurrence_overrides, .flags = NULLABLE, .doc = "As of an event."),
};

static const Schema conflict_check_schema = SCHEMA_NAMED(
    "ConflictCheck", Event, conflict_check_fields, .doc = "What to look for conflicts with.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

/* The members that were given, as a create or a patch of an event has them. */
static Event event_from(const Event *check)
{
    const Schema *from = &conflict_check_schema;
    Event event = { 0 };

    schema_set_nulls(&event_schema, &event);
    for (size_t i = 0; i < from->field_count; i++) {
        const Field *field = schema_field(&event_schema, from->fields[i].name);
        if (field == NULL || !schema_is_given(from, check, field->offset))
            continue;
        memcpy(field_of(field, &event), field_in(field, check), field->size);
        event.given |= UINT64_C(1) << (field - event_schema.fields);
    }
    return event;
}

static bool need_times(Request *req, const Event *check)
{
    const struct {
        const char *name;
        Instant value;
    } needed[] = {
        { "start_time", check->start_time },
        { "end_time", check->end_time },
    };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const Location at = { .parent = &body_location, .name = needed[i].name };
        if (needed[i].value == INSTANT_NULL)
            error_fault(&req->error, req->arena, &at, "missing",
                        "Give this, or the event_id of an event.");
    }
    return req->error.code == ERROR_NONE;
}

static bool prepare_checked(Request *req, const Event *check, Event *ret_event)
{
    const Event members = event_from(check);
    const Decoder body = body_decoder(req, &body_location);
    const Author author = author_of(req, NULL);
    Event *before = NULL;

    if (check->id == INTEGER_NULL) {
        *ret_event = members;
        return need_times(req, check) && event_prepare(req, &body_location, NULL, ret_event);
    }
    return permit_event(req, check->id, ACTION_EVENT_READ, &before) &&
           edits_apply_patch(req->db, &body, &author, before, &members, ret_event);
}

static Reply check_conflicts(Request *req)
{
    Event event;
    ConflictReport report = { 0 };

    if (!prepare_checked(req, req->body, &event) || !conflicts_find(req, &event, &report))
        return reply_error(req);
    return reply_object(req, &conflict_report_schema, &report);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_POST, "/api/events/conflicts", check_conflicts, LANE_SCAN, .needs = &need_user,
      .in.takes = &conflict_check_schema, .in.limit = LIMIT_EVENT_BODY_BYTES,
      .in.example =
          "{\"start_time\":\"2025-03-03T09:00:00Z\",\"end_time\":\"2025-03-03T10:30:00Z\"}",
      .out.shape = GIVES_ONE, .out.gives = &conflict_report_schema, .fails = FAILS_1(NOT_FOUND),
      .tag = "Calendar", .id = "find_conflicts",
      .summary = "Ask what else takes place at the same time",
      .doc = "Of an event that exists, or of one that does not yet; nothing is saved. Looked at "
             "are the events that occupy my time, each occurrence of them, but for cancelled ones; "
             "what ends when another begins is no conflict, and all-day ones take the days of my "
             "`timezone`. What would take too much work is left "
             "out and named in `incomplete`: first mine is looked into, then of each other owner "
             "an equal part." },
};

const RouteTable conflict_routes = ROUTE_TABLE(routes);
