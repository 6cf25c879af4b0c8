#include "permit/event.h"

#include <assert.h>

#include "base/buffer.h"
#include "permit/user.h"
#include "store/events.h"

typedef struct EventRule {
    EventAction action;
    bool finds_deleted;
    EventAction on_others; /* for the {user_id} of somebody else; ACTION_NONE: the same */
} EventRule;

static EventAsk ask_event(Request *req, int64_t id, int64_t reader)
{
    return events_ask(req->db, req->arena, id, reader, req->lane == LANE_WRITE);
}

/* The one sentence for "is not there" and "is not yours to see". */
static bool refuse_to_see(Request *req)
{
    (void)error_set(&req->error, ERROR_NOT_FOUND, "There is no such event.");
    return false;
}

bool permit_action(Request *req, const Event *event, EventAction action)
{
    return access_allows(action, (Role)event->my_role) ||
           error_set(&req->error, ERROR_FORBIDDEN, "Your role on this event does not let you %s.",
                     access_text(action));
}

static EventAction action_of(const Request *req, const EventRule *rule)
{
    if (rule->on_others == ACTION_NONE || request_id(req, "user_id") == req->user->user_id)
        return rule->action;
    return rule->on_others;
}

static bool judge(Request *req, EventAsk ask, const EventRule *rule, Event **ret_event)
{
    Event *event = NULL;

    if (!events_take(ask, req->arena, &event, &req->error))
        return false;
    if (event == NULL)
        return refuse_to_see(req);
    if (event->deleted_at != INSTANT_NULL && !(rule->finds_deleted && event->my_role == ROLE_OWNER))
        return refuse_to_see(req);
    *ret_event = event;
    return permit_action(req, event, action_of(req, rule));
}

bool permit_event(Request *req, int64_t id, EventAction action, Event **ret_event)
{
    const EventRule rule = { .action = action };

    return judge(req, ask_event(req, id, req->user->user_id), &rule, ret_event);
}

static bool permit_items(const Need *need, Request *req)
{
    const Field *member = schema_field(req->route->in.takes, "items");
    const List *list = field_in(member, req->body);
    const Event *events = list->items;
    Event *event = NULL;

    (void)need;
    assert(member->schema == &event_schema);
    if (!permit_user(req))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (!permit_event(req, events[i].id, ACTION_EVENT_UPDATE, &event))
            return false;
    }
    return true;
}

const Need need_update_items = { .ask = permit_ask_asker, .permit = permit_items };

static void ask(const Need *need, Request *req)
{
    EventAsk *asked = ARENA_NEW(req->arena, EventAsk);

    (void)need;
    /* In this order: who has waited for the event may not be signed in any more. */
    *asked = ask_event(req, request_id(req, "event_id"), req->claims.user_id);
    permit_ask_user(req);
    req->asked_subject = asked;
}

static bool permit(const Need *need, Request *req)
{
    Event *event = NULL;

    if (!permit_user(req) || !judge(req, *(const EventAsk *)req->asked_subject, need->rule, &event))
        return false;
    req->subject = event;
    req->subject_version = event->version_number;
    return true;
}

static const char *who_may(const Need *need, Arena *arena)
{
    static const struct {
        Role role;
        const char *name;
    } roles[] = { { ROLE_OWNER, "owners" },
                  { ROLE_EDITOR, "editors" },
                  { ROLE_VIEWER, "viewers" } };
    const EventRule *rule = need->rule;
    Buffer who = buffer_start(arena);

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (access_allows(rule->action, roles[i].role))
            buffer_printf(&who, "%s%s", who.length > 0 ? ", " : "", roles[i].name);
    }
    return arena_printf(arena, "Who may %s: %s. Others who can read it get 403, strangers 404.",
                        access_text(rule->action), who.data);
}

#define EVENT_NEED(name_, is_for_all, ...)                                                         \
    {                                                                                              \
        .permit = permit, .ask = ask, .who_may = who_may,                                          \
        .failures = FAILS_1(UNAUTHENTICATED) | ((is_for_all) ? 0 : FAILS_1(FORBIDDEN)),            \
        .action = (name_), .rule = &(const EventRule){ __VA_ARGS__ },                              \
    }

#define X(id, name, text, owner, editor, viewer)                                                   \
    [ACTION_EVENT_##id] =                                                                          \
        EVENT_NEED(name, (owner) && (editor) && (viewer), .action = ACTION_EVENT_##id),
const Need event_needs[] = { EVENT_ACTIONS(X) };
#undef X

#define X(id, name, text, owner, editor, viewer)                                                   \
    [ACTION_EVENT_##id] = EVENT_NEED(name, (owner) && (editor) && (viewer),                        \
                                     .action = ACTION_EVENT_##id, .finds_deleted = true),
const Need trashed_event_needs[] = { EVENT_ACTIONS(X) };
#undef X

const Need need_revoke =
    EVENT_NEED("leave", false, .action = ACTION_EVENT_LEAVE, .on_others = ACTION_EVENT_SHARE);
