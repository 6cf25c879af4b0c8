/* Needs about the event whose {event_id} is in the path: one for each action of auth/access.h.
 * An event that one may not read is an event that is not there. */
#pragma once

#include "auth/access.h"
#include "http/request.h"

/* By EventAction: &event_needs[ACTION_EVENT_UPDATE]. */
extern const Need event_needs[];

/* The same, but the event may also be in the trash, where it is there for its owner alone. */
extern const Need trashed_event_needs[];

/* To take the role of the {user_id} of the path away: one's own as ACTION_EVENT_LEAVE says, that of
 * somebody else as ACTION_EVENT_SHARE does. */
extern const Need need_revoke;

/* To change all events of the list that the body's first member is. */
extern const Need need_update_items;

/* The event that was permitted, as it is now and with the caller's role. */
static inline Event *event_of(const Request *req)
{
    return (Event *)req->subject;
}

/* The same for one event by its id, for handlers about several. `req->user` must be known. */
bool permit_event(Request *req, int64_t id, EventAction action, Event **ret_event);

/* Is the caller's role on this event enough for what the route alone does not tell? False:
 * ERROR_FORBIDDEN. */
bool permit_action(Request *req, const Event *event, EventAction action);
