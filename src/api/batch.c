/* Batch: many events in one transaction, all or nothing. */

#include <string.h>

#include "api/conflicts.h"
#include "api/event_input.h"
#include "api/judged.h"
#include "api/routes.h"
#include "base/limits.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/events.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct BatchCreate {
    Members given;
    List events; /* of Event */
} BatchCreate;

static const Field batch_create_fields[] = {
    ARRAY(BatchCreate, events, .flags = REQUIRED, .min = 1, .max = LIMIT_BATCH,
          .schema = &event_schema, .doc = "The events to create."),
};

static const Schema batch_create_schema =
    SCHEMA(BatchCreate, batch_create_fields, .doc = "Events to create together.");

typedef struct BatchUpdate {
    Members given;
    List items; /* of Event; `id` says which */
} BatchUpdate;

static const Field batch_update_fields[] = {
    ARRAY(BatchUpdate, items, .flags = REQUIRED | PARTIAL, .min = 1, .max = LIMIT_BATCH,
          .schema = &event_schema, .doc = "Each with the `id` of an event and what changes in it."),
};

static const Schema batch_update_schema =
    SCHEMA(BatchUpdate, batch_update_fields, .doc = "Events to change together.");

typedef struct BatchDelete {
    Members given;
    List ids; /* of int64_t */
} BatchDelete;

static const Field id_element = ELEMENT(int64_t, integer_type, .min = 1, .example = "42");

static const Field batch_delete_fields[] = {
    ARRAY(BatchDelete, ids, .flags = REQUIRED, .min = 1, .max = LIMIT_BATCH, .element = &id_element,
          .doc = "The events to move to the trash.", .example = "[7]"),
};

static const Schema batch_delete_schema =
    SCHEMA(BatchDelete, batch_delete_fields, .doc = "Events to delete together.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

static void digest_creation(Request *req)
{
    events_digest(req, &((const BatchCreate *)req->body)->events);
}

static void digest_updates(Request *req)
{
    events_digest(req, &((const BatchUpdate *)req->body)->items);
}

static bool prepare_events(Request *req)
{
    int64_t work_left = LIMIT_BATCH_WORK;
    const BatchCreate *body = req->body;
    Event *events = body->events.items;
    const Location member = { .parent = &body_location, .name = "events" };
    bool all_sound = true;

    for (size_t i = 0; i < body->events.count; i++) {
        const Location at = {
            .parent = req->body_was_array ? &body_location : &member,
            .index = i,
        };
        all_sound = event_prepare(req, &at, &work_left, &events[i]) && all_sound;
    }
    return all_sound;
}

/* What takes long does not keep the writer from others. */
static bool are_looked_at(const Request *req)
{
    const BatchCreate *body = req->body;
    const Event *events = body->events.items;
    bool repeats = false;

    for (size_t i = 0; i < body->events.count && !repeats; i++)
        repeats = events[i].recurrence_pattern != NULL;
    return repeats || conflicts_are_asked(req);
}

static Reply look_at_events(Request *req)
{
    const BatchCreate *body = req->body;

    req->is_looked_at = prepare_events(req);
    if (!req->is_looked_at || !conflicts_look(req, body->events.items, body->events.count))
        return reply_error(req);
    return reply_go_on();
}

static Reply create_events(Request *req)
{
    const BatchCreate *body = req->body;
    Event *events = body->events.items;
    const Author author = author_of(req, NULL);

    if ((!req->is_looked_at && !prepare_events(req)) ||
        !edits_has_room(req->db, req->arena, &author, body->events.count, &req->error) ||
        !events_take_ids(events_ask_ids(req->db, req->arena, body->events.count), events,
                         body->events.count, &req->error) ||
        !conflicts_permit(req))
        return reply_error(req);
    if (!edits_create_events(req->db, req->arena, &author, events, body->events.count, &req->error))
        return reply_clash(req);
    return reply_array(req, &event_schema, events, body->events.count);
}

static bool fault_at(Request *req, const char *list, size_t index, const char *type,
                     const char *message)
{
    const Location member = { .parent = &body_location, .name = list };
    const Location item = { .parent = &member, .index = index };
    const Location at = { .parent = &item, .name = "id" };

    return error_fault(&req->error, req->arena, &at, type, "%s", message);
}

/* Every item names its event, and none is named twice. */
static bool check_items(Request *req, const Event *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!schema_is_given(&event_schema, &items[i], offsetof(Event, id)))
            fault_at(req, "items", i, "missing", "Say with `id` which event to change.");
        for (size_t j = 0; j < i; j++) {
            if (items[j].id == items[i].id && items[i].id != INTEGER_NULL)
                fault_at(req, "items", i, "repeated", "This event stands in the list twice.");
        }
    }
    return req->error.code == ERROR_NONE;
}

