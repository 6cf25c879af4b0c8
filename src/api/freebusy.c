/* Free and busy: when people are busy, without a word about what with. */

#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "permit/user.h"
#include "store/event_lists.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

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

/* -- Handler ---------------------------------------------------------------------------------- */

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
        if (!window_add_events(req, &page, &agenda))
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

    if (!window_fill_in(req, &reply.from, &reply.to))
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
    { METHOD_GET, "/api/freebusy", read_freebusy, LANE_READ, .needs = &need_user,
      .in.query = &freebusy_query_schema, .out.shape = GIVES_ONE, .out.gives = &freebusy_schema,
      .fails = FAILS_1(NOT_FOUND), .tag = "Calendar", .id = "get_free_busy",
      .summary = "Ask when people are busy",
      .doc = "With the events that they own or edit, but for cancelled ones; nothing is said "
             "about what these are. Somebody with whom I share no event is not found. More complex "
             "rules than can be looked into at once are a 422, `recurrence_too_complex`." },
};

const RouteTable freebusy_routes = ROUTE_TABLE(routes);
