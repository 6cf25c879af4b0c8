/* Conflicts: what takes place at the same time as an event, over all that occupies the caller's
 * time (store/known.h). */

#include "api/conflicts.h"

#include <stdlib.h>
#include <string.h>

#include "api/event_input.h"
#include "api/occupying.h"
#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "base/vector.h"
#include "calendar/occurrence_view.h"
#include "calendar/overlap.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

static const char *const conflicts_choices[] = { "allow", "reject", NULL };
enum { CONFLICTS_REJECT = 1 };

static const Field conflicts_query_fields[] = {
    CHOICE(ConflictsQuery, conflicts, .choices = conflicts_choices, .fallback = "\"allow\"",
           .doc =
               "`reject`: 409 when something that occupies my time takes place at the same time. "
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
    CHOICE(Event, transparency, .choices = event_transparency_names,
           .doc = "As of an event: a `transparent` one is at no time.", .example = "\"opaque\""),
    BOOLEAN(Event, is_recurring, .doc = "As of an event.", .example = "true"),
    RECURRENCE(Event, recurrence_pattern, .flags = NULLABLE | EMPTY_IS_LEFT_OUT,
               .doc = "As of an event.", .example = "{\"rrule\":\"FREQ=WEEKLY;COUNT=10\"}"),
    OVERRIDES(Event, recurrence_overrides, .flags = NULLABLE, .doc = "As of an event."),
};

static const Schema conflict_check_schema = SCHEMA_NAMED(
    "ConflictCheck", Event, conflict_check_fields, .doc = "What to look for conflicts with.");

typedef struct Conflict {
    Members given;
    int64_t event_id; /* INTEGER_NULL: of the same batch */
    const char *title;
    Instant occurrence;
    Instant start_time;
    Instant end_time;
    Instant with_occurrence;
    Instant with_start; /* not shown: the order of the list */
} Conflict;

static const Field conflict_fields[] = {
    INTEGER(Conflict, event_id, .flags = NULLABLE,
            .doc = "The event that is in the way; `null`: another one of the same batch.",
            .example = "17"),
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
    List incomplete; /* of LeftOut */
} ConflictReport;

static const Field conflict_report_fields[] = {
    ARRAY(ConflictReport, conflicts, .schema = &conflict_schema,
          .doc = "By the time of the occurrence that was asked about; at most 100."),
    INSTANT(ConflictReport, checked_until,
            .doc = "Up to here every conflict is listed; later ones were not looked for.",
            .example = "\"2025-05-05T10:00:00Z\""),
    INCOMPLETE(ConflictReport),
};

static const Schema conflict_report_schema =
    SCHEMA(ConflictReport, conflict_report_fields, .doc = "What is at the same time.");

/* -- Looking for them ------------------------------------------------------------------------- */

/* How it works: what occupies the caller is looked at in a reading lane, of many new events at
 * once, and how each of these events was, by id and version, is kept. In the WRITE lane, where
 * nobody else creates with `reject` for the same person any more, only those are looked at again
 * that have come or changed since. */

typedef struct Search {
    Request *req;
    const Event *events; /* that are asked about, `of` of an Overlap */
    int64_t except_id;   /* no conflict with itself */
    const Timezone *days;
    OverlapSide side;
    Fair fair;
    EventVersion *seen; /* by id */
    size_t seen_count;
    Conflict *found;
    size_t count;
    size_t capacity;
    Error refusal; /* that is told in the WRITE lane, with its … */
    const char *refusal_members;
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
        .with_start = overlap->ours.from,
    };
}

/* False: it is too complex, or there is no more work left. */
static bool search_event(Search *search, Arena *scratch, const Event *other, int64_t *work_left)
{
    const OverlapLimits limits = { .pairs = LIMIT_CONFLICTS + 1,
                                   .days = search->days,
                                   .work_left = work_left };
    OverlapList list;
    Error problem = { 0 };

    if (other->id == search->except_id)
        return true;
    if (!overlap_find(scratch, &search->side, other, &limits, &list, &problem))
        return false;
    for (size_t i = 0; i < list.count; i++)
        add_conflict(search, other, &list.items[i]);
    return true;
}

