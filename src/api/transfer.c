/* Transfer: an event gets another owner. */

#include "api/event_input.h"
#include "api/routes.h"
#include "auth/accounts.h"
#include "permit/event.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct Transfer {
    Members given;
    int64_t user_id;
} Transfer;

static const Field transfer_fields[] = {
    INTEGER(Transfer, user_id, .flags = REQUIRED, .min = 1, .doc = "The new owner.",
            .example = "8"),
};

static const Schema transfer_schema = SCHEMA(Transfer, transfer_fields, .doc = "A new owner.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

/* Held before the event is, as who goes does it. */
static void hold_heir(Request *req)
{
    const Transfer *transfer = req->body;
    AccountLock lock = { .id = transfer->user_id };

    users_ask_locks(req->db, req->arena, &lock, 1);
}

static Reply transfer_event(Request *req)
{
    const Transfer *transfer = req->body;
    const Author author = author_of(req, NULL);
    User *to = NULL;
    Event after;

    if (event_of(req)->owner_id == transfer->user_id) {
        error_set(&req->error, ERROR_CONFLICT, "This person owns the event already.");
        return reply_error(req);
    }
    if (!accounts_find_willing_heir(req->db, req->arena, req->user->user_id, transfer->user_id, &to,
                                    &req->error))
        return reply_error(req);
    if (!edits_transfer(req->db, req->arena, &author, event_of(req), to, &after, &req->error))
        return reply_clash(req);
    return reply_event(req, &after);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_POST, "/api/events/{event_id:int}/transfer", transfer_event, LANE_WRITE,
      .tag = "Sharing", .needs = &event_needs[ACTION_EVENT_TRANSFER],
      .needs_again = &event_needs[ACTION_EVENT_READ], .ask = hold_heir,
      .in.takes = &transfer_schema, .out.shape = GIVES_ONE, .out.gives = &event_schema,
      .has_etag = true, .fails = FAILS_2(CONFLICT, NOT_KNOWN), .id = "transfer_event",
      .summary = "Make somebody else the owner",
      .doc = "Somebody to whom I am known, otherwise it is a 409, `not_known`. The owner until now "
             "stays as Editor." },
};

const RouteTable transfer_routes = ROUTE_TABLE(routes);
