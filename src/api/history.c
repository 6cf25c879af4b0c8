/* History: versions, diff, rollback, changelog. */

#include <string.h>

#include "api/conflicts.h"
#include "api/judged.h"
#include "api/paging.h"
#include "api/routes.h"
#include "base/limits.h"
#include "history/diff.h"
#include "permit/event.h"
#include "json/reader.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct HistoryQuery {
    Members given;
    Paging page;
    int64_t order;
} HistoryQuery;

static const char *const order_choices[] = { "asc", "desc", NULL };

static const Field history_query_fields[] = { PAGING_FIELDS(HistoryQuery) };

static const Schema history_query_schema =
    SCHEMA(HistoryQuery, history_query_fields, .doc = "Which page.");

static const Field changelog_query_fields[] = {
    PAGING_FIELDS(HistoryQuery),
    CHOICE(HistoryQuery, order, .choices = order_choices, .fallback = "\"asc\"",
           .doc = "Oldest first, or newest first.", .example = "\"desc\""),
};

static const Schema changelog_query_schema =
    SCHEMA(HistoryQuery, changelog_query_fields, .doc = "Which page.");

static const char *const diff_kinds[] = { "added", "removed", "modified", NULL };

/* Only for the description: diff_write writes it. */
typedef struct FieldChange {
    Members given;
    const char *field;
    int64_t change_type;
    const char *old_value;
    const char *new_value;
} FieldChange;

static const Field field_change_fields[] = {
    TEXT(FieldChange, field, .doc = "The member; one override's as recurrence_overrides.<start>.…",
         .example = "\"title\""),
    CHOICE(FieldChange, change_type, .choices = diff_kinds, .doc = "What happened to it.",
           .example = "\"modified\""),
    JSON(FieldChange, old_value, .flags = NULLABLE, .doc = "Its value before.",
         .example = "\"Standup\""),
    JSON(FieldChange, new_value, .flags = NULLABLE, .doc = "Its value after.",
         .example = "\"Stand-up\""),
};

static const Schema field_change_schema =
    SCHEMA(FieldChange, field_change_fields, .doc = "One member that differs.");

typedef struct Diff {
    Members given;
    int64_t event_id;
    int64_t from_version;
    int64_t to_version;
    List changes;
} Diff;

static const Field diff_fields[] = {
    INTEGER(Diff, event_id, .doc = "The event.", .example = "42"),
    INTEGER(Diff, from_version, .doc = "Compared from.", .example = "1"),
    INTEGER(Diff, to_version, .doc = "Compared to.", .example = "3"),
    ARRAY(Diff, changes, .schema = &field_change_schema, .doc = "The members that differ."),
};

static const Schema diff_schema =
    SCHEMA(Diff, diff_fields, .doc = "What changed between versions.");

static const Field rollback_query_fields[] = {
    CHOICE(ChangeQuery, overrides, OVERRIDES_CHOICE),
    CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE),
};

static const Schema rollback_query_schema =
    SCHEMA_NAMED("RollbackQuery", ChangeQuery, rollback_query_fields, .doc = "How.");

typedef struct Rollback {
    Members given;
    const char *comment;
} Rollback;

static const Field rollback_fields[] = {
    TEXT(Rollback, comment, .flags = NULLABLE, .max = LIMIT_COMMENT, .doc = "Why.",
         .example = "\"Moved by mistake\""),
};

