#include "http/response.h"

#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/network.h"

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        MHD_add_response_header(response, name, value);
}

static bool has_header(const Reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

/* On every response. What a handler says itself stands. */
static void add_usual(struct MHD_Response *response, const Exchange *x)
{
    const Reply *reply = &x->reply;

    add(response, "X-Request-Id", x->request.id);
    for (size_t i = 0; i < reply_usual_header_count; i++) {
        if (!has_header(reply, reply_usual_headers[i].name))
            add(response, reply_usual_headers[i].name, reply_usual_headers[i].value);
    }
    if (!has_header(reply, "Cache-Control"))
        add(response, "Cache-Control", reply->no_store ? "no-store" : "private, no-cache");
    if (x->request.app->config->tls_cert != NULL)
        add(response, "Strict-Transport-Security", "max-age=31536000");
    add(response, "RateLimit-Policy", x->rate_policy);
    add(response, "RateLimit", x->rate_state);
}

/* -- Pages of other origins (CORS) ------------------------------------------------------------ */

static bool is_listed(const char *const *origins, const char *origin)
{
    for (; origin != NULL && *origins != NULL; origins++) {
        if (text_equal(*origins, origin))
            return true;
    }
    return false;
}

/* Fetch Standard 3.2. Who may read a reply is told by its own origin, which is on the list letter
 * for letter, and never with credentials: tokens come in Authorization, and the refresh cookie is
 * for our own pages. */
static void add_cors(struct MHD_Response *response, const Exchange *x)
{
    const char *const *origins = x->request.app->config->cors_origins;

    if (origins == NULL || !is_listed(origins, x->head.origin))
        return;
    add(response, "Access-Control-Allow-Origin", x->head.origin);
    add(response, "Access-Control-Expose-Headers",
        "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Merged, "
        "Idempotent-Replayed");
    if (x->allow == NULL || !text_equal(x->method, "OPTIONS"))
        return;
    add(response, "Access-Control-Allow-Methods", x->allow);
    add(response, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id");
    add(response, "Access-Control-Max-Age", "600");
}

static void add_vary(struct MHD_Response *response, const Exchange *x)
{
    bool by_origin = x->request.app->config->cors_origins != NULL;

    if (x->reply.is_packable)
        add(response, "Vary", by_origin ? "Accept-Encoding, Origin" : "Accept-Encoding");
    else if (by_origin)
        add(response, "Vary", "Origin");
}

/* -- Packing ---------------------------------------------------------------------------------- */

/* A reply that must not be stored may hold a token beside what the client himself sent, and how
 * long it gets when packed would tell of it (BREACH). */
static bool is_worth_packing(const Reply *reply)
{
    return reply->length >= LIMIT_UNPACKED_BYTES && !reply->no_store &&
           text_equal(reply->content_type, "application/json");
}

bool response_is_to_be_packed(const Exchange *x)
{
    return !x->is_packed && is_worth_packing(&x->reply) &&
           !has_header(&x->reply, "Content-Encoding") &&
           packing_is_welcome(x->request.accept_encoding);
}

/* The ETag stays: it names the version of a thing, which If-Match needs, in whatever form it came
 * (docs/decisions/0017). */
void response_pack(Exchange *x, Packer *packer)
{
    Reply *reply = &x->reply;
    size_t length = 0;

    if (!response_is_to_be_packed(x))
        return;
    x->is_packed = true;
    const char *packed = packing_pack(packer, reply->body, reply->length, &x->arena, &length);
    if (packed == NULL)
        return;
    reply->body = packed;
    reply->length = length;
    reply_header(reply, "Content-Encoding", "gzip");
}

/* -- Streams ---------------------------------------------------------------------------------- */

enum { PIECE_BYTES = 16 * 1024 };

static ssize_t proceed(void *exchange, uint64_t place, char *piece, size_t size)
{
    Exchange *x = exchange;
    Stream *stream = x->reply.stream;
    int64_t late_us = clock_monotonic_us() + LIMIT_REQUEST_S * SECOND_US;

    (void)place;
    ptrdiff_t length = stream->proceed(stream, piece, size);
    if (length == STREAM_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (length == STREAM_BROKEN)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    /* A client that takes too long for a piece is cut; while there is none, it may wait. */
    if (!(length == STREAM_LATER ? peer_is_waiting(x->peer) : peer_expect_by(x->peer, late_us)))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (length == STREAM_LATER) {
        exchange_suspend(x);
        stream->wait(stream); /* it may be resumed before this returns */
    }
    return (ssize_t)length;
}

void response_end(Exchange *x)
{
    Stream *stream = x->reply.stream;

    if (stream != NULL && stream->stop != NULL)
        stream->stop(stream);
}

static struct MHD_Response *create(Exchange *x)
{
    const Reply *reply = &x->reply;

    if (reply->stream != NULL)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, proceed, x, NULL);
    return MHD_create_response_from_buffer(reply->length, (void *)(uintptr_t)reply->body,
                                           MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result response_send(Exchange *x)
{
    const Reply *reply = &x->reply;

    /* From here on the thread of peers.c writes no 408 into the reply. */
    if (!peer_is_waiting(x->peer))
        return MHD_NO;
    x->reply.is_packable |=
        (reply->status == 304 && !reply->no_store) || is_worth_packing(&x->reply);
    response_pack(x, &x->thread->packer);
    struct MHD_Response *response = create(x);
    if (response == NULL)
        return MHD_NO;
    add(response, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        add(response, reply->headers[i].name, reply->headers[i].value);
    if (x->allow != NULL)
        add(response, "Allow", x->allow);
    add_usual(response, x);
    add_cors(response, x);
    add_vary(response, x);
    if (x->must_close)
        add(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}