/* Before it is judged who asks; each event is locked once more by itself, when it is judged. */
static void ask_updates(Request *req)
{
    const BatchUpdate *body = req->body;
    const Event *patches = body->items.items;
    Writer w = writer_start(req->arena);

    write_array(&w);
    for (size_t i = 0; i < body->items.count; i++) {
        if (patches[i].id != INTEGER_NULL)
            write_integer(&w, patches[i].id);
    }
    write_end_array(&w);
    events_ask_locks(req->db, req->arena, writer_text(&w), req->claims.user_id);
}

static void ask_deletions(Request *req)
{
    const BatchDelete *body = req->body;
    const int64_t *ids = body->ids.items;
    Writer w = writer_start(req->arena);

    write_array(&w);
    for (size_t i = 0; i < body->ids.count; i++)
        write_integer(&w, ids[i]);
    write_end_array(&w);
    events_ask_locks(req->db, req->arena, writer_text(&w), req->claims.user_id);
}

/* The events that are to be changed, in the order of the body. */
static bool find_items(Request *req, const Event *const **ret_befores)
{
    const BatchUpdate *body = req->body;
    const Event *patches = body->items.items;
    const Event **befores = ARENA_ARRAY(req->arena, const Event *, body->items.count);

    if (!check_items(req, patches, body->items.count))
        return false;
    for (size_t i = 0; i < body->items.count; i++) {
        Event *event = NULL;
        if (!permit_event(req, patches[i].id, ACTION_EVENT_UPDATE, &event))
            return false;
        befores[i] = event;
    }
    *ret_befores = befores;
    return true;
}

/* What comes of all items. */
static bool apply_items(Request *req, const Event *const *befores, Changes *ret_changes)
{
    const BatchUpdate *body = req->body;
    const Event *patches = body->items.items;
    size_t count = body->items.count;
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    Event *afters = ARENA_ARRAY(req->arena, Event, count);
    const Location member = { .parent = &body_location, .name = "items" };
    int64_t work_left = LIMIT_WRITE_WORK;

    for (size_t i = 0; i < count; i++) {
        const Location at = { .parent = &member, .index = i };
        Decoder item = body_decoder(req, &at);
        item.work_left = &work_left;
        if (!edits_apply_patch(req->db, &item, &author, befores[i], &patches[i], &afters[i]) ||
            !overrides_may_drop(req, &at, &afters[i].dropped_overrides))
            return false;
    }
    *ret_changes = (Changes){ .befores = befores, .afters = afters, .count = count };
    return true;
}

static Reply look_at_updates(Request *req)
{
    const Event *const *befores = NULL;
    Changes *changes = ARENA_NEW(req->arena, Changes);

    if (!find_items(req, &befores) || !apply_items(req, befores, changes) ||
        !conflicts_look_at_changes(req, changes))
        return reply_error(req);
    judged_keep(req, befores, changes->afters, changes->count, changes);
    return reply_go_on();
}

