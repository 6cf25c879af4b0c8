#include "http/conversation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/budget.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "http/door.h"
#include "http/draining.h"
#include "http/guard.h"
#include "http/intake.h"
#include "http/operation.h"
#include "http/response.h"
#include "http/server_parts.h"

enum {
    LIMIT_SWALLOWED_BYTES = 1024 * 1024, /* of a body that is refused anyway */
    LIMIT_REQUESTS_PER_CONNECTION = 1000,
};

/* libmicrohttpd would decode the address in place; it is decoded once, by uri.c. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_connection(void *server, struct MHD_Connection *connection, void **peer,
                          enum MHD_ConnectionNotificationCode code)
{
    Server *self = server;

    switch (code) {
    case MHD_CONNECTION_NOTIFY_STARTED: {
        int socket =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *peer = peers_take(&self->peers, socket);
        door_watch(*peer);
        return;
    }
    case MHD_CONNECTION_NOTIFY_CLOSED:
        door_forget(*peer);
        peers_remove(&self->peers, *peer);
        return;
    }
}

static void *on_request_line(void *server, const char *uri, struct MHD_Connection *connection)
{
    Server *self = server;
    Exchange *x = exchange_create(connection, uri);

    x->peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    x->tokens = self->tokens;
    x->router = x->peer->is_local ? self->socket_router : self->router;
    x->request.app = self->app;
    x->request.server = self;
    x->peer->requests++;
    atomic_store(&x->peer->is_in_request, true);
    (void)peer_expect_by(x->peer, x->started_us + LIMIT_REQUEST_S * SECOND_US);
    atomic_fetch_add(&self->in_flight, 1);
    return x;
}

static RateClass class_of(const Route *route)
{
    if (route == NULL)
        return RATE_GENERAL;
    if (route->works_without_db)
        return RATE_HEALTH;
    return route->limits_guessing || (route->method == METHOD_POST && route_is_open(route))
               ? RATE_GUESSING
               : RATE_GENERAL;
}

/* False: the client asks too often, and request.error says so. */
static bool limit_rate(const Server *server, Exchange *x)
{
    Request *req = &x->request;
    const Route *route = req->route;

    /* Pages cost next to nothing, and so does a health check that looks at nothing. */
    if (server->limiter == NULL ||
        (route != NULL && route->works_without_db && !route->asks_db_itself))
        return true;
    RateClass class = class_of(route);
    RateVerdict verdict = rate_limiter_count(server->limiter, class, req->address, x->started_us);
    x->rate_policy = verdict.policy;
    x->rate_state = rate_limit_state(class, &verdict, &x->arena);
    if (verdict.is_allowed)
        return true;
    req->error.retry_after_s = verdict.retry_after_s;
    return error_set(&req->error, ERROR_TOO_MANY_REQUESTS, "Too many requests: wait a little.");
}

/* Who comes over the socket is limited by nothing but the server's end. */
static bool admit(const Server *server, Exchange *x)
{
    if (!x->peer->is_local)
        return limit_rate(server, x);
    return !is_draining() || error_set(&x->request.error, ERROR_UNAVAILABLE,
                                       "The server is stopping: try again when it has stopped.");
}

static void refuse(Exchange *x)
{
    exchange_reply(x, reply_error(&x->request));
}

/* The announced length against what the route takes. */
static bool is_announced_too_long(const Exchange *x, size_t limit)
{
    const char *digits = x->head.content_length;

    return digits != NULL &&
           (strlen(digits) > 18 || strtoull(digits, NULL, 10) > (unsigned long long)limit);
}

static void refuse_length(Exchange *x)
{
    error_set(&x->request.error, ERROR_CONTENT_TOO_LARGE, "The body has more than %zu bytes.",
              x->content_limit);
    refuse(x);
}

static enum MHD_Result read_head(Server *server, Exchange *x, const char *method,
                                 const char *version)
{
    x->is_head_read = true;
    x->method = arena_strdup(&x->arena, method);
    intake_introduce(x);
    if (!guard_check_head(x, version, &x->request.error)) {
        x->must_close = true;
        refuse(x);
        return response_send(x);
    }
    x->must_close = x->peer->requests >= LIMIT_REQUESTS_PER_CONNECTION;

    bool is_known = intake_read_head(x);
    Error error = x->request.error;
    error_clear(&x->request.error);
    if (!admit(server, x)) {
        refuse(x);
    } else if (!is_known) {
        x->request.error = error;
        refuse(x);
    } else if (x->request.route == NULL) {
        exchange_reply(x, reply_no_content());
    }
    if (is_announced_too_long(x, x->content_limit)) {
        refuse_length(x);
        /* Who waits for 100 Continue, or means to send for long, is told at once. */
        if (x->head.expect != NULL || is_announced_too_long(x, LIMIT_SWALLOWED_BYTES)) {
            x->must_close = true;
            return response_send(x);
        }
    }
    return MHD_YES;
}

