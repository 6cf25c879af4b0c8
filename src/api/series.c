/* Series: one occurrence of an event changed or taken away, alone or with the others. */

#include "api/conflicts.h"
#include "api/judged.h"
#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "calendar/series/report.h"
#include "calendar/start_clock.h"
#include "permit/event.h"

/* -- Tables ----------------------------------------------------------------------------------- */

enum { DEFAULT_STEPS = 20 };

#define SERIES_QUERY                                                                               \
    CHOICE(ChangeQuery, scope, .choices = series_scope_names, .fallback = "\"this\"",              \
           .doc = "This occurrence alone, it and all that follow, or the whole series.",           \
           .example = "\"following\""),                                                            \
        BOOLEAN(ChangeQuery, dry_run, .fallback = "false",                                         \
                .doc = "Only say what would happen to the occurrences; nothing is changed.",       \
                .example = "true"),                                                                \
        INSTANT(ChangeQuery, from,                                                                 \
                .doc = "With `dry_run`: the window begins here. Left out, at the occurrence, or "  \
                       "with `all` at the start of the event.",                                    \
                .example = "\"2025-03-01T00:00:00Z\""),                                            \
        INSTANT(ChangeQuery, to, .doc = "With `dry_run`: it ends here, at most 400 days later.",   \
                .example = "\"2025-06-01T00:00:00Z\""),                                            \
        INTEGER(ChangeQuery, limit, .min = 1, .max = LIMIT_PAGE, .fallback = "20",                 \
                .doc = "With `dry_run`: how many occurrences to list of each kind.",               \
                .example = "20"),                                                                  \
        TEXT(ChangeQuery, comment, .min = 1, .max = LIMIT_COMMENT,                                 \
             .doc = "Why: kept with the version and in the changelog.",                            \
             .example = "\"Moved to Tuesdays\""),                                                  \
        CHOICE(ChangeQuery, overrides, OVERRIDES_CHOICE)

static const Field removal_query_fields[] = { SERIES_QUERY };
static const Field series_query_fields[] = {
    SERIES_QUERY,
    CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE),
};

static bool check_series_query(const Decoder *d, void *object)
{
    const ChangeQuery *query = object;

    return query->from == INSTANT_NULL || query->to == INSTANT_NULL ||
           window_check(d->err, d->arena, query->from, query->to);
}

static const Schema series_query_schema =
    SCHEMA_NAMED("SeriesQuery", ChangeQuery, series_query_fields, .check = check_series_query);

static const Schema removal_query_schema =
    SCHEMA_NAMED("RemovalQuery", ChangeQuery, removal_query_fields, .check = check_series_query);

typedef struct SeriesPreview {
    Members given;
    Instant from;
    Instant to;
    int64_t added_count;
    int64_t removed_count;
    int64_t moved_count;
    int64_t kept_count;
    List added;
    List removed;
    List moved;
    List kept;
    bool is_complete;
} SeriesPreview;

static const Field series_preview_fields[] = {
    INSTANT(SeriesPreview, from, .doc = "The window begins here."),
    INSTANT(SeriesPreview, to, .doc = "The window ends here."),
    INTEGER(SeriesPreview, added_count, .doc = "How many would be new.", .example = "0"),
    INTEGER(SeriesPreview, removed_count, .doc = "How many would be gone.", .example = "0"),
    INTEGER(SeriesPreview, moved_count, .doc = "How many would take place at another time.",
            .example = "9"),
    INTEGER(SeriesPreview, kept_count, .doc = "How many would keep their times.", .example = "3"),
    ARRAY(SeriesPreview, added, .schema = &occurrence_step_schema, .doc = "The first new ones."),
    ARRAY(SeriesPreview, removed, .schema = &occurrence_step_schema, .doc = "The first gone."),
    ARRAY(SeriesPreview, moved, .schema = &occurrence_step_schema, .doc = "The first moved."),
    ARRAY(SeriesPreview, kept, .schema = &occurrence_step_schema, .doc = "The first kept."),
    BOOLEAN(SeriesPreview, is_complete,
            .doc = "False: so many lie in the window that not all were counted.",
            .example = "true"),
};

