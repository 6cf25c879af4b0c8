/* Calendar: what takes place when, of all I may read. */

#include "api/occurrence_page.h"
#include "api/routes.h"
#include "permit/user.h"
#include "store/event_lists.h"

static const Field calendar_query_fields[] = {
    WINDOW_FIELDS(WindowQuery),
    WINDOW_PAGE,
};

static const Schema calendar_query_schema =
    SCHEMA(WindowQuery, calendar_query_fields, .doc = "Which time.");

typedef struct CalendarAsk {
    WindowQuery query; /* its window filled in */
    AgendaPlace place;
    const AgendaPlace *after;
    Error fault; /* of window and cursor: told when it is known that they may ask */
    Ask *singles;
    Ask *series;
} CalendarAsk;

static Pace prepare_calendar(Request *req)
{
    CalendarAsk *asked = req->asked = ARENA_NEW(req->arena, CalendarAsk);
    WindowQuery *query = &asked->query;

    *query = *(const WindowQuery *)req->query;
    if (!window_fill_in(req, &query->from, &query->to) ||
        !occurrence_page_open(req, query->cursor, &asked->place, &asked->after)) {
        asked->fault = req->error;
        error_clear(&req->error);
    }
    return PACE_SLOW;
}

/* What takes place once comes a page at a time out of the store; series must all be looked into. */
static void ask_calendar(Request *req)
{
    CalendarAsk *asked = req->asked;
    const AgendaPlace *after = asked->after;
    EventWindow window = {
        .reader = req->claims.user_id,
        .from = asked->query.from,
        .to = asked->query.to,
        .after_start = after != NULL ? after->start : INSTANT_NULL,
        .after_id = after != NULL ? after->event_id : INTEGER_NULL,
        .limit = occurrence_page_limit(&asked->query) + 1,
    };

    if (asked->fault.code != ERROR_NONE)
        return;
    asked->singles = events_ask_singles(req->db, req->arena, &window);
    window.after_id = INTEGER_NULL;
    window.limit = LIMIT_SERIES + 1;
    asked->series = events_ask_series(req->db, req->arena, &window);
}

/* Of what takes place once there is more than one page has room for. */
static void end_at_last(const List *singles, Agenda *agenda)
{
    const Event *last = (const Event *)singles->items + singles->count - 1;

    if (singles->is_cut)
        agenda_end_at(agenda, (AgendaPlace){ last->start_time, last->id, INT64_MAX });
}

static bool fill_agenda(Request *req, const CalendarAsk *asked, Agenda *agenda)
{
    List singles;
    List series;

    if (!events_take_page(asked->singles, req->arena, &singles, &req->error) ||
        !events_take_list(asked->series, req->arena, &series, &req->error))
        return false;
    if (series.count > LIMIT_SERIES)
        return error_fault(&req->error, req->arena, &window_end_location, "too_many_series",
                           "More than %d repeating events reach into this time.", LIMIT_SERIES);
    end_at_last(&singles, agenda);
    return window_add_events(req, &singles, agenda) && window_add_events(req, &series, agenda);
}

static Reply read_calendar(Request *req)
{
    const CalendarAsk *asked = req->asked;
    int64_t work_left = LIMIT_VIEW_WORK;

    if (asked->fault.code != ERROR_NONE) {
        req->error = asked->fault;
        return reply_error(req);
    }
    Agenda agenda = occurrence_page_start(req, &asked->query, asked->after, &work_left);
    if (!fill_agenda(req, asked, &agenda))
        return reply_error(req);
    agenda_finish(&agenda);
    return occurrence_page_reply(req, &agenda);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/calendar", read_calendar, LANE_READ, .needs = &need_user,
      .prepare = prepare_calendar, .ask = ask_calendar, .in.query = &calendar_query_schema,
      .out.shape = GIVES_ONE, .out.gives = &occurrence_page_schema, .tag = "Calendar",
      .id = "list_calendar", .summary = "List what takes place, over all I may read",
      .doc = "By start. An event whose rule is too complex to follow is left out; more of them "
             "than can be looked into at once are a 422, `recurrence_too_complex`." },
};

const RouteTable calendar_routes = ROUTE_TABLE(routes);
