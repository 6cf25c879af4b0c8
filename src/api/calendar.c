/* Calendar: what takes place when, of all I may read. */

#include <stdlib.h>

#include "api/occurrence_page.h"
#include "api/routes.h"
#include "base/budget.h"
#include "base/limits.h"
#include "permit/user.h"
#include "store/event_lists.h"
#include "store/event_windows.h"
#include "store/known.h"

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
    return PACE_BRIEF;
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

    if (singles->is_cut || singles->count > agenda->window.limit)
        agenda_end_at(agenda, (AgendaPlace){ last->start_time, last->id, INT64_MAX });
}

static int compare_starts(const void *a, const void *b)
{
    const Event *left = a;
    const Event *right = b;

    if (left->start_time != right->start_time)
        return left->start_time < right->start_time ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static List join_lists(Arena *arena, const List *first, const List *second)
{
    Event *events = ARENA_ARRAY(arena, Event, first->count + second->count + 1);

    for (size_t i = 0; i < first->count; i++)
        events[i] = ((const Event *)first->items)[i];
    for (size_t i = 0; i < second->count; i++)
        events[first->count + i] = ((const Event *)second->items)[i];
    qsort(events, first->count + second->count, sizeof(*events), compare_starts);
    return (List){ .items = events, .count = first->count + second->count };
}

/* More of them than are looked into: mine first, of each other owner some, and who has more is
 * named. */
static bool choose_series(Request *req, Arena *arena, const CalendarAsk *asked, Fair *fair,
                          List *ret_series)
{
    const EventWindow window = {
        .reader = req->claims.user_id,
        .from = asked->query.from,
        .to = asked->query.to,
        .after_id = INTEGER_NULL,
        .limit = LIMIT_SERIES,
    };
    List own;
    List others;
    List owners;

    if (!events_take_page(events_ask_own_series(req->db, arena, &window), arena, &own,
                          &req->error) ||
        !events_list_series_of_each(req->db, arena, &window, &others, &owners, &req->error))
        return false;
    if (own.is_cut || own.count == LIMIT_SERIES)
        fair_name(fair, window.reader, left_out_series);
    *ret_series = join_lists(arena, &own, &others);
    for (size_t i = 0; i < owners.count; i++)
        fair_name(fair, ((const int64_t *)owners.items)[i], left_out_series);
    return true;
}

/* The events stay in `arena`, of which others decide how much they fill; at most some pages. */
static bool fill_agenda(Request *req, Arena *arena, const CalendarAsk *asked, Fair *fair,
                        Agenda *agenda)
{
    List singles;
    List series;
    Error problem = { 0 };

    if (!events_take_page(asked->singles, arena, &singles, &req->error) ||
        !events_take_page(asked->series, arena, &series, &req->error))
        return false;
    if ((series.is_cut || series.count > LIMIT_SERIES) &&
        !choose_series(req, arena, asked, fair, &series))
        return false;
    end_at_last(&singles, agenda);
    for (size_t i = 0; i < singles.count; i++) /* no more than a page: no danger */
        (void)agenda_add(agenda, (const Event *)singles.items + i, &problem);
    agenda->window.work_left = &fair->work_left;
    window_add_events(&series, fair, agenda);
    return true;
}

/* What nobody knows is looked for another time. */
static bool is_stranger(void *request, int64_t owner_id)
{
    Request *req = request;
    Error err = { .code = ERROR_NONE };
    bool is_known = false;

    return known_is_trusted(req->db, req->user->user_id, owner_id, &is_known, &err) && !is_known;
}

/* Begun with little, each part of it is as large as it would be otherwise: what is the same
 * afterwards need not be looked at again with more. */
static Fair start_fair(Request *req)
{
    Fair fair = fair_start(req->arena, req->user->user_id, req->work_left);

    fair.whole = LIMIT_VIEW_WORK;
    fair.is_stranger = is_stranger;
    fair.context = req;
    return fair;
}

static Reply read_calendar(Request *req)
{
    const CalendarAsk *asked = req->asked;
    Arena AUTO(arena_finish) arena = {
        .budget = req->is_brief ? LIMIT_BRIEF_MEMORY : LIMIT_CALENDAR_MEMORY,
    };
    Fair fair = start_fair(req);

    if (asked->fault.code != ERROR_NONE) {
        req->error = asked->fault;
        return reply_error(req);
    }
    Agenda agenda = occurrence_page_start(req, &asked->query, asked->after, NULL);
    bool is_filled = fill_agenda(req, &arena, asked, &fair, &agenda);
    bool is_short = budget_is_spent(&arena) || fair_is_short(&fair);
    req->work_left = is_short ? -1 : fair.all_left;
    if (!is_filled)
        return reply_error(req);
    agenda_finish(&agenda);
    return occurrence_page_reply(req, &agenda, &fair);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define CALENDAR(path, id_, summary_)                                                              \
    {                                                                                              \
        METHOD_GET, path, read_calendar, LANE_READ,                                                \
            .needs = &need_user, .prepare = prepare_calendar, .ask = ask_calendar,                 \
            .in.query = &calendar_query_schema, .out.shape = GIVES_ONE,                            \
            .out.gives = &occurrence_page_schema, .tag = "Calendar", .id = (id_),                  \
            .summary = (summary_),                                                                 \
            .doc =                                                                                 \
                "By start. What would take too much work is left out and named in `incomplete`: "  \
                "first mine is looked into, then of each other owner an equal part, and of those " \
                "whom I know the rest as far as there is work left."                               \
    }

static const Route routes[] = {
    CALENDAR("/api/occurrences", "list_calendar", "List what takes place, over all I may read"),
    CALENDAR("/api/calendar", "list_calendar_old", "The same under the name that it had before"),
};

const RouteTable calendar_routes = ROUTE_TABLE(routes);
