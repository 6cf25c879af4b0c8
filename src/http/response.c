#include "http/response.h"

#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

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

/* THREATS.md: on every response. What a handler says itself stands. */
static void add_usual(struct MHD_Response *response, const Exchange *x)
{
    const Reply *reply = &x->reply;

    add(response, "X-Request-Id", x->request.id);
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    if (!has_header(reply, "Cache-Control"))
        add(response, "Cache-Control", reply->no_store ? "no-store" : "private, no-cache");
    if (!has_header(reply, "Content-Security-Policy"))
        add(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (x->request.app->config->tls_cert != NULL)
        add(response, "Strict-Transport-Security", "max-age=31536000");
    add(response, "RateLimit-Policy", x->rate_policy);
    add(response, "RateLimit", x->rate_state);
}

/* -- Streams ---------------------------------------------------------------------------------- */

enum { PIECE_BYTES = 16 * 1024 };

static ssize_t proceed(void *exchange, uint64_t place, char *piece, size_t size)
{
    Exchange *x = exchange;
    Stream *stream = x->reply.stream;
    int64_t late_us = clock_monotonic_us() + LIMIT_REQUEST_S * INT64_C(1000000);

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
    struct MHD_Response *response = create(x);

    if (response == NULL)
        return MHD_NO;
    add(response, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        add(response, reply->headers[i].name, reply->headers[i].value);
    if (x->allow != NULL)
        add(response, "Allow", x->allow);
    add_usual(response, x);
    if (x->must_close)
        add(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}
