/* Zone changes: which events a new time zone file moved. */

#include "store/zone_changes.h"
#include "api/paging.h"
#include "api/routes.h"
#include "base/limits.h"
#include "permit/user.h"

typedef struct ZoneChangeQuery {
    Members given;
    Paging page;
    int64_t owner_id;
} ZoneChangeQuery;

static const Field query_fields[] = {
    PAGING_FIELDS(ZoneChangeQuery),
    INTEGER(ZoneChangeQuery, owner_id, .min = 1,
            .doc = "Of whose events; for administrators, who see everybody's without it.",
            .example = "7"),
};

static const Schema query_schema = SCHEMA(ZoneChangeQuery, query_fields, .doc = "Which changes.");

static const PagedList changes = {
    .schema = &zone_change_schema,
    .id_offset = offsetof(ZoneChange, id),
};

/* All of somebody's events are looked at. */
static Pace prepare_changes(Request *req)
{
    (void)req;
    return PACE_SCAN;
}

/* INTEGER_NULL: of everybody; 0, whose number nobody has: of nobody. */
static int64_t owner_of(const Request *req, int64_t wanted)
{
    int64_t reader = req->user->user_id;

    if (req->user->is_admin)
        return wanted;
    return wanted == INTEGER_NULL || wanted == reader ? reader : 0;
}

static Reply list_changes(Request *req)
{
    ZoneChangeQuery *query = req->query;
    Place place;
    List list = { 0 };
    int64_t total;

    if (!paging_open(req, &query->page, &place))
        return reply_error(req);
    const ZoneChangePage page = {
        .reader = req->user->user_id,
        .owner_id = owner_of(req, query->owner_id),
        .before = place.id == INTEGER_NULL ? INT64_MAX : place.id,
        .skip = query->page.skip,
        .limit = query->page.limit + 1,
    };
    Ask *count = paging_wants_total(&query->page)
                     ? zone_changes_ask_count(req->db, req->arena, page.owner_id)
                     : NULL;
    Ask *asked = zone_changes_ask(req->db, req->arena, &page);
    if (!zone_changes_take(asked, req->arena, &list, &req->error) ||
        (paging_must_count(&query->page, &list, &total) &&
         !db_take_number(count, &total, &req->error)))
        return reply_error(req);
    return paging_reply(req, &query->page, &changes, &list, total);
}

static const Route routes[] = {
    { METHOD_GET, "/api/zone-changes", list_changes, LANE_READ, .tag = "History",
      .needs = &need_user, .prepare = prepare_changes, .in.query = &query_schema,
      .out.shape = GIVES_PAGE, .out.gives = &zone_change_schema, .id = "list_zone_changes",
      .summary = "List the events that new time zone files moved",
      .doc = "Newest first. My own events; administrators see everybody's. Each stayed where the "
             "clock on the wall says, so its moment is another." },
};

const RouteTable zone_change_routes = ROUTE_TABLE(routes);
