/* Calendar: what takes place when, of one event, of all I may read, and of others without a word
 * about what it is. */

#include <stdlib.h>

#include "api/event_input.h"
#include "api/paging.h"
#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "calendar/agenda.h"
#include "calendar/occurrence_view.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/events.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct WindowQuery {
    Members given;
    Instant from;
    Instant to;
    int64_t limit;
    const char *cursor;
} WindowQuery;

#define WINDOW_PAGE                                                                                \
    INTEGER(WindowQuery, limit, .min = 1, .max = LIMIT_OCCURRENCES, .fallback = "1000",            \
            .doc = "The most items in the reply.", .example = "50"),                               \
        TEXT(WindowQuery, cursor, .max = 1024,                                                     \
             .doc = "`next_cursor` of the page before; the other conditions must be the same.")

static const Field occurrences_query_fields[] = {
    INSTANT(WindowQuery, from,
            .doc = "Still going on after this moment; left out, from its first occurrence.",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(WindowQuery, to, .doc = "Beginning before this moment; left out, without an end.",
            .example = "\"2026-04-01T00:00:00Z\""),
    WINDOW_PAGE,
};

static const Field calendar_query_fields[] = {
    WINDOW_FIELDS(WindowQuery),
    WINDOW_PAGE,
};

static const Schema occurrences_query_schema =
    SCHEMA(WindowQuery, occurrences_query_fields, .doc = "Which time.");
static const Schema calendar_query_schema =
    SCHEMA(WindowQuery, calendar_query_fields, .doc = "Which time.");

typedef struct OccurrencePage {
    Members given;
    List items; /* of EventOccurrence */
    const char *next_cursor;
} OccurrencePage;

static const Field occurrence_page_fields[] = {
    ARRAY(OccurrencePage, items, .schema = &occurrence_view_schema,
          .doc = "By start, without those that are cancelled in their series."),
    TEXT(OccurrencePage, next_cursor, .flags = NULLABLE, .max = 1024,
         .doc = "Give it as `cursor` for the next page; null on the last one."),
};

static const Schema occurrence_page_schema =
    SCHEMA(OccurrencePage, occurrence_page_fields, .doc = "What takes place when.");

typedef struct FreeBusyQuery {
    Members given;
    List user_ids; /* of int64_t */
    Instant from;
    Instant to;
} FreeBusyQuery;

static const Field user_id_element = ELEMENT(int64_t, integer_type, .min = 1, .example = "7");

static const Field freebusy_query_fields[] = {
    ARRAY(FreeBusyQuery, user_ids, .min = 1, .max = LIMIT_FREEBUSY_USERS,
          .element = &user_id_element,
          .doc = "The people, each of whom shares an event with me; left out, myself.",
          .example = "[3,7]"),
    WINDOW_FIELDS(FreeBusyQuery),
};

static const Schema freebusy_query_schema =
    SCHEMA(FreeBusyQuery, freebusy_query_fields, .doc = "Whom and which time.");

typedef struct BusyTime {
    Members given;
    Instant start_time;
    Instant end_time;
} BusyTime;

static const Field busy_time_fields[] = {
    INSTANT(BusyTime, start_time, .doc = "From here …", .example = "\"2025-03-10T09:00:00Z\""),
    INSTANT(BusyTime, end_time, .doc = "… up to here.", .example = "\"2025-03-10T11:00:00Z\""),
};

static const Schema busy_time_schema =
    SCHEMA(BusyTime, busy_time_fields, .doc = "When somebody is busy.");

typedef struct BusyUser {
    Members given;
    int64_t user_id;
    List busy; /* of BusyTime */
} BusyUser;

static const Field busy_user_fields[] = {
    INTEGER(BusyUser, user_id, .doc = "The person.", .example = "7"),
    ARRAY(BusyUser, busy, .schema = &busy_time_schema,
          .doc = "In order; none touches the next one, and none reaches out of the window."),
};

static const Schema busy_user_schema =
    SCHEMA(BusyUser, busy_user_fields, .doc = "When one person is busy.");

typedef struct FreeBusy {
    Members given;
    Instant from;
    Instant to;
    List users; /* of BusyUser */
} FreeBusy;

static const Field freebusy_fields[] = {
    INSTANT(FreeBusy, from, .doc = "The window that was looked at …",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(FreeBusy, to, .doc = "… and its end.", .example = "\"2026-04-01T00:00:00Z\""),
    ARRAY(FreeBusy, users, .schema = &busy_user_schema, .doc = "In the order of `user_ids`."),
};

static const Schema freebusy_schema = SCHEMA(FreeBusy, freebusy_fields, .doc = "Who is busy when.");

/* -- Pages of occurrences --------------------------------------------------------------------- */

/* The cursor's place, if there is one: "<start>:<original start>", and the event's id. */
static bool open_place(Request *req, const char *cursor, AgendaPlace *place,
                       const AgendaPlace **ret_after)
{
    Place opened;

    *ret_after = NULL;
    if (!paging_open_cursor(req, cursor, &opened))
        return false;
    if (opened.id == INTEGER_NULL)
        return true;
    char *colon = NULL;
    place->event_id = opened.id;
    place->start = strtoll(opened.key, &colon, 10); /* genuine, so these are two numbers */
    place->original_start = strtoll(colon + 1, NULL, 10);
    *ret_after = place;
    return true;
}

static Reply reply_agenda(Request *req, const Agenda *agenda)
{
    EventOccurrence *views = ARENA_ARRAY(req->arena, EventOccurrence, agenda->count + 1);
    OccurrencePage page = { .items = { .items = views, .count = agenda->count } };

    for (size_t i = 0; i < agenda->count; i++)
        views[i] = occurrence_view(agenda->items[i].event, &agenda->items[i].occurrence);
    if (agenda->has_more) {
        const AgendaItem *last = &agenda->items[agenda->count - 1];
        const char *key = arena_printf(req->arena, "%lld:%lld", (long long)last->occurrence.start,
                                       (long long)last->occurrence.original_start);
        page.next_cursor = paging_cursor(req, (Place){ .key = key, .id = last->event->id });
    }
    Reply reply = reply_object(req, &occurrence_page_schema, &page);
    if (page.next_cursor != NULL)
        paging_link(req, &reply, page.next_cursor);
    return reply;
}

static int64_t limit_of(const WindowQuery *query)
{
    enum { DEFAULT_LIMIT = 1000 };

    return query->limit == INTEGER_NULL ? DEFAULT_LIMIT : query->limit;
}

static Agenda start_agenda(Request *req, const WindowQuery *query, const AgendaPlace *after,
                           int64_t *work_left)
{
    const AgendaWindow window = {
        .from = query->from,
        .to = query->to,
        .limit = (size_t)limit_of(query),
        .after = after,
        .work_left = work_left,
    };

    return agenda_start(req->arena, &window);
}

/* -- Handlers -----------------------------------------------------------------------------------
 */

static Reply list_occurrences(Request *req)
{
    WindowQuery query = *(const WindowQuery *)req->query;
    int64_t work_left = LIMIT_VIEW_WORK;
    AgendaPlace place;
    const AgendaPlace *after;
    Error problem = { 0 };

    if (query.from == INSTANT_NULL)
        query.from = INSTANT_MIN;
    if (query.to == INSTANT_NULL)
        query.to = INSTANT_END;
    if (!window_check_order(&req->error, req->arena, query.from, query.to) ||
        !open_place(req, query.cursor, &place, &after))
        return reply_error(req);
    Agenda agenda = start_agenda(req, &query, after, &work_left);
    if (!agenda_add(&agenda, event_of(req), &problem)) {
        refuse_complex(req, &window_end_location, &problem);
        return reply_error(req);
    }
    agenda_finish(&agenda);
    return reply_agenda(req, &agenda);
}

/* An event whose own rule is too complex is left out: it hardly ever occurs, and one such event,
 * perhaps another person's, must not take away the view of all the others. */
static bool add_events(Request *req, const List *events, Agenda *agenda)
{
    for (size_t i = 0; i < events->count; i++) {
        Error problem = { 0 };
        if (!agenda_add(agenda, (const Event *)events->items + i, &problem) &&
            *agenda->window.work_left < 0)
            return refuse_complex(req, &window_end_location, &problem);
    }
    return true;
}

typedef struct CalendarAsk {
    WindowQuery query; /* its window filled in */
    AgendaPlace place;
    const AgendaPlace *after;
    Error fault; /* of window and cursor: told when it is known that he may ask */
    Ask *singles;
    Ask *series;
} CalendarAsk;

static Pace prepare_calendar(Request *req)
{
    CalendarAsk *asked = req->asked = ARENA_NEW(req->arena, CalendarAsk);
    WindowQuery *query = &asked->query;

    *query = *(const WindowQuery *)req->query;
    if (!window_settle(req, &query->from, &query->to) ||
        !open_place(req, query->cursor, &asked->place, &asked->after)) {
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
        .limit = limit_of(&asked->query) + 1,
    };

    if (asked->fault.code != ERROR_NONE)
        return;
    asked->singles = events_ask_singles(req->db, req->arena, &window);
    window.after_id = INTEGER_NULL;
    window.limit = LIMIT_SERIES + 1;
    asked->series = events_ask_series(req->db, req->arena, &window);
}

static bool fill_agenda(Request *req, const CalendarAsk *asked, Agenda *agenda)
{
    List singles;
    List series;

    if (!events_take_list(asked->singles, req->arena, &singles, &req->error) ||
        !events_take_list(asked->series, req->arena, &series, &req->error))
        return false;
    if (series.count > LIMIT_SERIES)
        return error_fault(&req->error, req->arena, &window_end_location, "too_many_series",
                           "More than %d repeating events reach into this time.", LIMIT_SERIES);
    return add_events(req, &singles, agenda) && add_events(req, &series, agenda);
}

static Reply read_calendar(Request *req)
{
    const CalendarAsk *asked = req->asked;
    int64_t work_left = LIMIT_VIEW_WORK;

    if (asked->fault.code != ERROR_NONE) {
        req->error = asked->fault;
        return reply_error(req);
    }
    Agenda agenda = start_agenda(req, &asked->query, asked->after, &work_left);
    if (!fill_agenda(req, asked, &agenda))
        return reply_error(req);
    agenda_finish(&agenda);
    return reply_agenda(req, &agenda);
}

static List busy_times(Request *req, const Agenda *agenda)
{
    Interval *intervals;
    size_t count = agenda_merge(agenda, &intervals);
    BusyTime *times = ARENA_ARRAY(req->arena, BusyTime, count + 1);

    for (size_t i = 0; i < count; i++) {
        bool began_before = intervals[i].start < agenda->window.from;
        times[i].start_time = began_before ? agenda->window.from : intervals[i].start;
        times[i].end_time = intervals[i].end;
    }
    return (List){ .items = times, .count = count };
}

static bool find_busy(Request *req, const FreeBusy *window, int64_t *work_left, BusyUser *user)
{
    enum { PAGE = 200 };
    const AgendaWindow wanted = {
        .from = window->from, .to = window->to, .limit = LIMIT_OCCURRENCES, .work_left = work_left
    };
    EventWindow events = {
        .reader = user->user_id,
        .from = window->from,
        .to = window->to,
        .after_id = INTEGER_NULL,
        .after_start = INSTANT_NULL,
        .limit = PAGE,
    };
    Agenda agenda = agenda_start(req->arena, &wanted);
    List page;

    do {
        if (!events_list_occupying(req->db, req->arena, &events, &page, &req->error))
            return false;
        if (!add_events(req, &page, &agenda))
            return false;
        if (page.count > 0) {
            const Event *last = (const Event *)page.items + page.count - 1;
            events.after_start = last->start_time;
            events.after_id = last->id;
        }
        if (agenda.count > LIMIT_OCCURRENCES)
            return error_fault(&req->error, req->arena, &window_end_location,
                               "too_many_occurrences",
                               "There is too much in this time: ask for a shorter one.");
    } while (page.count == PAGE);
    agenda_finish(&agenda);
    user->busy = busy_times(req, &agenda);
    return true;
}

static bool check_known(Request *req, int64_t user_id)
{
    bool is_known = false;

    if (!users_is_known(req->db, req->user->user_id, user_id, &is_known, &req->error))
        return false;
    return is_known || error_set(&req->error, ERROR_NOT_FOUND, "There is nothing here.");
}

static Reply read_freebusy(Request *req)
{
    const FreeBusyQuery *query = req->query;
    const int64_t *ids =
        query->user_ids.items != NULL ? query->user_ids.items : &req->user->user_id;
    size_t count = query->user_ids.items != NULL ? query->user_ids.count : 1;
    BusyUser *users = ARENA_ARRAY(req->arena, BusyUser, count);
    int64_t work_left = LIMIT_VIEW_WORK; /* for all of them */
    FreeBusy reply = {
        .from = query->from,
        .to = query->to,
        .users = { .items = users, .count = count },
    };

    if (!window_settle(req, &reply.from, &reply.to))
        return reply_error(req);
    for (size_t i = 0; i < count; i++) {
        users[i].user_id = ids[i];
        if (!check_known(req, ids[i]) || !find_busy(req, &reply, &work_left, &users[i]))
            return reply_error(req);
    }
    return reply_object(req, &freebusy_schema, &reply);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/events/{event_id:int}/occurrences", list_occurrences, LANE_READ,
      .needs = &event_needs[ACTION_EVENT_READ], .in.query = &occurrences_query_schema,
      .out.shape = GIVES_ONE, .out.gives = &occurrence_page_schema, .tag = "Calendar",
      .summary = "List the occurrences of an event",
      .doc = "With its overrides: moved ones stand where they are now, cancelled ones are left "
             "out. An event that does not repeat occurs once. A rule whose parts agree so rarely "
             "that it cannot be followed to the end of the window is a 422, "
             "`recurrence_too_complex`." },
    { METHOD_GET, "/api/calendar", read_calendar, LANE_READ, .needs = &need_user,
      .prepare = prepare_calendar, .ask = ask_calendar, .in.query = &calendar_query_schema,
      .out.shape = GIVES_ONE, .out.gives = &occurrence_page_schema, .tag = "Calendar",
      .summary = "List what takes place, over all I may read",
      .doc = "By start. An event whose rule is too complex to follow is left out; more of them "
             "than can be looked into at once are a 422, `recurrence_too_complex`." },
    { METHOD_GET, "/api/freebusy", read_freebusy, LANE_READ, .needs = &need_user,
      .in.query = &freebusy_query_schema, .out.shape = GIVES_ONE, .out.gives = &freebusy_schema,
      .fails = FAILS_1(NOT_FOUND), .tag = "Calendar", .summary = "Ask when people are busy",
      .doc = "With the events that they own or edit, but for cancelled ones; nothing is said "
             "about what these are. Somebody with whom I share no event is not found. More complex "
             "rules than can be looked into at once are a 422, `recurrence_too_complex`." },
};

const RouteTable calendar_routes = ROUTE_TABLE(routes);
