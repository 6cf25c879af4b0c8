/* Routes of the server under test in other forms than JSON: bytes in, a stream out, failures as
 * text, files under a prefix, another method. */
#include "server_app.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "permit/user.h"

static Reply echo_bytes(Request *req)
{
    return (Reply){ .status = 200,
                    .body = req->bytes.data,
                    .length = req->bytes.length,
                    .content_type = "text/calendar" };
}

static Reply show_rest(Request *req)
{
    const char *file = request_text(req, "file");

    return (
        Reply){ .status = 200, .body = file, .length = strlen(file), .content_type = "text/plain" };
}

static Reply tell_options(Request *req)
{
    Reply reply = reply_no_content();

    (void)req;
    reply_header(&reply, "DAV", "1");
    return reply;
}

static Reply fail_in_words(Request *req)
{
    error_set(&req->error, ERROR_CONFLICT, "Not like this.");
    return reply_error(req);
}

static void write_words(Buffer *out, const Request *req, const Error *error)
{
    (void)req;
    buffer_printf(out, "<error>%s</error>", error->detail);
}

static const FailureForm words = { "application/xml", write_words };

/* -- A stream --------------------------------------------------------------------------------- */

/* Counts to `last`; before each number it is late once, and another thread wakes it. */
typedef struct Count {
    Stream stream;
    Request *req;
    int next;
    int last;
    bool is_late;
    bool breaks;
    bool wakes_itself; /* at once, on the thread that waits */
} Count;

atomic_int streams_stopped;

static ptrdiff_t proceed(Stream *stream, char *piece, size_t size)
{
    Count *count = (Count *)stream;

    if (count->next > count->last)
        return count->breaks ? STREAM_BROKEN : STREAM_END;
    count->is_late = !count->is_late;
    if (count->is_late)
        return STREAM_LATER;
    return snprintf(piece, size, "%d,", count->next++);
}

static void *wake(void *count)
{
    if (((Count *)count)->next % 2 == 0)
        usleep(1000); /* else as soon as can be */
    request_resume(((Count *)count)->req);
    return NULL;
}

static void wait(Stream *stream)
{
    Count *count = (Count *)stream;
    pthread_t thread;

    if (count->wakes_itself) {
        request_resume(count->req);
        return;
    }

    if (pthread_create(&thread, NULL, wake, stream) == 0)
        pthread_detach(thread);
}

static void stop(Stream *stream)
{
    (void)stream;
    atomic_fetch_add(&streams_stopped, 1);
}

static Reply count_up(Request *req)
{
    Count *count = ARENA_NEW(req->arena, Count);

    *count = (Count){
        .stream = { .proceed = proceed, .wait = wait, .stop = stop },
        .req = req,
        .next = 1,
        .last = 20,
        .breaks = strstr(req->path, "broken") != NULL,
        .wakes_itself = strstr(req->path, "at-once") != NULL,
    };
    return (Reply){ .status = 200, .stream = &count->stream, .content_type = "text/plain" };
}

#define FORM .needs = &need_nobody, .works_without_db = true

static const Route routes[] = {
    { METHOD_POST, "/bytes", echo_bytes, LANE_READ, FORM, .in.bytes = "text/calendar" },
    { METHOD_POST, "/bytes/few", echo_bytes, LANE_READ, FORM, .in.bytes = "text/calendar",
      .in.limit = 4, .in.is_optional = true },
    { METHOD_GET, "/files/{file:rest}", show_rest, LANE_READ, FORM },
    { METHOD_GET, "/files/one", tell_options, LANE_READ, FORM },
    { METHOD_OPTIONS, "/files/{file:rest}", tell_options, LANE_READ, FORM },
    { METHOD_GET, "/words", fail_in_words, LANE_READ, FORM, .fails_as = &words },
    { METHOD_GET, "/count", count_up, LANE_READ, FORM },
    { METHOD_GET, "/count/broken", count_up, LANE_READ, FORM },
    { METHOD_GET, "/count/at-once", count_up, LANE_READ, FORM },
};

const RouteTable form_routes = { routes, sizeof(routes) / sizeof(routes[0]) };
