/* The audit trail, for administrators: who signed in, who was given or lost a right, what became of
 * accounts. */

#include "store/audit.h"
#include "api/paging.h"
#include "api/routes.h"
#include "base/limits.h"
#include "permit/user.h"

typedef struct AuditQuery {
    Members given;
    Paging page;
    int64_t user_id;
    const char *action;
    const char *subject;
    Instant from;
    Instant to;
} AuditQuery;

static const Field audit_query_fields[] = {
    PAGING_FIELDS(AuditQuery),
    INTEGER(AuditQuery, user_id, .min = 1, .doc = "Who did it.", .example = "7"),
    TEXT(AuditQuery, action, .min = 1, .doc = "What was done.", .example = "\"user.sign_in\""),
    TEXT(AuditQuery, subject, .min = 1, .doc = "What it was done to.", .example = "\"user 7\""),
    INSTANT(AuditQuery, from, .doc = "Not before this.", .example = "\"2026-03-01T00:00:00Z\""),
    INSTANT(AuditQuery, to, .doc = "Before this.", .example = "\"2026-04-01T00:00:00Z\""),
};

static const Schema audit_query_schema =
    SCHEMA(AuditQuery, audit_query_fields, .doc = "Which lines.");

static const PagedList audit_list_of = {
    .schema = &audit_schema,
    .id_offset = offsetof(AuditEntry, id),
};

/* The trail only grows, and no index has what is asked for in it. */
static Reply list_audit(Request *req)
{
    AuditQuery *query = req->query;
    Place place;
    List list = { 0 };
    int64_t total;

    if (!paging_open(req, &query->page, &place))
        return reply_error(req);
    const AuditFilter filter = {
        .user_id = query->user_id,
        .action = query->action,
        .subject = query->subject,
        .from = query->from,
        .to = query->to,
        .before_id = place.id == INTEGER_NULL ? INT64_MAX : place.id,
        .skip = query->page.skip,
        .limit = query->page.limit + 1,
    };
    if (!audit_list(req->db, req->arena, &filter, &list, &req->error) ||
        (paging_must_count(&query->page, &list, &total) &&
         !audit_count(req->db, &filter, &total, &req->error)))
        return reply_error(req);

    return paging_reply(req, &query->page, &audit_list_of, &list, total);
}

static const Route routes[] = {
    { METHOD_GET, "/api/admin/audit", list_audit, LANE_SCAN, .tag = "Administration",
      .needs = &need_admin, .in.query = &audit_query_schema, .out.shape = GIVES_PAGE,
      .out.gives = &audit_schema, .id = "list_audit", .summary = "Read the audit trail",
      .doc = "The newest line first. Nobody can change it." },
};

const RouteTable audit_routes = ROUTE_TABLE(routes);
