/* Events: create, list, read, change, delete, restore, purge. */

#include "store/events.h"

#include <string.h>

#include "api/conflicts.h"
#include "api/event_input.h"
#include "api/judged.h"
#include "api/paging.h"
#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/entity_tag.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/event_lists.h"
#include "store/permissions.h"

/* -- Tables ----------------------------------------------------------------------------------- */

static const char *const sort_names[] = {
    "start_time",  "-start_time", "title",       "-title", "created_at",
    "-created_at", "updated_at",  "-updated_at", NULL,
};

typedef struct EventQuery {
    Members given;
    Paging page;
    const char *title;
    const char *q;
    const char *location;
    int64_t owner_id;
    int64_t role;
    Instant start_time_after;
    Instant start_time_before;
    Instant from;
    Instant to;
    bool is_recurring;
    Instant updated_since;
    bool deleted;
    int64_t sort_by;
} EventQuery;

static const Field event_query_fields[] = {
    PAGING_FIELDS(EventQuery),
    WORDS_FIELD(
        EventQuery, title,
        .doc = "Contained in the title, or in that of an occurrence with one of its own. Case and "
               "ways to write an accent make no difference (Unicode: full case folding, NFC). At "
               "most 200 bytes of UTF-8.",
        .example = "\"stand\""),
    WORDS_FIELD(EventQuery, q, .doc = "Likewise contained in title, description or location.",
                .example = "\"budget\""),
    WORDS_FIELD(EventQuery, location, .doc = "Likewise contained in the location.",
                .example = "\"Room\""),
    INTEGER(EventQuery, owner_id, .min = 1, .doc = "Owned by this person.", .example = "7"),
    CHOICE(EventQuery, role, .flags = IN_ANY_CASE, .choices = role_names,
           .doc = "Where this is my role.", .example = "\"Editor\""),
    INSTANT(EventQuery, start_time_after, .doc = "Starting at this moment or later.",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(EventQuery, start_time_before, .doc = "Starting at this moment or earlier.",
            .example = "\"2026-04-01T00:00:00Z\""),
    INSTANT(EventQuery, from,
            .doc = "Still going on after this moment; a repeating event counts with its whole "
                   "series.",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(EventQuery, to, .doc = "Beginning before this moment.",
            .example = "\"2026-04-01T00:00:00Z\""),
    BOOLEAN(EventQuery, is_recurring, .doc = "Only those that repeat, or only those that do not.",
            .example = "true"),
    INSTANT(EventQuery, updated_since, .doc = "Changed at this moment or later.",
            .example = "\"2026-03-01T00:00:00Z\""),
    BOOLEAN(EventQuery, deleted, .fallback = "false",
            .doc = "The trash: deleted events that I own.", .example = "false"),
    CHOICE(EventQuery, sort_by, .choices = sort_names, .fallback = "\"start_time\"",
           .doc = "The order; `-` reverses it.", .example = "\"-updated_at\""),
};

/* A window has two ends, in order, and is not too wide. */
static bool check_event_query(const Decoder *d, void *object)
{
    const EventQuery *query = object;

    if (query->from == INSTANT_NULL && query->to == INSTANT_NULL)
        return true;
    if (query->from == INSTANT_NULL || query->to == INSTANT_NULL)
        return error_fault(d->err, d->arena, &window_end_location, "missing",
                           "Give both `from` and `to`.");
    return window_check(d->err, d->arena, query->from, query->to);
}

static const Schema event_query_schema =
    SCHEMA(EventQuery, event_query_fields, .check = check_event_query);

static const Field restore_query_fields[] = {
    TEXT(ChangeQuery, comment, COMMENT_TEXT),
    CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE),
};

static const Schema restore_query_schema =
    SCHEMA_NAMED("RestoreQuery", ChangeQuery, restore_query_fields, .doc = "How and why.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

static void ask_create(Request *req)
{
    req->asked = events_ask_ids(req->db, req->arena, 1);
}

/* What takes long does not keep the writer from others. */
static bool is_looked_at(const Request *req)
{
    const Event *event = req->body;

    return event->recurrence_pattern != NULL || conflicts_are_asked(req);
}

static Reply look_at_event(Request *req)
{
    req->is_looked_at = event_prepare(req, &body_location, NULL, req->body);
    return req->is_looked_at && conflicts_look(req, req->body, 1) ? reply_go_on()
                                                                  : reply_error(req);
}

static Reply create_event(Request *req)
{
    Event *event = req->body;
    const Author author = author_of(req, NULL);

    if ((!req->is_looked_at && !event_prepare(req, &body_location, NULL, event)) ||
        !events_take_ids(req->asked, event, 1, &req->error) || !conflicts_permit(req) ||
        !edits_create_event(req->db, req->arena, &author, event, &req->error))
        return reply_clash(req);

    const char *location = arena_printf(req->arena, "/api/events/%lld", (long long)event->id);
    Reply reply = reply_created(req, location, &event_schema, event);
    reply_etag(req, &reply, event->version_number);
    return reply;
}

static EventFilter filter_of(const Request *req, const EventQuery *query, int64_t reader)
{
    int64_t sort = query->sort_by == INTEGER_NULL ? 0 : query->sort_by;
    bool asks_recurring =
        schema_is_given(&event_query_schema, query, offsetof(EventQuery, is_recurring));

    return (EventFilter){
        .reader = reader,
        .deleted = query->deleted,
        .title = search_words(req->arena, query->title),
        .text = search_words(req->arena, query->q),
        .location = search_words(req->arena, query->location),
        .owner_id = query->owner_id,
        .role = query->role,
        .is_recurring = asks_recurring ? query->is_recurring : INTEGER_NULL,
        .start_after = query->start_time_after,
        .start_before = query->start_time_before,
        .from = query->from,
        .to = query->to,
        .updated_since = query->updated_since,
        .sort = (EventSort)(sort / 2), /* sort_names: each order and its reverse */
        .descending = sort % 2 == 1,
        .after_id = INTEGER_NULL,
        .after_time = INSTANT_NULL,
        .limit = query->page.limit + 1,
        .skip = query->page.skip,
    };
}

static Instant sort_time(const Event *event, EventSort sort)
{
    switch (sort) {
    case SORT_START_TIME:
        return event->start_time;
    case SORT_CREATED_AT:
        return event->created_at;
    case SORT_UPDATED_AT:
        return event->updated_at;
    case SORT_TITLE:
        break;
    }
    return INSTANT_NULL;
}

static void set_place(EventFilter *filter, Place place)
{
    long long time = 0;

    if (place.id == INTEGER_NULL)
        return;
    filter->after_id = place.id;
    if (filter->sort == SORT_TITLE)
        filter->after_title = place.key;
    else if (text_to_int64(place.key, &time))
        filter->after_time = time;
}

typedef struct ListAsk {
    EventFilter filter; /* of all pages */
    Place place;
    Error fault; /* of the cursor: told when it is known that they may ask */
    Ask *total;  /* NULL: not wanted */
    Ask *page;
} ListAsk;

static Place place_of(Request *req, const void *item)
{
    const ListAsk *asked = req->asked;
    const Event *event = item;
    EventSort sort = asked->filter.sort;

    return (Place){
        .id = event->id,
        .key = sort == SORT_TITLE
                   ? event->title
                   : arena_printf(req->arena, "%lld", (long long)sort_time(event, sort)),
    };
}

static const PagedList events = { .schema = &event_schema, .place = place_of };

static Pace prepare_list(Request *req)
{
    EventQuery *query = req->query;
    ListAsk *asked = req->asked = ARENA_NEW(req->arena, ListAsk);

    if (!paging_prepare(req, &query->page, &asked->place, &asked->fault))
        return PACE_QUICK;
    asked->filter = filter_of(req, query, req->claims.user_id);
    return events_are_indexed_page(&asked->filter) ? PACE_QUICK : PACE_SCAN;
}

static void ask_page(Request *req)
{
    const EventQuery *query = req->query;
    ListAsk *asked = req->asked;
    EventFilter page = asked->filter;

    if (paging_wants_total(&query->page))
        asked->total = events_ask_count(req->db, req->arena, &asked->filter);
    set_place(&page, asked->place);
    asked->page = events_ask_list(req->db, req->arena, &page);
}

/* What reaches into a window depends on whose days all-day events take, which is not known yet. */
static bool needs_days(const ListAsk *asked)
{
    return asked->filter.from != INSTANT_NULL;
}

static void ask_list(Request *req)
{
    const ListAsk *asked = req->asked;

    if (asked->fault.code == ERROR_NONE && !needs_days(asked))
        ask_page(req);
}

static Reply list_events(Request *req)
{
    const EventQuery *query = req->query;
    ListAsk *asked = req->asked;
    List list = { 0 };
    int64_t total;

    if (asked->fault.code != ERROR_NONE)
        return paging_refuse(req, &asked->fault);
    if (needs_days(asked)) {
        asked->filter.days = (Days){ .are_known = true, .zone = window_days(req) };
        ask_page(req);
    }
    if (!events_take_page(asked->page, req->arena, &list, &req->error) ||
        (paging_must_count(&query->page, &list, &total) &&
         !db_take_number(asked->total, &total, &req->error)))
        return reply_error(req);
    return paging_reply(req, &query->page, &events, &list, total);
}

/* Who has a version mostly has the present one, and needs no more than to be told so. */
static void ask_read(Request *req)
{
    if (req->if_none_match == NULL)
        req->asked =
            permissions_ask(req->db, req->arena, request_id(req, "event_id"), req->claims.user_id);
}

static Reply read_event(Request *req)
{
    Event *event = event_of(req);
    const char *tag = arena_printf(req->arena, "\"%lld\"", (long long)event->version_number);

    if (req->if_none_match != NULL && entity_tag_matches(req->if_none_match, tag, TAG_WEAK)) {
        Reply reply = reply_not_modified();
        reply_etag(req, &reply, event->version_number);
        return reply;
    }
    Ask *asked = req->asked != NULL
                     ? req->asked
                     : permissions_ask(req->db, req->arena, event->id, req->user->user_id);
    if (!permissions_take(asked, req->arena, event, &event->permissions, &req->error))
        return reply_error(req);
    return reply_event(req, event);
}

static bool apply(Request *req, Event *ret_after)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    const Decoder body = body_decoder(req, &body_location);

    return edits_apply_patch(req->db, &body, &author, event_of(req), req->body, ret_after) &&
           overrides_may_drop(req, &body_location, &ret_after->dropped_overrides);
}

static Reply look_at_update(Request *req)
{
    const Event **before = ARENA_NEW(req->arena, const Event *);
    Event *after = ARENA_NEW(req->arena, Event);

    *before = event_of(req);
    if (!apply(req, after) || !conflicts_look_at_change(req, *before, after))
        return reply_error(req);
    judged_keep(req, before, after, 1, after);
    return reply_go_on();
}

static Reply update_event(Request *req)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    const char *given = ((const Event *)req->body)->recurrence_overrides;
    const Event *before = event_of(req);
    const Event *judged = judged_find(req, &before, 1);
    Event after;

    if (judged != NULL)
        after = *judged;
    else if (judged_takes_long(&before, 1, given != NULL ? strlen(given) : 0))
        return judged_look(req);
    else if (!apply(req, &after))
        return reply_error(req);
    if (!conflicts_permit_change(req, event_of(req), &after) ||
        !edits_update_event(req->db, req->arena, &author, CHANGE_UPDATE, event_of(req), &after,
                            judged_changes(req, 0), &req->error))
        return reply_error(req);
    return reply_event(req, &after);
}

