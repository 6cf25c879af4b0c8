#include "http/permit.h"

#include "base/text.h"
#include "http/entity_tag.h"
#include "store/events.h"
#include "store/sessions.h"

static bool locks(const Route *route)
{
    return route->lane == LANE_WRITE;
}

void permit_ask(Request *req)
{
    const Route *route = req->route;

    if (route->needs == NEEDS_NOBODY || !req->has_token)
        return;
    req->asked_identity =
        sessions_ask_identity(req->db, req->arena, req->claims.session_id, req->claims.user_id);
    if (route->needs == NEEDS_EVENT)
        req->asked_event = events_ask(req->db, req->arena, request_id(req, "event_id"),
                                      req->claims.user_id, locks(route));
}

static bool find_user(Request *req)
{
    Identity *identity = NULL;

    if (req->has_token &&
        !sessions_take_identity(req->asked_identity, req->arena, &identity, &req->error))
        return false;
    if (identity == NULL)
        return error_set(&req->error, ERROR_UNAUTHENTICATED, "%s",
                         "Sign in and send the access token as `Authorization: Bearer <token>`.");
    req->user = identity;
    return true;
}

/* The one sentence for "is not there" and "is not yours to see". */
static bool refuse_to_see(Request *req)
{
    return error_set(&req->error, ERROR_NOT_FOUND, "There is no such event.");
}

bool permit_action(Request *req, const Event *event, EventAction action)
{
    return access_allows(action, (Role)event->my_role) ||
           error_set(&req->error, ERROR_FORBIDDEN, "Your role on this event does not let you %s.",
                     access_text(action));
}

static bool judge_event(Request *req, EventAsk ask, EventAction action, Event **ret_event)
{
    const Route *route = req->route;
    Event *event = NULL;

    if (!events_take(ask, req->arena, &event, &req->error))
        return false;
    if (event == NULL || event->my_role == ROLE_NONE || event->my_role == INTEGER_NULL)
        return refuse_to_see(req);
    /* In the trash an event is there for its owners alone, and only where the route looks. */
    if (event->deleted_at != INSTANT_NULL &&
        !(route->finds_deleted && event->my_role == ROLE_OWNER))
        return refuse_to_see(req);
    if (!permit_action(req, event, action))
        return false;
    *ret_event = event;
    return true;
}

bool permit_event(Request *req, int64_t id, EventAction action, Event **ret_event)
{
    EventAsk ask = events_ask(req->db, req->arena, id, req->user->user_id, locks(req->route));

    return judge_event(req, ask, action, ret_event);
}

/* RFC 9110 13.1.1: If-Match uses the strong comparison, so a weak tag never matches. */
static bool check_if_match(Request *req)
{
    if (req->if_match == NULL) {
        if (!req->app->config->require_if_match)
            return true;
        return error_set(&req->error, ERROR_PRECONDITION_REQUIRED,
                         "Send `If-Match` with the ETag of the version you are changing.");
    }
    if (text_equal(req->if_match, "*"))
        return true;

    const char *present =
        arena_printf(req->arena, "\"%lld\"", (long long)req->event->version_number);
    if (entity_tag_matches(req->if_match, present, TAG_STRONG))
        return true;
    return error_set(&req->error, ERROR_PRECONDITION_FAILED,
                     "The event has changed since the version you saw: read it again.");
}

bool permit_request(Request *req)
{
    const Route *route = req->route;

    if (route->needs == NEEDS_NOBODY)
        return true;
    if (!find_user(req))
        return false;
    if (route->needs == NEEDS_ADMIN && !req->user->is_admin)
        return error_set(&req->error, ERROR_FORBIDDEN, "Only administrators may do this.");
    if (route->needs == NEEDS_EVENT &&
        !judge_event(req, req->asked_event, route->action, &req->event))
        return false;
    return !route->honours_if_match || check_if_match(req);
}
