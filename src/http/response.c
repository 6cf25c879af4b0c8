#include "http/response.h"

#include <strings.h>

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

enum MHD_Result response_send(Exchange *x)
{
    const Reply *reply = &x->reply;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        reply->length, (void *)(uintptr_t)reply->body, MHD_RESPMEM_PERSISTENT);

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
