/* Permit - who is asking, and may they: run by the router inside the lane, before the handler, on
 * the lane's own connection (inside its transaction in the WRITE lane, so that a revocation that
 * was answered is seen).
 *
 * Order of answers: 401, 404 (no right at all), 403, 428/412, and only then the faults of query
 * and body (422), so that nobody learns about a thing he may not see. */
#pragma once

#include "http/request.h"

/* Asks what permit_request takes (db_ask): the token says who it is, the path which event he wants.
 */
void permit_ask(Request *req);

/* After permit_ask, or where no token came along: fills req->user and req->event as the route
 * needs. False: req->error says why. In the WRITE lane the event's row is locked before it is
 * judged. */
bool permit_request(Request *req);

/* The same for one event by its id, for handlers about several: *ret_event has the caller's role.
 * `req->user` must be known. */
bool permit_event(Request *req, int64_t id, EventAction action, Event **ret_event);

/* Is the caller's role on this event enough for what the route alone does not tell? False:
 * ERROR_FORBIDDEN. */
bool permit_action(Request *req, const Event *event, EventAction action);
