/* System: does it run, can it serve, how does it do, and what can it do. */

#include <string.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/draining.h"
#include "http/entity_tag.h"
#include "http/reply.h"
#include "http/server.h"
#include "permit/anybody.h"
#include "permit/user.h"
#include "store/migrations.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct Health {
    Members given;
    const char *status;
} Health;

static const Field health_fields[] = {
    TEXT(Health, status, .doc = "Always `ok`: anything else is an error.", .example = "\"ok\""),
};

static const Schema health_schema = SCHEMA(Health, health_fields, .doc = "All is well.");

/* -- Handlers --------------------------------------------------------------------------------- */

static Reply reply_well(Request *req)
{
    const Health health = { .status = "ok" };
    Reply reply = reply_object(req, &health_schema, &health);

    reply.no_store = true;
    return reply;
}

/* Why this node cannot serve, as a sentence; NULL: it can. */
static const char *find_reason(Request *req)
{
    int version = 0;

    if (is_draining())
        return "The server is stopping.";
    if (!request_db(req) || !db_ping(req->db, &req->error))
        return "The database does not answer.";
    if (!migrations_version(req->db, &version, &req->error))
        return "The database does not answer.";
    if (version != migrations_newest())
        return "The database has another schema than this program.";
    return NULL;
}

static Reply read_readiness(Request *req)
{
    const char *reason = find_reason(req);

    if (reason == NULL)
        return reply_well(req);
    error_clear(&req->error);
    error_set(&req->error, ERROR_UNAVAILABLE, "%s", reason);
    return reply_error(req);
}

static Reply read_metrics(Request *req)
{
    if (!permit_metrics(req))
        return reply_error(req);
    Buffer out = buffer_start(req->arena);
    buffer_printf(&out,
                  "# HELP fasti_build_info The version of the program.\n"
                  "# TYPE fasti_build_info gauge\n"
                  "fasti_build_info{version=\"%s\"} 1\n",
                  req->app->version);
    server_write_metrics(req->server, &out);
    return (Reply){
        .status = 200,
        .body = out.data,
        .length = out.length,
        .content_type = "text/plain; version=0.0.4; charset=utf-8",
        .no_store = true,
    };
}

static Reply read_openapi(Request *req)
{
    const char *tag = req->app->openapi_tag;

    if (!req->app->config->has_docs)
        return reply_absent(req);
    Reply reply = {
        .status = 200,
        .body = req->app->openapi,
        .length = strlen(req->app->openapi),
        .content_type = "application/json",
    };

    if (req->if_none_match != NULL && entity_tag_matches(req->if_none_match, tag, TAG_WEAK))
        reply = reply_not_modified();
    reply_header(&reply, "ETag", tag);
    return reply;
}

/* -- Routes ----------------------------------------------------------------------------------- */

#define SYSTEM .tag = "System", .needs = &need_nobody, .works_without_db = true

static const Route routes[] = {
    { METHOD_GET, "/healthz", reply_well, LANE_READ, SYSTEM, .out.shape = GIVES_ONE,
      .out.gives = &health_schema, .id = "get_health", .summary = "Does the server run",
      .doc = "Says nothing about the database: a node is not restarted because that is away." },
    { METHOD_GET, "/readyz", read_readiness, LANE_READ, SYSTEM, .asks_db_itself = true,
      .out.shape = GIVES_ONE, .out.gives = &health_schema,
      .fails = FAILS_2(TOO_MANY_REQUESTS, UNAVAILABLE), .id = "get_readiness",
      .summary = "Can the server serve",
      .doc = "503 with the reason while the database is away or the server is stopping." },
    { METHOD_GET, "/metrics", read_metrics, LANE_READ, SYSTEM, .out.shape = GIVES_OTHER,
      .out.content_type = "text/plain", .fails = FAILS_1(FORBIDDEN), .id = "get_metrics",
      .summary = "How the server does",
      .doc = "Prometheus text format; for clients on the same machine that do not come through a "
             "proxy, and for who sends FASTI_METRICS_TOKEN as a bearer token." },
    { METHOD_GET, "/openapi.json", read_openapi, LANE_READ, SYSTEM, .has_etag = true,
      .out.shape = GIVES_OTHER, .out.content_type = "application/json", .id = "get_openapi",
      .summary = "This description (OpenAPI 3.1.0)" },
};

const RouteTable system_routes = ROUTE_TABLE(routes);