static const Schema rollback_schema = SCHEMA(Rollback, rollback_fields, .doc = "Why to roll back.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

typedef struct PageAsk {
    Place place;
    Error fault; /* of the cursor: told when it is known that they may ask */
    Ask *total;  /* NULL: not wanted */
    Ask *page;
} PageAsk;

/* An event may have any number of versions and entries. */
static Pace prepare_page(Request *req)
{
    HistoryQuery *query = req->query;
    PageAsk *asked = req->asked = ARENA_NEW(req->arena, PageAsk);

    paging_prepare(req, &query->page, &asked->place, &asked->fault);
    return PACE_BRIEF;
}

static HistoryPage page_of(const Request *req)
{
    const HistoryQuery *query = req->query;
    const PageAsk *asked = req->asked;

    return (HistoryPage){
        .event_id = request_id(req, "event_id"),
        .reader = req->claims.user_id,
        .descending = query->order == 1,
        .after = asked->place.id,
        .skip = query->page.skip,
        .limit = query->page.limit + 1,
    };
}

static void ask_versions(Request *req)
{
    const HistoryQuery *query = req->query;
    PageAsk *asked = req->asked;
    const HistoryPage page = page_of(req);

    if (asked->fault.code != ERROR_NONE)
        return;
    if (paging_wants_total(&query->page))
        asked->total = history_ask_count(req->db, req->arena, page.event_id, page.reader);
    asked->page = history_ask_versions(req->db, req->arena, &page);
}

static const PagedList versions = {
    .schema = &version_schema,
    .id_offset = offsetof(Version, version_number),
};

static Reply list_versions(Request *req)
{
    const HistoryQuery *query = req->query;
    const PageAsk *asked = req->asked;
    List list = { 0 };
    int64_t total;

    if (asked->fault.code != ERROR_NONE)
        return paging_refuse(req, &asked->fault);
    if (!history_take_versions(asked->page, req->arena, &list, &req->error) ||
        (paging_must_count(&query->page, &list, &total) &&
         !db_take_number(asked->total, &total, &req->error)))
        return reply_error(req);
    return paging_reply(req, &query->page, &versions, &list, total);
}

typedef struct DiffAsk {
    Ask *from;
    Ask *to;
} DiffAsk;

static Ask *ask_version_of(Request *req, const char *name)
{
    return history_ask_version(req->db, req->arena, request_id(req, "event_id"),
                               req->claims.user_id, request_id(req, name));
}

static void ask_version(Request *req)
{
    req->asked = ask_version_of(req, "version");
}

static void ask_diff(Request *req)
{
    DiffAsk *asked = req->asked = ARENA_NEW(req->arena, DiffAsk);

    asked->from = ask_version_of(req, "v1");
    asked->to = ask_version_of(req, "v2");
}

/* A version of this event by the number in the path. */
static bool take_version(Request *req, Ask *ask, const char *name, Version **ret_version)
{
    if (!history_take_version(ask, req->arena, ret_version, &req->error))
        return false;
    return *ret_version != NULL ||
           error_set(&req->error, ERROR_NOT_FOUND, "This event has no version %lld.",
                     (long long)request_id(req, name));
}

/* The version with `data`, and beside it the document's members that the version has not itself. */
static Reply read_version(Request *req)
{
    Version *version = NULL;
    json_t *data AUTO(json_release) = NULL;

    if (!take_version(req, req->asked, "version", &version) ||
        !json_read_stored(version->data, &data, &req->error))
        return reply_error(req);

    Writer w = writer_start(req->arena);
    write_object(&w);
    for (size_t i = 0; i < version_detail_schema.field_count; i++) {
        const Field *field = &version_detail_schema.fields[i];
        write_key(&w, field->name);
        field_encode(field, &w, version);
    }
    const char *key;
    json_t *value;
    json_object_foreach(data, key, value)
    {
        if (schema_field(&version_detail_schema, key) != NULL)
            continue;
        write_key(&w, key);
        write_raw(&w, json_canonical(req->arena, value));
    }
    write_end_object(&w);
    return reply_written(req, &w);
}

static Reply diff_versions(Request *req)
{
    const DiffAsk *asked = req->asked;
    Version *from = NULL;
    Version *to = NULL;
    Event *before = NULL;
    Event *after = NULL;

    if (!take_version(req, asked->from, "v1", &from) || !take_version(req, asked->to, "v2", &to) ||
        !history_document(from, req->arena, &before, &req->error) ||
        !history_document(to, req->arena, &after, &req->error))
        return reply_error(req);

    Writer w = writer_start(req->arena);
    write_object(&w);
    write_key(&w, "event_id");
    write_integer(&w, event_of(req)->id);
    write_key(&w, "from_version");
    write_integer(&w, from->version_number);
    write_key(&w, "to_version");
    write_integer(&w, to->version_number);
    write_key(&w, "changes");
    diff_write(&w, req->arena, before, after);
    write_end_object(&w);
    return reply_written(req, &w);
}

/* What the event would be as of the version. */
static bool read_back(Request *req, const Version *version, Event *ret_after)
{
    const Decoder decoder = body_decoder(req, &body_location);

    return edits_read_version(&decoder, event_of(req), version, ret_after) &&
           overrides_may_drop(req, &body_location, &ret_after->dropped_overrides);
}

static Reply look_back(Request *req)
{
    const Event **before = ARENA_NEW(req->arena, const Event *);
    Event *after = ARENA_NEW(req->arena, Event);
    Version *version = NULL;

    *before = event_of(req);
    if (!take_version(req, ask_version_of(req, "version"), "version", &version) ||
        !read_back(req, version, after) || !conflicts_look_at_change(req, *before, after))
        return reply_error(req);
    judged_keep(req, before, after, 1, after);
    return reply_go_on();
}

static Reply roll_back(Request *req)
{
    const Rollback *body = req->body;
    const Author author = author_of(req, body != NULL ? body->comment : NULL);
    const Event *before = event_of(req);
    const Event *judged = judged_find(req, &before, 1);
    Version *version = NULL;
    Event after;

    if (!take_version(req, req->asked, "version", &version))
        return reply_error(req);
    if (judged != NULL)
        after = *judged;
    else if (judged_takes_long(&before, 1, strlen(version->data)))
        return judged_look(req);
    else if (!read_back(req, version, &after))
        return reply_error(req);
    if (!conflicts_permit_change(req, event_of(req), &after) ||
        !edits_update_event(req->db, req->arena, &author, CHANGE_ROLLBACK, event_of(req), &after,
                            judged_changes(req, 0), &req->error))
        return reply_error(req);
    return reply_event(req, &after);
}

static void ask_changelog(Request *req)
{
    PageAsk *asked = req->asked;
    const HistoryPage page = page_of(req);

    if (asked->fault.code == ERROR_NONE)
        asked->page = history_ask_changelog(req->db, req->arena, &page);
}

static const PagedList entries = {
    .schema = &changelog_schema,
    .id_offset = offsetof(ChangelogEntry, id),
};

static Reply list_changelog(Request *req)
{
    const HistoryQuery *query = req->query;
    const PageAsk *asked = req->asked;
    List list = { 0 };

    if (asked->fault.code != ERROR_NONE)
        return paging_refuse(req, &asked->fault);
    if (!history_take_changelog(asked->page, req->arena, &list, &req->error))
        return reply_error(req);
    return paging_reply_array(req, &query->page, &entries, &list);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define HISTORY .tag = "History"

static const Route routes[] = {
    { METHOD_GET, "/api/events/{event_id:int}/history", list_versions, LANE_READ, HISTORY,
      .needs = &trashed_event_needs[ACTION_EVENT_READ], .prepare = prepare_page,
      .ask = ask_versions, .in.query = &history_query_schema, .out.shape = GIVES_PAGE,
      .out.gives = &version_schema, .id = "list_versions",
      .summary = "List the versions of an event",
      .doc = "Newest first; the newest is the present state." },
    { METHOD_GET, "/api/events/{event_id:int}/history/{version:int}", read_version, LANE_READ,
      HISTORY, .needs = &trashed_event_needs[ACTION_EVENT_READ], .ask = ask_version,
      .out.shape = GIVES_ONE, .out.gives = &version_detail_schema, .id = "get_version",
      .summary = "Read one version of an event" },
    { METHOD_GET, "/api/events/{event_id:int}/diff/{v1:int}/{v2:int}", diff_versions, LANE_READ,
      HISTORY, .needs = &trashed_event_needs[ACTION_EVENT_READ], .ask = ask_diff,
      .out.shape = GIVES_ONE, .out.gives = &diff_schema, .fails = FAILS_1(CONFLICT),
      .id = "diff_versions", .summary = "Compare two versions of an event" },
    { METHOD_POST, "/api/events/{event_id:int}/rollback/{version:int}", roll_back, LANE_WRITE,
      .before = { { LANE_SCAN, look_back, conflicts_are_asked } }, .tag = "History",
      .needs = &event_needs[ACTION_EVENT_UPDATE], .ask = ask_version, .honours_if_match = true,
      .in.query = &rollback_query_schema, .in.takes = &rollback_schema, .in.is_optional = true,
      .out.shape = GIVES_ONE, .out.gives = &event_schema, .has_etag = true,
      .fails = FAILS_1(CONFLICT), .id = "roll_back_event",
      .summary = "Bring an earlier version back",
      .doc = "As a new version; grants and owner are never rolled back." },
    { METHOD_GET, "/api/events/{event_id:int}/changelog", list_changelog, LANE_READ, HISTORY,
      .needs = &trashed_event_needs[ACTION_EVENT_READ], .prepare = prepare_page,
      .ask = ask_changelog, .in.query = &changelog_query_schema, .out.shape = GIVES_ARRAY,
      .out.gives = &changelog_schema, .id = "list_changelog",
      .summary = "Read what was done to an event, and by whom",
      .doc = "Oldest first; the next page is in `Link`." },
};

const RouteTable history_routes = ROUTE_TABLE(routes);