static EventWindow window_of(const Search *search)
{
    return (EventWindow){
        .reader = search->req->user->user_id,
        .from = search->side.from,
        .to = search->side.until,
        .days = { .are_known = true, .zone = search->days },
        .after_id = INTEGER_NULL,
        .after_start = INSTANT_NULL,
    };
}

static bool visit_event(void *context, Arena *scratch, const Event *event, bool *ret_is_done)
{
    Search *search = context;

    *ret_is_done = search_event(search, scratch, event, &search->fair.work_left);
    return true;
}

static bool search_all(Search *search, int64_t work_left)
{
    const EventWindow window = window_of(search);

    search->fair = fair_start(search->req->arena, window.reader, work_left);
    return search->side.count == 0 ||
           occupying_visit(search->req, &window, &search->fair, visit_event, search);
}

/* When the events take place, all together. */
static bool prepare_side(Search *search, size_t count, int64_t *work_left)
{
    Request *req = search->req;
    Arena AUTO(arena_finish) scratch = { 0 };
    OverlapSide *sides = ARENA_ARRAY(&scratch, OverlapSide, count);
    Error problem = { 0 };

    for (size_t i = 0; i < count; i++) {
        const Location at = { .parent = &body_location, .name = "recurrence_pattern" };
        if (!overlap_prepare(&scratch, &search->events[i], search->days, work_left, &sides[i],
                             &problem))
            return refuse_complex(req, &at, &problem);
    }
    overlap_join(req->arena, sides, count, &search->side);
    return true;
}

/* The new events among each other. */
static bool search_within(Search *search, int64_t *work_left)
{
    const OverlapLimits limits = { .pairs = LIMIT_CONFLICTS + 1, .work_left = work_left };
    Request *req = search->req;
    OverlapList list;
    Error problem = { 0 };

    if (!overlap_find_within(req->arena, &search->side, &limits, &list, &problem))
        return refuse_complex(req, &body_location, &problem);
    for (size_t i = 0; i < list.count; i++) {
        Event other = search->events[list.items[i].theirs_of];
        other.id = INTEGER_NULL;
        add_conflict(search, &other, &list.items[i]);
    }
    return true;
}

static ConflictReport report_of(Search *search)
{
    ConflictReport report = { .checked_until = search->side.until };

    sort_and_cut(search);
    if (search->count > LIMIT_CONFLICTS) {
        search->count = LIMIT_CONFLICTS;
        report.checked_until = search->found[LIMIT_CONFLICTS].with_start;
    }
    /* An empty list is no null. */
    void *items =
        search->found != NULL ? (void *)search->found : arena_alloc(search->req->arena, 1);
    report.conflicts = (List){ .items = items, .count = search->count };
    report.incomplete = window_left_out(&search->fair);
    return report;
}

static bool find_conflicts(Request *req, const Event *event, ConflictReport *ret_report)
{
    Search search = {
        .req = req, .events = event, .except_id = event->id, .days = window_days(req)
    };
    int64_t work_left = req->work_left;

    if (!prepare_side(&search, 1, &work_left))
        return false;
    if (!search_all(&search, work_left))
        return false;
    *ret_report = report_of(&search);
    return true;
}

/* -- Before a write --------------------------------------------------------------------------- */

static bool refuse_conflicts(Search *search)
{
    Request *req = search->req;
    const ConflictReport report = report_of(search);
    Writer w = writer_start(req->arena);

    schema_encode(&conflict_report_schema, &w, &report, 0);
    /* Without the braces: members of the problem. */
    req->problem_members = arena_strndup(req->arena, writer_text(&w) + 1, writer_length(&w) - 2);
    return error_set(&req->error, ERROR_CONFLICT,
                     "The event takes place at the same time as another one of yours.");
}

