#include "api/docs_ui.h"

#include <assert.h>
#include <string.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/entity_tag.h"
#include "http/packing.h"
#include "http/reply.h"
#include "permit/user.h"

/* ReDoc's styled components put <style> elements into the page while they run; tried in Chromium:
 * with style-src 'self' alone ReDoc loses its layout, Swagger UI does not and so goes without. */
#define POLICY(style_)                                                                             \
    "default-src 'none'; script-src 'self'; style-src " style_ "; img-src 'self' data:; "          \
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

static const char plain_policy[] = POLICY("'self'");
static const char styled_policy[] = POLICY("'self' 'unsafe-inline'");

const Asset *asset_find(const char *path)
{
    for (size_t i = 0; i < asset_count; i++) {
        if (text_equal(assets[i].path, path))
            return &assets[i];
    }
    return NULL;
}

/* The first page, that of the first administrator, and what the two are made of stay where the
 * documentation is turned off. */
static bool tells_of_api(const char *path)
{
    static const char *const others[] = { "/", "/setup", "/docs/page.css", "/docs/setup.js",
                                          "/docs/start.js" };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (text_equal(path, others[i]))
            return false;
    }
    return true;
}

static Reply serve(Request *req, const char *policy)
{
    const Asset *asset = asset_find(req->path);
    if (!req->app->config->has_docs && tells_of_api(req->path))
        return reply_absent(req);
    if (asset == NULL) {
        error_set(&req->error, ERROR_NOT_FOUND,
                  asset_count == 0 ? "This program was built without its pages."
                                   : "There is nothing at this address.");
        return reply_error(req);
    }

    bool is_packed = packing_is_welcome(req->accept_encoding);
    const AssetRange *range = is_packed ? &asset->gzip : &asset->plain;
    const char *tag = arena_printf(req->arena, "\"%s%s\"", asset->tag, is_packed ? "-gzip" : "");
    Reply reply = {
        .status = 200,
        .body = assets_bytes + range->start,
        .length = range->length,
        .content_type = asset->content_type,
    };

    if (req->if_none_match != NULL && entity_tag_matches(req->if_none_match, tag, TAG_WEAK))
        reply = reply_not_modified();
    else if (is_packed)
        reply_header(&reply, "Content-Encoding", "gzip");
    reply.is_packable = true;
    reply_header(&reply, "ETag", tag);
    reply_header(&reply, "Content-Security-Policy", policy);
    return reply;
}

static Reply serve_file(Request *req)
{
    return serve(req, plain_policy);
}

static Reply serve_redoc(Request *req)
{
    return serve(req, styled_policy);
}

#define DOCS                                                                                       \
    .needs = &need_nobody, .works_without_db = true, .has_etag = true, .out.shape = GIVES_OTHER,   \
    .tag = "Documentation"
#define HTML DOCS, .out.content_type = "text/html"

static const Route routes[] = {
    { METHOD_GET, "/", serve_file, LANE_READ, HTML, .id = "get_home", .summary = "What this is" },
    { METHOD_GET, "/setup", serve_file, LANE_READ, HTML, .id = "get_setup",
      .summary = "Make the first administrator" },
    { METHOD_GET, "/docs", serve_file, LANE_READ, HTML, .id = "get_docs",
      .summary = "Try the API (Swagger UI)" },
    { METHOD_GET, "/redoc", serve_redoc, LANE_READ, HTML, .id = "get_redoc",
      .summary = "Read the API (ReDoc)" },
    { METHOD_GET, "/docs/{file:rest}", serve_file, LANE_READ, DOCS, .out.content_type = "*/*",
      .id = "get_docs_file", .summary = "A file of the pages" },
};

const RouteTable docs_routes = ROUTE_TABLE(routes);
