#include "http/server.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "http/conversation.h"
#include "http/listener.h"

enum {
    STACK_BYTES = 512 * 1024,
    LIMIT_PEM_BYTES = 256 * 1024,
    DRAIN_MS = 10000,
    LAST_REPLIES_MS = 1000,
};

/* What libmicrohttpd keeps for a connection until it closes: a head of LIMIT_HEAD_BYTES, 56 bytes
 * for each of its LIMIT_HEADER_FIELDS fields, and the head of the reply. */
#define CONNECTION_MEMORY (LIMIT_HEAD_BYTES * 2)

/* All servers of the process drain together: it is the process that goes down. */
static atomic_bool is_draining;

bool server_is_draining(void)
{
    return atomic_load_explicit(&is_draining, memory_order_relaxed);
}

uint16_t server_port(const Server *server)
{
    return server->port;
}

void server_write_metrics(const Server *server, Buffer *out)
{
    Server *live = (Server *)(uintptr_t)server; /* to lock its queues */

    metrics_write(server->metrics, out);
    metrics_write_gauge(out, "fasti_http_connections", "Open connections.",
                        peers_count(&live->peers));
    metrics_write_gauge(out, "fasti_http_requests_in_flight", "Requests that are not answered yet.",
                        atomic_load(&live->in_flight));
    metrics_write_gauge(out, "fasti_write_queue_length", "Requests that wait for the WRITE lane.",
                        queue_length(&live->lanes.writes));
    metrics_write_gauge(out, "fasti_slow_queue_length", "Requests that wait for the SLOW lane.",
                        queue_length(&live->lanes.slow));
}

static void log_library(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void log_library(void *context, const char *format, va_list args)
{
    char text[512];

    (void)context;
    if (!log_is_on(LOG_DEBUG))
        return;
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    log_write(LOG_DEBUG, "libmicrohttpd", "detail", text, NULL);
}

static DbKind kind_of(const Config *config)
{
    return text_starts_with(config->database_url, "sqlite:") ? DB_SQLITE : DB_POSTGRES;
}

/* On PostgreSQL a network thread waits for each of its queries. */
static unsigned count_threads(const Config *config)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned cores = online > 0 ? (unsigned)online : 1;

    if (config->threads > 0)
        return (unsigned)config->threads;
    return kind_of(config) == DB_SQLITE ? cores : 4 * cores;
}

typedef struct Options {
    struct MHD_OptionItem items[12];
    size_t count;
} Options;

static void add_option(Options *options, enum MHD_OPTION name, intptr_t value, void *pointer)
{
    assert(options->count < sizeof(options->items) / sizeof(options->items[0]));
    options->items[options->count++] = (struct MHD_OptionItem){ name, value, pointer };
}

static bool add_tls(Server *server, Options *options, Error *err)
{
    const Config *config = server->app->config;
    const char *certificate = NULL;
    const char *key = NULL;

    if (config->tls_cert == NULL && config->tls_key == NULL)
        return true;
    if (config->tls_cert == NULL || config->tls_key == NULL)
        return error_set(
            err, ERROR_INVALID,
            "FASTI_TLS_CERT and FASTI_TLS_KEY belong together: one of them is not set.");
    if (!file_read(config->tls_cert, FILE_ANY, LIMIT_PEM_BYTES, &server->arena, &certificate,
                   err) ||
        !file_read(config->tls_key, FILE_SECRET, LIMIT_PEM_BYTES, &server->arena, &key, err))
        return false;
    add_option(options, MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate);
    add_option(options, MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key);
    return true;
}

static bool start_daemon(Server *server, int listening, unsigned threads, Error *err)
{
    const Config *config = server->app->config;
    Options options = { .count = 0 };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_TURBO;

    if (!add_tls(server, &options, err))
        return false;
    if (config->tls_cert != NULL)
        flags |= MHD_USE_TLS;
    if (threads > 1)
        add_option(&options, MHD_OPTION_THREAD_POOL_SIZE, threads, NULL);
    /* All clients of a trusted proxy have its address. */
    if (config->rate_limit && config->trusted_proxies == NULL)
        add_option(&options, MHD_OPTION_PER_IP_CONNECTION_LIMIT, LIMIT_CONNECTIONS_PER_IP, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_LIMIT, listener_connection_limit(LIMIT_CONNECTIONS),
               NULL);
    add_option(&options, MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_IDLE_S, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    add_option(&options, MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL);
    add_option(&options, MHD_OPTION_LISTEN_SOCKET, listening, NULL);
    add_option(&options, MHD_OPTION_END, 0, NULL);

    server->daemon = MHD_start_daemon(
        flags, server->port, NULL, NULL, conversation_on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_URI_LOG_CALLBACK,
        conversation_on_request_line, server, MHD_OPTION_UNESCAPE_CALLBACK,
        conversation_leave_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, conversation_on_end, server,
        MHD_OPTION_NOTIFY_CONNECTION, conversation_on_connection, server, MHD_OPTION_ARRAY,
        options.items, MHD_OPTION_END);
    return server->daemon != NULL ||
           error_set(err, ERROR_UNAVAILABLE, "The HTTP server does not start: see the log%s.",
                     config->tls_cert != NULL ? ", and check the certificate and the key" : "");
}

static void destroy(Server **server)
{
    Arena arena = (*server)->arena; /* it holds the server itself */

    arena_finish(&arena);
    *server = NULL;
}

bool server_start(const App *app, Server **ret_server, Error *err)
{
    Arena arena;
    int listening = -1;
    unsigned threads = count_threads(app->config);

    arena_init(&arena);
    Server *server = ARENA_NEW(&arena, Server);
    server->app = app;
    server->metrics = metrics_create(app->tables, &arena);
    server->limiter = app->config->rate_limit ? rate_limiter_create(&arena) : NULL;
    server->arena = arena;
    *ret_server = NULL;
    atomic_store(&is_draining, false);

    if (!listener_open(app->config->listen_address, app->config->listen_port, &listening,
                       &server->port, err)) {
        destroy(&server);
        return false;
    }
    if (!lanes_start(&server->lanes, app, kind_of(app->config), threads, &server->arena, err)) {
        close(listening);
        destroy(&server);
        return false;
    }
    if (!peers_start(&server->peers, &server->arena, err)) {
        lanes_stop(&server->lanes);
        close(listening);
        destroy(&server);
        return false;
    }
    if (!start_daemon(server, listening, threads, err)) {
        peers_stop(&server->peers);
        lanes_stop(&server->lanes);
        close(listening);
        destroy(&server);
        return false;
    }
    *ret_server = server;
    return true;
}

static void wait_until_answered(Server *server, int64_t at_most_ms)
{
    int64_t end = clock_monotonic_us() + at_most_ms * 1000;

    while (atomic_load(&server->in_flight) > 0 && clock_monotonic_us() < end)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

void server_stop(Server **server)
{
    Server *self = *server;

    atomic_store(&is_draining, true);
    MHD_socket listening = MHD_quiesce_daemon(self->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    wait_until_answered(self, DRAIN_MS);
    lanes_stop(&self->lanes);
    /* What the lanes still finished is on its way out. */
    wait_until_answered(self, LAST_REPLIES_MS);
    MHD_stop_daemon(self->daemon);
    peers_stop(&self->peers);
    destroy(server);
}