static const Schema series_preview_schema =
    SCHEMA(SeriesPreview, series_preview_fields,
           .doc = "What an edit would do to the occurrences in a window.");

typedef struct SeriesEdited {
    Members given;
    Event *event;
    Event *new_event;
    List dropped_overrides; /* of Instant */
    SeriesPreview *preview;
} SeriesEdited;

static const Field override_start = ELEMENT(Instant, instant_type, .doc = "An original start.");

static const Field series_edited_fields[] = {
    OBJECT(SeriesEdited, event, Event, .flags = NULLABLE, .schema = &event_schema,
           .doc = "The event as it now is; `null` with `dry_run`."),
    OBJECT(SeriesEdited, new_event, Event, .flags = NULLABLE, .schema = &event_schema,
           .doc = "The event with the later part, when the series was split."),
    ARRAY(SeriesEdited, dropped_overrides, .element = &override_start,
          .doc = "Original starts of overrides that had to be given up, because no occurrence "
                 "answers to them any more."),
    OBJECT(SeriesEdited, preview, SeriesPreview, .flags = NULLABLE,
           .schema = &series_preview_schema, .doc = "With `dry_run`: what would happen."),
};

static const Schema series_edited_schema =
    SCHEMA(SeriesEdited, series_edited_fields, .doc = "What came of the edit of an occurrence.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

static void digest_change(Request *req)
{
    const OccurrenceChange *change = req->body;
    const Event texts = {
        .title = change->title,
        .location = change->location,
        .description = change->description,
    };

    event_digest_texts(req, &texts);
}

static bool find_original(Request *req, Instant *ret_original)
{
    const Event *event = event_of(req);
    const char *text = request_text(req, "original_start");
    StartClock AUTO(start_clock_finish) clock = start_clock(req->arena, event);
    NamedTime named;
    const char *reason;

    if (start_clock_find_kept(&clock, text, ret_original))
        return true;
    if (named_time_parse(text, &named, &reason)) {
        *ret_original = event_original_start(event, named);
        if (*ret_original != INSTANT_NULL && occurrences_contains(event, *ret_original))
            return true;
    }
    return error_set(&req->error, ERROR_NOT_FOUND, "No occurrence of this event starts then.");
}

/* Who takes the whole series away deletes the event, which takes another role. */
static bool may_edit(Request *req, const SeriesAfter *after)
{
    return !after->is_trashed || permit_action(req, event_of(req), ACTION_EVENT_DELETE);
}

static OccurrenceWindow window_of(const Request *req, const SeriesEdit *edit)
{
    const ChangeQuery *query = req->query;
    int64_t longest_us = LIMIT_WINDOW_DAYS * DAY_US;
    const Event *event = event_of(req);
    const Timezone *days = window_days(req);
    const Timezone *own = event->all_day ? days : NULL;
    Instant start = days_begin(own, event->start_time);
    Instant from = days_begin(own, edit->original_start);

    if (query->from != INSTANT_NULL)
        from = query->from;
    else if (query->to != INSTANT_NULL && query->to <= from)
        from = query->to - longest_us;
    else if (edit->scope == SERIES_ALL && start < from)
        from = start;
    bool has_to = query->to != INSTANT_NULL && query->to - from <= longest_us;
    return (OccurrenceWindow){
        .from = from,
        .to = has_to ? query->to : from + longest_us,
        .days = days,
        .limit = LIMIT_OCCURRENCES,
    };
}

static bool preview(Request *req, const SeriesEdit *edit, const SeriesAfter *after,
                    SeriesPreview **ret_preview)
{
    const ChangeQuery *query = req->query;
    const OccurrenceWindow window = window_of(req, edit);
    SeriesPreview *shown = ARENA_NEW(req->arena, SeriesPreview);
    SeriesReport report;
    size_t limit = query->limit == INTEGER_NULL ? DEFAULT_STEPS : (size_t)query->limit;

    if (!series_report(req->arena, event_of(req), after, &window, limit, &report, &req->error))
        return false;
    *shown = (SeriesPreview){
        .from = window.from,
        .to = window.to,
        .added_count = report.counts[OCCURRENCE_ADDED],
        .removed_count = report.counts[OCCURRENCE_REMOVED],
        .moved_count = report.counts[OCCURRENCE_MOVED],
        .kept_count = report.counts[OCCURRENCE_KEPT],
        .added = report.steps[OCCURRENCE_ADDED],
        .removed = report.steps[OCCURRENCE_REMOVED],
        .moved = report.steps[OCCURRENCE_MOVED],
        .kept = report.steps[OCCURRENCE_KEPT],
        .is_complete = report.is_complete,
    };
    *ret_preview = shown;
    return true;
}

/* Writes what the edit has made of the event, all in the lane's transaction. */
static bool store(Request *req, SeriesAfter *after)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);

    if (after->is_trashed)
        return edits_delete_event(req->db, req->arena, &author, event_of(req), &after->event,
                                  &req->error);
    return edits_update_event(req->db, req->arena, &author, CHANGE_UPDATE, event_of(req),
                              &after->event, judged_changes(req, 0), &req->error) &&
           (!after->is_split || edits_split_event(req->db, req->arena, &author, event_of(req),
                                                  &after->next, &req->error));
}

