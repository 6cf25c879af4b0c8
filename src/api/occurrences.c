/* Occurrences: when one event takes place. */

#include "api/event_input.h"
#include "api/occurrence_page.h"
#include "api/routes.h"
#include "permit/event.h"

static const Field occurrences_query_fields[] = {
    INSTANT(WindowQuery, from,
            .doc = "Still going on after this moment; left out, from its first occurrence.",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(WindowQuery, to, .doc = "Beginning before this moment; left out, without an end.",
            .example = "\"2026-04-01T00:00:00Z\""),
    WINDOW_PAGE,
};

static const Schema occurrences_query_schema =
    SCHEMA(WindowQuery, occurrences_query_fields, .doc = "Which time.");

static Reply list_occurrences(Request *req)
{
    WindowQuery query = *(const WindowQuery *)req->query;
    AgendaPlace place;
    const AgendaPlace *after;
    Error problem = { 0 };

    if (query.from == INSTANT_NULL)
        query.from = INSTANT_MIN;
    if (query.to == INSTANT_NULL)
        query.to = INSTANT_END;
    if (!window_check_order(&req->error, req->arena, query.from, query.to) ||
        !occurrence_page_open(req, query.cursor, &place, &after))
        return reply_error(req);
    Agenda agenda = occurrence_page_start(req, &query, after, &req->work_left);
    if (!agenda_add(&agenda, event_of(req), &problem)) {
        refuse_complex(req, &window_end_location, &problem);
        return reply_error(req);
    }
    agenda_finish(&agenda);
    return occurrence_page_reply(req, &agenda, NULL);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/events/{event_id:int}/occurrences", list_occurrences, LANE_READ,
      .needs = &event_needs[ACTION_EVENT_READ], .in.query = &occurrences_query_schema,
      .out.shape = GIVES_ONE, .out.gives = &occurrence_page_schema, .tag = "Calendar",
      .id = "list_occurrences", .summary = "List the occurrences of an event",
      .doc = "With its overrides: moved ones stand where they are now, cancelled ones are left "
             "out. An event that does not repeat occurs once. A rule whose parts agree so rarely "
             "that it cannot be followed to the end of the window is a 422, "
             "`recurrence_too_complex`." },
};

const RouteTable occurrence_routes = ROUTE_TABLE(routes);