static int compare_versions(const void *a, const void *b)
{
    const EventVersion *left = a;
    const EventVersion *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

/* Before they are looked at: what changes afterwards is looked at again. */
static bool remember_versions(Search *search)
{
    Request *req = search->req;
    const EventWindow window = window_of(search);

    if (!events_occupying_versions(req->db, req->arena, &window, &search->seen, &search->seen_count,
                                   &req->error))
        return false;
    if (search->seen_count > 1)
        qsort(search->seen, search->seen_count, sizeof(*search->seen), compare_versions);
    return true;
}

/* What others have put there does not keep anybody from creating; what is too much of one's own
 * does, for there a conflict may have been missed. */
static bool has_seen_own(Search *search)
{
    const Error problem = {
        .detail = "Your repeating events in this time are too complex together to look for "
                  "conflicts: give them simpler rules, or create it without conflicts=reject.",
    };
    LeftOut *list;
    size_t count = fair_left_out(&search->fair, &list);

    for (size_t i = 0; i < count; i++) {
        if (list[i].owner_id == search->fair.reader && list[i].event_id == INTEGER_NULL)
            return refuse_complex(search->req, &body_location, &problem);
    }
    return true;
}

bool conflicts_are_asked(const Request *req)
{
    const ConflictsQuery *query = req->query;

    return query->conflicts == CONFLICTS_REJECT;
}

static bool look(Search *search, size_t count)
{
    int64_t work_left = search->req->work_left;

    if (!prepare_side(search, count, &work_left))
        return false;
    if (search->side.count == 0)
        return true;
    if (!remember_versions(search) || !search_within(search, &work_left))
        return false;
    if (!search_all(search, work_left))
        return false;
    return search->count > 0 ? refuse_conflicts(search) : has_seen_own(search);
}

bool conflicts_look(Request *req, const Event *events, size_t count)
{
    if (!conflicts_are_asked(req))
        return true;
    Search *search = ARENA_NEW(req->arena, Search);

    *search = (Search){
        .req = req, .events = events, .except_id = INTEGER_NULL, .days = window_days(req)
    };
    req->state = search;
    if (look(search, count))
        return true;
    if (!req->has_key || (req->error.code != ERROR_CONFLICT && req->error.code != ERROR_INVALID))
        return false;
    /* What is in the way may be what this very key has made: the WRITE lane knows. */
    search->refusal = req->error;
    search->refusal_members = req->problem_members;
    error_clear(&req->error);
    req->problem_members = NULL;
    return true;
}

static bool is_seen(const Search *search, const EventVersion *version)
{
    const EventVersion *seen = NULL;

    if (search->seen_count > 0)
        seen =
            bsearch(version, search->seen, search->seen_count, sizeof(*version), compare_versions);
    return seen != NULL && seen->version_number == version->version_number;
}

/* Of one owner's events or all others', those that were not seen. */
static bool search_changed(Search *search, const EventVersion *now, size_t count, bool of_own,
                           int64_t *work_left)
{
    enum { FETCH_WORK = 200 };
    Request *req = search->req;
    int64_t reader = req->user->user_id;
    Arena AUTO(arena_finish) scratch = { 0 };

    for (size_t i = 0; i < count && *work_left >= 0; i++) {
        Event *event = NULL;
        if ((now[i].owner_id == reader) != of_own || is_seen(search, &now[i]))
            continue;
        arena_reset(&scratch);
        *work_left -= FETCH_WORK;
        if (!events_find_occupying(req->db, &scratch, reader, now[i].id, &event, &req->error))
            return false;
        if (event != NULL)
            (void)search_event(search, &scratch, event, work_left);
    }
    return true;
}

bool conflicts_permit(Request *req)
{
    const Error busy = { .detail = "Too many of your events have changed at this moment: try "
                                   "again." };
    const Search *looked = req->state;
    int64_t work_left = LIMIT_WRITE_WORK;
    EventVersion *now = NULL;
    size_t count = 0;

    if (!conflicts_are_asked(req))
        return true;
    if (looked->refusal.code != ERROR_NONE) {
        req->error = looked->refusal;
        req->problem_members = looked->refusal_members;
        return false;
    }
    if (looked->side.count == 0)
        return true;
    Search search = *looked; /* this may run again */
    search.req = req;
    const EventWindow window = window_of(&search);
    if (!users_lock(req->db, window.reader, &req->error) ||
        !events_occupying_versions(req->db, req->arena, &window, &now, &count, &req->error) ||
        !search_changed(&search, now, count, true, &work_left))
        return false;
    if (work_left < 0 && search.count == 0)
        return refuse_complex(req, &body_location, &busy);
    if (!search_changed(&search, now, count, false, &work_left))
        return false;
    return search.count == 0 || refuse_conflicts(&search);
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
        return need_times(req, check) && event_prepare(req, &body_location, NULL, ret_event);
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