static Reply delete_event(Request *req)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    Event after;

    if (!edits_delete_event(req->db, req->arena, &author, event_of(req), &after, &req->error))
        return reply_error(req);
    return reply_event(req, &after);
}

static bool is_in_trash(Request *req)
{
    return event_of(req)->deleted_at != INSTANT_NULL ||
           error_set(&req->error, ERROR_CONFLICT, "This event is not in the trash.");
}

static Reply look_at_restore(Request *req)
{
    if (!is_in_trash(req) || !conflicts_look_at_change(req, NULL, event_of(req)))
        return reply_error(req);
    return reply_go_on();
}

static Reply restore_event(Request *req)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    Event after;

    if (!is_in_trash(req) || !conflicts_permit_change(req, NULL, event_of(req)) ||
        !edits_restore_event(req->db, req->arena, &author, event_of(req), &after, &req->error))
        return reply_error(req);
    return reply_event(req, &after);
}

static Reply purge_event(Request *req)
{
    const Author author = author_of(req, NULL);

    if (event_of(req)->deleted_at == INSTANT_NULL) {
        error_set(&req->error, ERROR_CONFLICT,
                  "Delete the event first: only what is in the trash can be purged.");
        return reply_error(req);
    }
    if (!edits_purge_event(req->db, req->arena, &author, event_of(req), &req->error))
        return reply_error(req);
    return reply_no_content();
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define ONE_EVENT                                                                                  \
    .out.shape = GIVES_ONE, .out.gives = &event_schema, .has_etag = true, .tag = "Events"

static const Route routes[] = {
    { METHOD_POST, "/api/events", create_event, LANE_WRITE, .needs = &need_user, .ask = ask_create,
      .before = { { LANE_SCAN, look_at_event, is_looked_at } }, .in.query = &conflicts_query_schema,
      .in.takes = &event_schema, .in.limit = LIMIT_EVENT_BODY_BYTES, .out.status = 201, ONE_EVENT,
      .fails = FAILS_1(CONFLICT), .digest = event_digest, .id = "create_event",
      .summary = "Create an event",
      .doc = "The caller becomes its owner; the event as created is version 1." },
    { METHOD_GET, "/api/events", list_events, LANE_READ, .needs = &need_user,
      .prepare = prepare_list, .ask = ask_list, .in.query = &event_query_schema,
      .out.shape = GIVES_PAGE, .out.gives = &event_schema, .tag = "Events", .id = "list_events",
      .summary = "List all events I may read" },
    { METHOD_GET, "/api/events/{event_id:int}", read_event, LANE_READ,
      .needs = &event_needs[ACTION_EVENT_READ], .ask = ask_read, ONE_EVENT, .id = "get_event",
      .summary = "Read an event",
      .doc = "With its permissions. `If-None-Match` with the ETag of the version one has is "
             "answered with 304." },
    { METHOD_PUT, "/api/events/{event_id:int}", update_event, LANE_WRITE,
      .before = { { LANE_SCAN, look_at_update, conflicts_are_asked } },
      .needs = &event_needs[ACTION_EVENT_UPDATE], .honours_if_match = true,
      .in.query = &change_query_schema, .in.takes = &event_schema, .in.mode = DECODE_PATCH,
      .in.limit = LIMIT_EVENT_BODY_BYTES, ONE_EVENT, .fails = FAILS_2(CONFLICT, QUOTA),
      .digest = event_digest, .id = "replace_event", .summary = "Change an event",
      .doc = "Takes any subset of the members, like PATCH, and replaces each as a whole. An edit "
             "that changes nothing makes no version." },
    { METHOD_PATCH, "/api/events/{event_id:int}", update_event, LANE_WRITE,
      .before = { { LANE_SCAN, look_at_update, conflicts_are_asked } },
      .needs = &event_needs[ACTION_EVENT_UPDATE], .honours_if_match = true,
      .in.query = &change_query_schema, .in.takes = &event_schema, .in.mode = DECODE_MERGE,
      .in.limit = LIMIT_EVENT_BODY_BYTES, ONE_EVENT, .fails = FAILS_2(CONFLICT, QUOTA),
      .digest = event_digest, .id = "update_event", .summary = "Change some members of an event",
      .doc = "JSON Merge Patch (RFC 7396), to the bottom: of `recurrence_pattern` and "
             "`recurrence_overrides` what is not named stays, and `null` takes away an override or "
             "a member of one. `{\"cancelled\": true}` takes the place of what else an override "
             "said, and any other member that of `cancelled`. Overrides are named by the "
             "occurrences of the series as it was, and move with it where the same patch moves "
             "it; what was none is an occurrence of the series as it will be." },
    { METHOD_DELETE, "/api/events/{event_id:int}", delete_event, LANE_WRITE,
      .needs = &event_needs[ACTION_EVENT_DELETE],
      .needs_again = &trashed_event_needs[ACTION_EVENT_DELETE], .honours_if_match = true,
      .in.query = &comment_query_schema, ONE_EVENT, .id = "delete_event",
      .summary = "Move an event to the trash",
      .doc = "Its history stays, and its owners can restore it. The reply is the event with "
             "`deleted_at`." },
    { METHOD_POST, "/api/events/{event_id:int}/restore", restore_event, LANE_WRITE,
      .before = { { LANE_SCAN, look_at_restore, conflicts_are_asked } },
      .needs = &trashed_event_needs[ACTION_EVENT_DELETE], .in.query = &restore_query_schema,
      ONE_EVENT, .fails = FAILS_1(CONFLICT), .id = "restore_event",
      .summary = "Take an event out of the trash",
      .doc = "With the same id, uid, grants and history." },
    { METHOD_DELETE, "/api/events/{event_id:int}/purge", purge_event, LANE_WRITE,
      .needs = &trashed_event_needs[ACTION_EVENT_DELETE], .needs_again = &need_user,
      .out.shape = GIVES_NOTHING, .fails = FAILS_1(CONFLICT), .tag = "Events", .id = "purge_event",
      .summary = "Delete an event for good",
      .doc = "Only out of the trash. Its history goes with it; the audit trail keeps a line." },
};

const RouteTable event_routes = ROUTE_TABLE(routes);