/* Nothing can be queued while a body comes in. A chunked one that does not end is answered at the
 * door, and what still comes of it is thrown away there. */
static enum MHD_Result break_off(Exchange *x)
{
    static const FramingFault too_long = { ERROR_CONTENT_TOO_LARGE, "The body is too long." };

    door_refuse(x->peer, &too_long);
    return MHD_YES;
}

static bool takes_content(const Request *req)
{
    const Input *in = &req->route->in;

    return (in->takes != NULL || in->bytes != NULL) && request_may_be_heard(req);
}

static enum MHD_Result take_content(Exchange *x, const char *content, size_t *length)
{
    x->content_seen += *length;
    if (x->content_seen > x->content_limit + LIMIT_SWALLOWED_BYTES) {
        *length = 0;
        return break_off(x);
    }
    if (x->content_seen <= x->content_limit && !x->has_reply && takes_content(&x->request)) {
        if (x->content.arena == NULL)
            x->content = buffer_start(&x->arena);
        buffer_add_bytes(&x->content, content, *length);
        if (!budget_allows(&x->arena, &x->request.error))
            refuse(x);
    }
    *length = 0;
    return MHD_YES;
}

/* All of the request is here. False: the peer was cut a moment ago. */
static bool complete(Exchange *x)
{
    x->is_complete = true;
    if (!peer_is_waiting(x->peer))
        return false;
    if (x->has_reply)
        return true;
    if (x->content_seen > x->content_limit)
        refuse_length(x);
    return true;
}

/* RFC 9110 10.1.1: "A client MUST NOT generate a 100-continue expectation in a request that does
 * not include content." libmicrohttpd answers it with 100 all the same, and when another request is
 * behind it asks for the reply a moment before it can take one: it asks again. */
static bool expects_nothing(const Exchange *x)
{
    const char *length = x->head.content_length;

    return x->head.expect != NULL && x->head.transfer_encoding == NULL &&
           (length == NULL || text_equal(length, "0"));
}

static enum MHD_Result on_request(void *thread, struct MHD_Connection *connection, const char *uri,
                                  const char *method, const char *version, const char *content,
                                  size_t *content_length, void **exchange)
{
    NetworkThread *self = thread;
    Server *server = self->network->setup.context;
    Exchange *x = *exchange;

    (void)connection;
    (void)uri;
    if (x == NULL)
        return MHD_NO;
    x->thread = self;
    if (!x->is_head_read)
        return read_head(server, x, method, version);
    if (*content_length > 0)
        return take_content(x, content, content_length);
    if (!x->is_complete && !complete(x))
        return MHD_NO;
    if (!operation_submit(&self->gather, x))
        return MHD_YES;
    x->must_close |= is_draining();
    return response_send(x) == MHD_YES || expects_nothing(x) ? MHD_YES : MHD_NO;
}

static void log_request(const Exchange *x, int64_t duration_us)
{
    const Request *req = &x->request;
    char status[16];
    char duration[24];
    char user[24] = "";

    snprintf(status, sizeof(status), "%d", x->reply.status);
    snprintf(duration, sizeof(duration), "%" PRId64, duration_us);
    if (req->user != NULL)
        snprintf(user, sizeof(user), "%" PRId64, req->user->user_id);
    log_write(LOG_INFO, "request", "method", x->method, "path", req->path != NULL ? req->path : "",
              "status", status, "us", duration, "id", req->id, "user", user, "address",
              req->address, NULL);
}

static void on_end(void *server, struct MHD_Connection *connection, void **exchange,
                   enum MHD_RequestTerminationCode code)
{
    Server *self = server;
    Exchange *x = *exchange;

    (void)connection;
    if (x == NULL)
        return;
    int64_t now = clock_monotonic_us();
    /* Those of the socket are no routes of the API. */
    size_t route_index = x->peer->is_local ? SIZE_MAX : x->route_index;
    metrics_count(self->metrics, route_index, x->reply.status, now - x->started_us);
    /* Without a reply of ours there is no request worth a line: a head that never came. */
    if (x->has_reply && log_is_on(LOG_INFO))
        log_request(x, now - x->started_us);
    response_end(x);
    atomic_store(&x->peer->is_in_request, false);
    x->peer->ended++;
    (void)peer_expect_by(x->peer, now + (LIMIT_IDLE_S + LIMIT_REQUEST_S) * SECOND_US);
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && !x->must_close)
        door_answered(x->peer);
    exchange_destroy(&x);
    *exchange = NULL;
    atomic_fetch_sub(&self->in_flight, 1);
}

const NetworkCallbacks conversation_callbacks = {
    .on_connection = on_connection,
    .on_request_line = on_request_line,
    .on_request = on_request,
    .on_end = on_end,
    .unescape = leave_escapes,
};
