/* Conflicts: what takes place at the same time as an event, over all that the caller owns or
 * edits. */

#include "api/conflicts.h"

#include <stdlib.h>
#include <string.h>

#include "api/event_input.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/vector.h"
#include "calendar/occurrence_view.h"
#include "calendar/overlap.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/event_lists.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

static const char *const conflicts_choices[] = { "allow", "reject", NULL };
enum { CONFLICTS_REJECT = 1 };

static const Field conflicts_query_fields[] = {
    CHOICE(ConflictsQuery, conflicts, .choices = conflicts_choices, .fallback = "\"allow\"",
           .doc = "`reject`: 409 when something that I own or edit takes place at the same time. "
                  "Of many such requests at once for one time, one succeeds.",
           .example = "\"reject\""),
};

const Schema conflicts_query_schema =
    SCHEMA(ConflictsQuery, conflicts_query_fields, .doc = "What to do about conflicts.");

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
    BOOLEAN(Event, is_recurring, .doc = "As of an event.", .example = "true"),
    RECURRENCE(Event, recurrence_pattern, .flags = NULLABLE, .doc = "As of an event.",
               .example = "{\"rrule\":\"FREQ=WEEKLY;COUNT=10\"}"),
    OVERRIDES(Event, recurrence_overrides, .flags = NULLABLE, .doc = "As of an event."),
};

static const Schema conflict_check_schema = SCHEMA_NAMED(
    "ConflictCheck", Event, conflict_check_fields, .doc = "What to look for conflicts with.");

typedef struct Conflict {
    Members given;
    int64_t event_id;
    const char *title;
    Instant occurrence;
    Instant start_time;
    Instant end_time;
    Instant with_occurrence;
    Instant with_start; /* not shown: the order of the list */
} Conflict;

static const Field conflict_fields[] = {
    INTEGER(Conflict, event_id, .doc = "The event that is in the way.", .example = "17"),
    TEXT(Conflict, title, .max = LIMIT_TITLE, .doc = "Its title then.", .example = "\"Review\""),
    INSTANT(Conflict, occurrence, .doc = "The original start of its occurrence.",
            .example = "\"2025-03-10T09:30:00Z\""),
    INSTANT(Conflict, start_time, .doc = "When that begins.",
            .example = "\"2025-03-10T09:30:00Z\""),
    INSTANT(Conflict, end_time, .doc = "When that ends.", .example = "\"2025-03-10T10:30:00Z\""),
    INSTANT(Conflict, with_occurrence,
            .doc = "The original start of the occurrence that was asked about.",
            .example = "\"2025-03-10T09:00:00Z\""),
};

static const Schema conflict_schema =
    SCHEMA(Conflict, conflict_fields, .doc = "Two occurrences at the same time.");

typedef struct ConflictReport {
    Members given;
    List conflicts; /* of Conflict */
    Instant checked_until;
} ConflictReport;

static const Field conflict_report_fields[] = {
    ARRAY(ConflictReport, conflicts, .schema = &conflict_schema,
          .doc = "By the time of the occurrence that was asked about; at most 100."),
    INSTANT(ConflictReport, checked_until,
            .doc = "Up to here every conflict is listed; later ones were not looked for.",
            .example = "\"2025-05-05T10:00:00Z\""),
};

static const Schema conflict_report_schema =
    SCHEMA(ConflictReport, conflict_report_fields, .doc = "What is at the same time.");

/* -- Looking for them ------------------------------------------------------------------------- */

typedef struct Search {
    Request *req;
    const Event *event;
    OverlapSide side;
    int64_t work_left;
    Conflict *found;
    size_t count;
    size_t capacity;
} Search;

