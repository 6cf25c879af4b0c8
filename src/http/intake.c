#include "http/intake.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/content.h"
#include "http/idempotency.h"
#include "http/proxies.h"
#include "http/router.h"
#include "http/uri.h"

enum { ID_BYTES = 64, AGENT_BYTES = 255 };

static const char *header(const Exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static bool is_request_id(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t length = strlen(text);

    return length > 0 && length <= ID_BYTES && strspn(text, allowed) == length;
}

void intake_introduce(Exchange *x)
{
    Request *req = &x->request;
    const char *id = header(x, "X-Request-Id");

    req->id = id != NULL && is_request_id(id)
                  ? id
                  : arena_printf(&x->arena, "%s-%u", x->peer->id, x->peer->requests);
    req->now = clock_now_us();
    req->address = x->peer->address;
}

/* RFC 9112 3.2.2: an absolute target is a path with its own Host, which must not be another one. */
static bool skip_authority(Exchange *x, const char **target)
{
    const char *authority = *target;

    if (strncasecmp(authority, "http://", 7) == 0)
        authority += 7;
    else if (strncasecmp(authority, "https://", 8) == 0)
        authority += 8;
    else
        return true;
    size_t length = strcspn(authority, "/?");
    if (x->head.host == NULL || strlen(x->head.host) != length ||
        strncasecmp(x->head.host, authority, length) != 0) {
        x->must_close = true;
        return error_set(&x->request.error, ERROR_MALFORMED,
                         "The address and the Host do not name the same server.");
    }
    *target = authority[length] == '/' ? authority + length : "/";
    return true;
}

static bool read_target(Exchange *x)
{
    Request *req = &x->request;
    const char *target = x->uri;
    Path path;
    Match match;

    if (text_equal(x->method, "OPTIONS") && text_equal(target, "*")) {
        x->allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        return true;
    }
    if (!skip_authority(x, &target))
        return false;
    size_t length = strcspn(target, "?");
    req->query_text = target[length] == '?' ? target + length + 1 : "";
    if (!uri_read_path(target, length, &x->arena, &path, &req->error))
        return false;
    req->path = path.text;
    bool is_found = router_find(x->router, x->method, &path, &x->arena, &match, &req->error);
    x->allow = match.allow;
    req->route = match.route;
    if (match.route != NULL)
        x->route_index = match.index;
    memcpy(req->path_values, match.values, sizeof(match.values));
    return is_found;
}

/* RFC 6750 2.1: credentials = "Bearer" 1*SP b64token. The scheme is case-insensitive. */
static void read_token(Exchange *x)
{
    Request *req = &x->request;
    const char *text = x->head.authorization;

    if (text == NULL)
        return;
    req->token_given = true;
    if (strncasecmp(text, "Bearer ", 7) != 0)
        return;
    text += 7 + strspn(text + 7, " ");
    req->bearer = text;
    if (strlen(text) <= LIMIT_TOKEN_BYTES)
        req->has_token =
            token_cache_verify(x->tokens, text, req->now / SECOND_US, &x->arena, &req->claims);
}

static void read_agent(Exchange *x)
{
    const char *agent = header(x, "User-Agent");

    if (agent == NULL)
        return;
    size_t length = strlen(agent);
    if (length > AGENT_BYTES)
        length = AGENT_BYTES;
    if (text_is_utf8(agent, length))
        x->request.agent = arena_strndup(&x->arena, agent, length);
}

/* A proxy on this machine is this machine, too, for who looks at the address alone; and so is a
 * browser here, that shows a page of strangers (DNS rebinding): but it says their name. */
static bool is_direct(const Exchange *x)
{
    return x->peer->is_loopback && !x->head.is_forwarded && x->head.is_for_this_machine &&
           !proxies_trust(&x->request.app->config->trusted_proxies, x->peer->address);
}

bool intake_read_head(Exchange *x)
{
    Request *req = &x->request;
    const Subnets *trusted = &req->app->config->trusted_proxies;

    req->address = proxies_find_client(trusted, x->peer->address, x->head.forwarded_for, &x->arena);
    req->is_direct = is_direct(x);
    req->if_match = header(x, "If-Match");
    req->accept_encoding = header(x, "Accept-Encoding");
    req->if_none_match = header(x, "If-None-Match");
    if (!read_target(x))
        return false;
    if (req->route == NULL)
        return true;
    read_agent(x);
    read_token(x);
    x->content_limit = req->route->in.limit != 0 ? req->route->in.limit : (size_t)LIMIT_BODY_BYTES;
    return true;
}

static bool read_query(Exchange *x)
{
    Request *req = &x->request;
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    size_t count = 0;

    if (!uri_read_pairs(req->query_text, strlen(req->query_text), &x->arena, pairs, &count,
                        &x->fault))
        return false;
    for (size_t i = 0; i < count; i++) {
        /* RFC 6750 2.3 allows it and 5.3 warns of it: addresses end in logs. */
        if (text_equal(pairs[i].name, "access_token"))
            return error_set(&x->fault, ERROR_MALFORMED,
                             "Send the access token in Authorization, never in the address.");
    }
    if (req->route->in.query != NULL) {
        req->query = arena_alloc(&x->arena, req->route->in.query->size);
        return schema_parse(req->route->in.query, pairs, count, &x->arena, &query_location,
                            req->query, &x->fault);
    }
    for (size_t i = 0; i < count; i++) {
        const Location where = { .parent = &query_location, .name = pairs[i].name };
        error_fault(&x->fault, &x->arena, &where, "unknown_field",
                    "This operation takes no parameters.");
    }
    return count == 0;
}

void intake_read_input(Exchange *x)
{
    if (!request_may_be_heard(&x->request))
        return; /* it is a 401, whatever it says */
    read_query(x);
    /* Faults of the query and of the body are told together. */
    if (x->fault.code == ERROR_NONE || x->fault.code == ERROR_INVALID)
        content_read(x);
    idempotency_read(x);
}

void intake_digest(Exchange *x)
{
    Request *req = &x->request;

    if (req->route->digest != NULL && x->fault.code == ERROR_NONE && req->body != NULL)
        req->route->digest(req);
}
