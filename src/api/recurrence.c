/* Recurrence: what a pattern would mean, before there is an event. */

#include "api/event_input.h"
#include "api/routes.h"
#include "base/limits.h"
#include "calendar/occurrences.h"
#include "permit/user.h"
#include "rrule/words.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct RecurrenceTrial {
    Members given;
    const Recurrence *recurrence_pattern;
    Instant start_time;
    const char *timezone;
    int64_t count;
} RecurrenceTrial;

static const Field trial_fields[] = {
    RECURRENCE(RecurrenceTrial, recurrence_pattern, .flags = REQUIRED, .doc = "How it repeats.",
               .example = "{\"rrule\":\"FREQ=MONTHLY;BYDAY=2TU,-1FR\"}"),
    INSTANT(RecurrenceTrial, start_time, .flags = REQUIRED, .doc = "When it would begin.",
            .example = "\"2026-03-02T09:00:00Z\""),
    TEXT(RecurrenceTrial, timezone, .flags = NULLABLE, .max = LIMIT_ZONE_NAME,
         .doc = "IANA name of the zone whose wall clock it follows; left out, the user's own.",
         .example = "\"Europe/Zurich\""),
    INTEGER(RecurrenceTrial, count, .min = 1, .max = LIMIT_PREVIEW,
            .doc = "How many starts to show; 10 when it is left out.", .example = "10"),
};

static const Schema trial_schema =
    SCHEMA(RecurrenceTrial, trial_fields, .doc = "A recurrence pattern to try out.");

typedef struct RecurrencePreview {
    Members given;
    const char *text;
    List starts; /* of Instant */
} RecurrencePreview;

static const Field start_element =
    ELEMENT(Instant, instant_type, .example = "\"2026-03-10T09:00:00Z\"");

static const Field preview_fields[] = {
    TEXT(RecurrencePreview, text, .max = LIMIT_RULE_TEXT, .doc = "The rule in plain English.",
         .example = "\"every second Tuesday and the last Friday of the month\""),
    ARRAY(RecurrencePreview, starts, .element = &start_element,
          .doc = "When it takes place, from the first time.",
          .example = "[\"2026-03-10T09:00:00Z\",\"2026-03-27T09:00:00Z\"]"),
};

static const Schema preview_schema =
    SCHEMA(RecurrencePreview, preview_fields, .doc = "What a recurrence pattern means.");

/* -- Handler ------------------------------------------------------------------------------------
 */

/* As the pattern of an event, which decides what may be said in it. */
static bool prepare_trial(Request *req, const RecurrenceTrial *trial, Event *event)
{
    *event = (Event){ 0 };
    schema_set_nulls(&event_schema, event);
    event->start_time = trial->start_time;
    event->end_time = trial->start_time + SECOND_US;
    event->timezone = trial->timezone;
    event->recurrence_pattern = trial->recurrence_pattern;
    return event_prepare(req, &body_location, &req->work_left, event);
}

static Reply preview_recurrence(Request *req)
{
    const RecurrenceTrial *trial = req->body;
    const OccurrenceWindow window = {
        .from = INSTANT_MIN,
        .to = INSTANT_END,
        .limit = trial->count == INTEGER_NULL ? DEFAULT_PREVIEW : (size_t)trial->count,
        .work_left = &req->work_left,
    };
    Event event;
    OccurrenceList list;
    Error problem = { 0 };
    RRule rule;
    RRuleFault fault;

    if (!prepare_trial(req, trial, &event))
        return reply_error(req);
    if (!occurrences_find(req->arena, &event, &window, &list, &problem)) {
        const Location at = { .parent = &body_location, .name = "recurrence_pattern" };
        refuse_complex(req, &at, &problem);
        return reply_error(req);
    }
    Instant *starts = ARENA_ARRAY(req->arena, Instant, list.count + 1);
    RecurrencePreview preview = { .starts = { .items = starts, .count = list.count } };
    for (size_t i = 0; i < list.count; i++)
        starts[i] = list.items[i].start;
    if (rrule_parse(event.recurrence_pattern->rrule, &rule, &fault))
        preview.text = words_write(req->arena, &rule, event.timezone);
    return reply_object(req, &preview_schema, &preview);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_POST, "/api/recurrence/preview", preview_recurrence, LANE_SCAN, .needs = &need_user,
      .in.takes = &trial_schema, .out.shape = GIVES_ONE, .out.gives = &preview_schema,
      .tag = "Calendar", .id = "preview_recurrence", .summary = "Try out a recurrence pattern",
      .doc = "What it means in plain English, and when it takes place; or which part of it is "
             "wrong." },
};

const RouteTable recurrence_routes = ROUTE_TABLE(routes);
