/* Free and busy: when people are busy, without a word about what with. */

#include "api/occupying.h"
#include "api/routes.h"
#include "api/window.h"
#include "base/limits.h"
#include "calendar/busy.h"
#include "calendar/occurrences.h"
#include "http/reply.h"
#include "permit/user.h"
#include "store/known.h"
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
          .doc = "The people, each of whom lets me see it; left out, myself.", .example = "[3,7]"),
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
    List users;      /* of BusyUser */
    List incomplete; /* of LeftOut */
} FreeBusy;

static const Field freebusy_fields[] = {
    INSTANT(FreeBusy, from, .doc = "The window that was looked at …",
            .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(FreeBusy, to, .doc = "… and its end.", .example = "\"2026-04-01T00:00:00Z\""),
    ARRAY(FreeBusy, users, .schema = &busy_user_schema, .doc = "In the order of `user_ids`."),
    INCOMPLETE(FreeBusy),
};

static const Schema freebusy_schema = SCHEMA(FreeBusy, freebusy_fields, .doc = "Who is busy when.");

/* -- Handler ---------------------------------------------------------------------------------- */

static List busy_times(Request *req, const Busy *busy, const FreeBusy *reply)
{
    BusyTime *times = ARENA_ARRAY(req->arena, BusyTime, busy->count + 1);

    for (size_t i = 0; i < busy->count; i++) {
        Instant start = busy->items[i].start;
        Instant end = busy->items[i].end;
        times[i].start_time = start < reply->from ? reply->from : start;
        times[i].end_time = end > reply->to ? reply->to : end;
    }
    return (List){ .items = times, .count = busy->count };
}

typedef struct BusySearch {
    Request *req;
    EventWindow window;
    Fair fair;
    Busy busy;
} BusySearch;

/* Who asks for too much of his own is told so; of somebody else the first of it is told, and that
 * there is more. */
static bool leave_out_own(BusySearch *search)
{
    Request *req = search->req;
    int64_t owner_id = search->fair.reader;

    if (owner_id != req->user->user_id) {
        fair_drop(&search->fair, owner_id, left_out_times);
        return true;
    }
    return error_fault(&req->error, req->arena, &window_end_location, "too_many_occurrences",
                       "There is too much in this time: ask for a shorter one.");
}

static bool add_times(BusySearch *search, const Event *event, const OccurrenceList *list)
{
    Fair *fair = &search->fair;

    if (list->has_more && event->owner_id == fair->reader && !leave_out_own(search))
        return false;
    if (list->has_more && event->owner_id != fair->reader) {
        fair_drop(fair, event->owner_id, left_out_times);
        return true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (occurrence_occupies(event, &list->items[i]) &&
            !busy_add(&search->busy, fair, event->owner_id, list->items[i].from,
                      list->items[i].until))
            return leave_out_own(search);
    }
    return true;
}

static bool visit_event(void *context, Arena *scratch, const Event *event, bool *ret_is_done)
{
    BusySearch *search = context;
    const OccurrenceWindow window = {
        .from = search->window.from,
        .to = search->window.to,
        .days = search->window.days.zone,
        .limit = LIMIT_OCCURRENCES,
        .work_left = &search->fair.work_left,
    };
    OccurrenceList list;
    Error problem = { 0 };

    *ret_is_done = occurrences_find(scratch, event, &window, &list, &problem);
    return !*ret_is_done || add_times(search, event, &list);
}

/* What is told to somebody else of what was left out: that it was. */
static void add_left_out(FreeBusy *reply, Request *req, const BusySearch *search)
{
    LeftOut *items;
    LeftOut *all = reply->incomplete.items;
    size_t count = fair_left_out(&search->fair, &items);
    int64_t user_id = search->window.reader;

    if (count == 0)
        return;
    if (user_id != req->user->user_id) {
        items[0] =
            (LeftOut){ .event_id = INTEGER_NULL, .owner_id = user_id, .reason = left_out_work };
        count = 1;
    }
    LeftOut *joined = ARENA_ARRAY(req->arena, LeftOut, reply->incomplete.count + count);
    for (size_t i = 0; i < reply->incomplete.count; i++)
        joined[i] = all[i];
    for (size_t i = 0; i < count; i++)
        joined[reply->incomplete.count++] = items[i];
    reply->incomplete.items = joined;
}

/* Of each of so many people, so that one reply has room for all. */
static size_t most_times(size_t users)
{
    enum { BYTES_OF_TIME = 80, MOST = LIMIT_PAGE_BYTES / BYTES_OF_TIME };
    size_t share = MOST / users;

    return share < LIMIT_OCCURRENCES ? share : LIMIT_OCCURRENCES;
}

/* His days: all-day events are busy on them. */
static bool find_days(Request *req, int64_t user_id, Days *ret_days)
{
    User *user = NULL;

    *ret_days = (Days){ .are_known = true, .zone = window_days(req) };
    if (user_id == req->user->user_id)
        return true;
    if (!users_find(req->db, req->arena, user_id, &user, &req->error))
        return false;
    bool has_zone = user != NULL && user->timezone != NULL;
    ret_days->zone = has_zone ? timezone_find(user->timezone) : NULL;
    return true;
}

static bool find_busy(Request *req, FreeBusy *reply, int64_t *work_left, BusyUser *user)
{
    Arena AUTO(arena_finish) arena = { 0 };
    BusySearch search = {
        .req = req,
        .window = { .reader = user->user_id, .from = reply->from, .to = reply->to },
        .fair = fair_start(&arena, user->user_id, *work_left),
        .busy = { .arena = &arena, .most = most_times(reply->users.count) },
    };

    if (!find_days(req, user->user_id, &search.window.days) ||
        !occupying_visit(req, &search.window, &search.fair, visit_event, &search))
        return false;
    if (!busy_join(&search.busy, &search.fair) && !leave_out_own(&search))
        return false;
    *work_left = search.fair.all_left;
    user->busy = busy_times(req, &search.busy, reply);
    add_left_out(reply, req, &search);
    return true;
}

static bool check_may_see(Request *req, int64_t user_id)
{
    bool may_see = false;

    if (!known_may_see_busy(req->db, req->user->user_id, user_id, &may_see, &req->error))
        return false;
    return may_see || error_set(&req->error, ERROR_NOT_FOUND, "There is nothing here.");
}

static Reply read_freebusy(Request *req)
{
    const FreeBusyQuery *query = req->query;
    const int64_t *ids =
        query->user_ids.items != NULL ? query->user_ids.items : &req->user->user_id;
    size_t count = query->user_ids.items != NULL ? query->user_ids.count : 1;
    BusyUser *users = ARENA_ARRAY(req->arena, BusyUser, count);
    int64_t left = req->work_left; /* for all of them */
    FreeBusy reply = {
        .from = query->from,
        .to = query->to,
        .users = { .items = users, .count = count },
        .incomplete = { .items = ARENA_NEW(req->arena, LeftOut) },
    };

    if (!window_fill_in(req, &reply.from, &reply.to))
        return reply_error(req);
    for (size_t i = 0; i < count; i++) {
        int64_t share = left / (int64_t)(count - i);
        users[i].user_id = ids[i];
        left -= share;
        if (!check_may_see(req, ids[i]) || !find_busy(req, &reply, &share, &users[i]))
            return reply_error(req);
        left += share;
    }
    return reply_object(req, &freebusy_schema, &reply);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

static const Route routes[] = {
    { METHOD_GET, "/api/freebusy", read_freebusy, LANE_SCAN, .needs = &need_user,
      .in.query = &freebusy_query_schema, .out.shape = GIVES_ONE, .out.gives = &freebusy_schema,
      .fails = FAILS_1(NOT_FOUND), .tag = "Calendar", .id = "get_free_busy",
      .summary = "Ask when people are busy",
      .doc =
          "With what occupies their time: the events that they own, and those shared with them "
          "by the rule of their answer, but for cancelled ones; nothing is said about what these "
          "are. All-day ones take the days of the person's own `timezone`. Each person says who "
          "may ask, in `free_busy` of their account: people they know, "
          "everyone or nobody; others are answered as if there were no such person. What would "
          "take too much work is left out and named in `incomplete`; of another person it is only "
          "said that something was, with their own id as `owner_id`." },
};

const RouteTable freebusy_routes = ROUTE_TABLE(routes);