static int compare(const void *a, const void *b)
{
    const Conflict *left = a;
    const Conflict *right = b;
    const int64_t keys[][2] = {
        { left->with_start, right->with_start },
        { left->start_time, right->start_time },
        { left->event_id, right->event_id },
        { left->occurrence, right->occurrence },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return 0;
}

/* Beyond the limit only the first is kept: it tells how far the list is complete. */
static void sort_and_cut(Search *search)
{
    if (search->count > 1)
        qsort(search->found, search->count, sizeof(*search->found), compare);
    if (search->count > LIMIT_CONFLICTS)
        search->count = LIMIT_CONFLICTS + 1;
}

static void add_conflict(Search *search, const Event *other, const Overlap *overlap)
{
    const EventOccurrence view = occurrence_view(other, &overlap->theirs);
    Arena *arena = search->req->arena;

    if (search->count == search->capacity && search->capacity > 2 * LIMIT_CONFLICTS)
        sort_and_cut(search);
    search->found =
        vector_room(arena, search->found, search->count, &search->capacity, sizeof(*search->found));
    search->found[search->count++] = (Conflict){
        .event_id = view.event_id,
        .title = arena_strdup(arena, view.title),
        .occurrence = view.occurrence,
        .start_time = view.start_time,
        .end_time = view.end_time,
        .with_occurrence = overlap->ours.original_start,
        .with_start = overlap->ours.start,
    };
}

/* A rule that is too complex hardly ever occurs; it is in nobody's way. */
static bool search_event(Search *search, Arena *scratch, const Event *other)
{
    const OverlapLimits limits = { .pairs = LIMIT_CONFLICTS + 1, .work_left = &search->work_left };
    OverlapList list;
    Error problem = { 0 };

    if (other->id == search->event->id)
        return true;
    if (!overlap_find(scratch, &search->side, other, &limits, &list, &problem) &&
        search->work_left < 0)
        return refuse_complex(search->req, &body_location, &problem);
    for (size_t i = 0; i < list.count; i++)
        add_conflict(search, other, &list.items[i]);
    return true;
}

static bool search_all(Search *search)
{
    enum { PAGE = 200 };
    Request *req = search->req;
    EventWindow window = {
        .reader = req->user->user_id,
        .from = search->side.from,
        .to = search->side.until,
        .after_id = INTEGER_NULL,
        .after_start = INSTANT_NULL,
        .limit = PAGE,
    };
    Arena AUTO(arena_finish) scratch = { 0 };
    List page;

    do {
        arena_reset(&scratch);
        if (!events_list_occupying(req->db, &scratch, &window, &page, &req->error))
            return false;
        const Event *events = page.items;
        for (size_t i = 0; i < page.count; i++) {
            if (!search_event(search, &scratch, &events[i]))
                return false;
            window.after_start = events[i].start_time;
            window.after_id = events[i].id;
        }
    } while (page.count == PAGE);
    return true;
}

static bool find_conflicts(Request *req, const Event *event, ConflictReport *ret_report)
{
    Search search = { .req = req, .event = event, .work_left = LIMIT_VIEW_WORK };
    Error problem = { 0 };

    if (!overlap_prepare(req->arena, event, &search.side, &problem)) {
        const Location at = { .parent = &body_location, .name = "recurrence_pattern" };
        return refuse_complex(req, &at, &problem);
    }
    if (search.side.occurrences.count > 0 && !search_all(&search))
        return false;
    sort_and_cut(&search);
    *ret_report = (ConflictReport){ .checked_until = search.side.until };
    if (search.count > LIMIT_CONFLICTS) {
        search.count = LIMIT_CONFLICTS;
        ret_report->checked_until = search.found[LIMIT_CONFLICTS].with_start;
    }
    /* An empty list is no null. */
    void *items = search.found != NULL ? (void *)search.found : arena_alloc(req->arena, 1);
    ret_report->conflicts = (List){ .items = items, .count = search.count };
    return true;
}

bool conflicts_permit(Request *req, const ConflictsQuery *query, const Event *event)
{
    ConflictReport report = { 0 };
    Writer w = writer_start(req->arena);

    if (query->conflicts != CONFLICTS_REJECT)
        return true;
    if (!users_lock(req->db, req->user->user_id, &req->error) ||
        !find_conflicts(req, event, &report))
        return false;
    if (report.conflicts.count == 0)
        return true;
    schema_encode(&conflict_report_schema, &w, &report, 0);
    /* Without the braces: members of the problem. */
    req->problem_members = arena_strndup(req->arena, writer_text(&w) + 1, writer_length(&w) - 2);
    return error_set(&req->error, ERROR_CONFLICT,
                     "The event takes place at the same time as another one of yours.");
}

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

static bool settle_event(Request *req, const Event *check, Event *ret_event)
{
    const Event members = event_from(check);
    const Decoder body = body_decoder(req, &body_location);
    const Author author = author_of(req, NULL);
    Event *before = NULL;

    if (check->id == INTEGER_NULL) {
        *ret_event = members;
        return need_times(req, check) && event_prepare(req, &body_location, ret_event);
    }
    return permit_event(req, check->id, ACTION_EVENT_READ, &before) &&
           edits_apply_patch(req->db, &body, &author, before, &members, ret_event);
}

static Reply check_conflicts(Request *req)
{
    Event event;
    ConflictReport report = { 0 };

    if (!settle_event(req, req->body, &event) || !find_conflicts(req, &event, &report))
        return reply_error(req);
    return reply_object(req, &conflict_report_schema, &report);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_POST, "/api/events/conflicts", check_conflicts, LANE_READ, .needs = &need_user,
      .in.takes = &conflict_check_schema, .in.limit = LIMIT_EVENT_BODY_BYTES,
      .in.example =
          "{\"start_time\":\"2025-03-03T09:00:00Z\",\"end_time\":\"2025-03-03T10:30:00Z\"}",
      .out.shape = GIVES_ONE, .out.gives = &conflict_report_schema, .fails = FAILS_1(NOT_FOUND),
      .tag = "Calendar", .id = "find_conflicts",
      .summary = "Ask what else takes place at the same time",
      .doc = "Of an event that exists, or of one that does not yet; nothing is saved. Looked at "
             "are the events that I own or edit, each occurrence of them, but for cancelled ones; "
             "what ends when another begins is no conflict. More complex rules than can be looked "
             "into at once are a 422, `recurrence_too_complex`." },
};

const RouteTable conflict_routes = ROUTE_TABLE(routes);