/* What the edit makes of the event, in the arena. */
typedef struct Edited {
    SeriesEdit edit;
    SeriesAfter after;
    List dropped; /* of Instant */
    Changes changes;
} Edited;

/* As the events are then: two, where the series is split. */
static Changes changes_of(Request *req, SeriesAfter *after)
{
    size_t count = after->is_split ? 2 : 1;
    const Event **befores = ARENA_ARRAY(req->arena, const Event *, count);
    Event *afters = ARENA_ARRAY(req->arena, Event, count);

    befores[0] = event_of(req);
    afters[0] = after->event;
    if (after->is_split) {
        befores[1] = event_of(req);
        afters[1] = after->next;
    }
    return (Changes){ .befores = befores, .afters = afters, .count = count };
}

static bool apply(Request *req, const OccurrenceChange *change, Edited *ret_edited)
{
    const ChangeQuery *query = req->query;
    const Decoder decoder = body_decoder(req, &body_location);
    Edited edited = {
        .edit = { .scope = query->scope == INTEGER_NULL ? SERIES_THIS : (SeriesScope)query->scope,
                  .change = change },
    };

    if (!find_original(req, &edited.edit.original_start) ||
        !series_edit(&decoder, event_of(req), &edited.edit, &edited.after) ||
        !may_edit(req, &edited.after))
        return false;
    edited.dropped = (List){ .items = edited.after.dropped, .count = edited.after.dropped_count };
    if (edited.dropped.items == NULL)
        edited.dropped.items = ARENA_NEW(req->arena, Instant);
    edited.changes = changes_of(req, &edited.after);
    *ret_edited = edited;
    return overrides_may_drop(req, &body_location, &edited.dropped);
}

static Reply reply_edited(Request *req, const SeriesEdited *edited, int64_t version)
{
    Reply reply = reply_object(req, &series_edited_schema, edited);

    reply_etag(req, &reply, version);
    return reply;
}

/* `change` as in SeriesEdit. */
static Reply look_at(Request *req, const OccurrenceChange *change)
{
    Edited *edited = ARENA_NEW(req->arena, Edited);

    if (!apply(req, change, edited) || !conflicts_look_at_changes(req, &edited->changes))
        return reply_error(req);
    judged_keep(req, edited->changes.befores, &edited->after.event, 1, edited);
    if (edited->after.is_split)
        event_make_texts_ready(req, &edited->after.next);
    return reply_go_on();
}

static Reply look_at_change(Request *req)
{
    return look_at(req, req->body);
}

static Reply look_at_removal(Request *req)
{
    return look_at(req, NULL);
}