/* What the items say of overrides, in bytes. */
static size_t given_bytes(const List *items)
{
    const Event *patches = items->items;
    size_t bytes = 0;

    for (size_t i = 0; i < items->count; i++) {
        const char *overrides = patches[i].recurrence_overrides;
        bytes += overrides != NULL ? strlen(overrides) : 0;
    }
    return bytes;
}

static Reply update_events(Request *req)
{
    const ChangeQuery *query = req->query;
    const Author author = author_of(req, query->comment);
    const List *items = &((const BatchUpdate *)req->body)->items;
    const Event *const *befores = NULL;
    Changes changes;

    if (!find_items(req, &befores))
        return reply_error(req);
    const Changes *judged = judged_find(req, befores, items->count);
    if (judged != NULL)
        changes = *judged;
    else if (judged_takes_long(befores, items->count, given_bytes(items)))
        return judged_look(req);
    else if (!apply_items(req, befores, &changes))
        return reply_error(req);
    if (!conflicts_permit_changes(req, &changes))
        return reply_error(req);
    for (size_t i = 0; i < changes.count; i++) {
        if (!edits_update_event(req->db, req->arena, &author, CHANGE_UPDATE, changes.befores[i],
                                &changes.afters[i], judged_changes(req, i), &req->error))
            return reply_error(req);
    }
    return reply_array(req, &event_schema, changes.afters, changes.count);
}

static Reply delete_events(Request *req)
{
    const BatchDelete *body = req->body;
    const int64_t *ids = body->ids.items;
    const Author author = author_of(req, NULL);

    for (size_t i = 0; i < body->ids.count; i++) {
        Event *before = NULL;
        Event after;
        if (!permit_event(req, ids[i], ACTION_EVENT_DELETE, &before) ||
            !edits_delete_event(req->db, req->arena, &author, before, &after, &req->error))
            return reply_error(req);
    }
    return reply_no_content();
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_POST,
      "/api/events/batch",
      create_events,
      LANE_WRITE,
      .changes_many = true,
      .needs = &need_user,
      .before = { { LANE_SCAN, look_at_events, are_looked_at } },
      .in.query = &conflicts_query_schema,
      .in.takes = &batch_create_schema,
      .in.array_as = "events",
      .in.limit = LIMIT_EVENT_BODY_BYTES,
      .out.status = 201,
      .out.shape = GIVES_ARRAY,
      .out.gives = &event_schema,
      .fails = FAILS_1(CONFLICT),
      .tag = "Events",
      .digest = digest_creation,
      .id = "create_events",
      .summary = "Create many events",
      .doc = "All or none; a fault names the index. A bare array of events is taken too." },
    { METHOD_PATCH,
      "/api/events/batch",
      update_events,
      LANE_WRITE,
      .changes_many = true,
      .needs = &need_user,
      .before = { { LANE_SCAN, look_at_updates, conflicts_are_asked } },
      .digest = digest_updates,
      .ask = ask_updates,
      .needs_again = &need_update_items,
      .in.query = &change_query_schema,
      .in.takes = &batch_update_schema,
      .in.example = "{\"items\":[{\"id\":7,\"location\":\"Room 9\"}]}",
      .in.mode = DECODE_MERGE,
      .in.limit = LIMIT_EVENT_BODY_BYTES,
      .out.shape = GIVES_ARRAY,
      .out.gives = &event_schema,
      .fails = FAILS_4(FORBIDDEN, NOT_FOUND, CONFLICT, QUOTA),
      .tag = "Events",
      .id = "update_events",
      .summary = "Change many events",
      .doc = "All or none." },
    { METHOD_DELETE, "/api/events/batch", delete_events, LANE_WRITE, .changes_many = true,
      .needs = &need_user, .ask = ask_deletions, .in.takes = &batch_delete_schema,
      .out.shape = GIVES_NOTHING, .fails = FAILS_2(FORBIDDEN, NOT_FOUND), .tag = "Events",
      .id = "delete_events", .summary = "Move many events to the trash", .doc = "All or none." },
};

const RouteTable batch_routes = ROUTE_TABLE(routes);
