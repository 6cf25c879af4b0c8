/* hello - the least that libmicrohttpd can do: one reply, always the same, without a look at the
 * request. What Fasti could at best be on this machine.
 *
 *   hello PORT THREADS BYTES
 *
 * The same flags as src/http/network.c, the same header fields, a body of BYTES. */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct MHD_Response *response;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static int seen;

    (void)context, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (*state == NULL) { /* the first call comes before the request is complete */
        *state = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

int main(int argc, char **argv)
{
    size_t size = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    char *body = malloc(size + 1);
    struct MHD_Daemon *daemon;
    sigset_t signals;
    int number;

    if (size == 0 || body == NULL) {
        fprintf(stderr, "hello PORT THREADS BYTES\n");
        return 2;
    }
    memset(body, 'x', size);
    response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    MHD_add_response_header(response, "ETag", "\"1\"");
    MHD_add_response_header(response, "X-Request-Id", "0123456789abcdef-123");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; frame-ancestors 'none'");
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                                  MHD_USE_ERROR_LOG | MHD_USE_TURBO,
                              (uint16_t)atoi(argv[1]), NULL, NULL, answer, NULL,
                              MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[2]),
                              MHD_OPTION_CONNECTION_LIMIT, 12000u, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    sigwait(&signals, &number);
    MHD_stop_daemon(daemon);
    return 0;
}