/* It says what would happen, refusals too. */
static Reply try_edit(Request *req, const OccurrenceChange *change)
{
    Edited edited;
    SeriesEdited shown = { 0 };

    if (!apply(req, change, &edited) || !conflicts_look_at_changes(req, &edited.changes) ||
        !preview(req, &edited.edit, &edited.after, &shown.preview))
        return reply_error(req);
    shown.dropped_overrides = edited.dropped;
    Reply reply = reply_edited(req, &shown, event_of(req)->version_number);
    reply.is_dry_run = true;
    return reply;
}

static Reply edit_occurrence(Request *req, const OccurrenceChange *change)
{
    const ChangeQuery *query = req->query;
    const Event *before = event_of(req);
    const Edited *judged = judged_find(req, &before, 1);
    Edited edited;
    SeriesEdited shown = { 0 };

    if (query->dry_run)
        return try_edit(req, change);
    if (judged != NULL)
        edited = *judged;
    else if (judged_takes_long(&before, 1, 0))
        return judged_look(req);
    else if (!apply(req, change, &edited))
        return reply_error(req);
    if (!conflicts_permit_changes(req, &edited.changes) || !store(req, &edited.after))
        return reply_error(req);
    shown.dropped_overrides = edited.dropped;
    shown.event = &edited.after.event;
    shown.new_event = edited.after.is_split ? &edited.after.next : NULL;
    return reply_edited(req, &shown, edited.after.event.version_number);
}

/* It only looks, and so it does not keep the writer from others. */
static bool is_dry_run(const Request *req)
{
    return ((const ChangeQuery *)req->query)->dry_run;
}

static Reply change_occurrence(Request *req)
{
    return edit_occurrence(req, req->body);
}

static Reply remove_occurrence(Request *req)
{
    return edit_occurrence(req, NULL);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define OCCURRENCE                                                                                 \
    .needs = &event_needs[ACTION_EVENT_UPDATE], .honours_if_match = true, .out.shape = GIVES_ONE,  \
    .out.gives = &series_edited_schema, .has_etag = true, .fails = FAILS_2(CONFLICT, QUOTA),       \
    .tag = "Events"

static const Route routes[] = {
    { METHOD_PATCH, "/api/events/{event_id:int}/occurrences/{original_start}", change_occurrence,
      LANE_WRITE,
      .before = { { LANE_SCAN, change_occurrence, is_dry_run },
                  { LANE_SCAN, look_at_change, conflicts_are_asked } },
      OCCURRENCE, .in.query = &series_query_schema, .in.takes = &occurrence_change_schema,
      .in.mode = DECODE_MERGE, .in.limit = LIMIT_EVENT_BODY_BYTES, .digest = digest_change,
      .id = "update_occurrence", .summary = "Change one occurrence, those that follow, or all",
      .doc = "`this` writes an override. `following` splits the series: the event ends before this "
             "occurrence, with its past as it was, and a new event with `series_of` begins here. "
             "`all` changes the event. A new start moves the others by the same difference of the "
             "wall clock; overrides stay with their occurrences. The occurrence is named by its "
             "original start, as a moment or as its `occurrence_local`." },
    { METHOD_DELETE, "/api/events/{event_id:int}/occurrences/{original_start}", remove_occurrence,
      LANE_WRITE,
      .before = { { LANE_SCAN, remove_occurrence, is_dry_run },
                  { LANE_SCAN, look_at_removal, conflicts_are_asked } },
      OCCURRENCE, .in.query = &removal_query_schema,
      .needs_again = &trashed_event_needs[ACTION_EVENT_UPDATE], .id = "delete_occurrence",
      .summary = "Take away one occurrence, those that follow, or all",
      .doc = "`this` cancels the occurrence. `following` ends the series before it. `all`, or "
             "`following` from the first occurrence on, moves the event to the trash, which only "
             "its owner may do. The occurrence is named by its original start, as a moment or as "
             "its `occurrence_local`." },
};

const RouteTable series_routes = ROUTE_TABLE(routes);
