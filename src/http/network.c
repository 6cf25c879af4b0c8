#include "http/network.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/conversation.h"
#include "http/listener.h"

enum {
    STACK_BYTES = 512 * 1024,
    LIMIT_PEM_BYTES = 256 * 1024,
};

/* What libmicrohttpd keeps for a connection until it closes: a head of LIMIT_HEAD_BYTES, 56 bytes
 * for each of its LIMIT_HEADER_FIELDS fields, and the head of the reply. */
#define CONNECTION_MEMORY (LIMIT_HEAD_BYTES * 2)

struct NetworkThread {
    pthread_t thread;
    Network *network;
    struct MHD_Daemon *daemon;
    int wake; /* an eventfd: a connection was resumed, or the flags of the network changed */
    bool is_running;
    bool is_quiet;
};

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

static struct MHD_Daemon *start_daemon(Server *server, int listening, unsigned connection_limit,
                                       Error *err)
{
    const Config *config = server->app->config;
    Options options = { .count = 0 };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_TURBO;

    if (!add_tls(server, &options, err))
        return NULL;
    if (config->tls_cert != NULL)
        flags |= MHD_USE_TLS;
    add_option(&options, MHD_OPTION_CONNECTION_LIMIT, connection_limit, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_IDLE_S, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    add_option(&options, MHD_OPTION_LISTEN_SOCKET, listening, NULL);
    add_option(&options, MHD_OPTION_END, 0, NULL);

    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, server->port, conversation_accepts, server, conversation_on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_URI_LOG_CALLBACK,
        conversation_on_request_line, server, MHD_OPTION_UNESCAPE_CALLBACK,
        conversation_leave_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, conversation_on_end, server,
        MHD_OPTION_NOTIFY_CONNECTION, conversation_on_connection, server, MHD_OPTION_ARRAY,
        options.items, MHD_OPTION_END);
    if (daemon == NULL)
        error_set(err, ERROR_UNAVAILABLE, "The HTTP server does not start: see the log%s.",
                  config->tls_cert != NULL ? ", and check the certificate and the key" : "");
    return daemon;
}

/* Waits until there is something to do: bytes, a timeout, or that somebody woke this thread. */
static void wait_for_work(NetworkThread *self)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
    int wait_ms = -1;
    struct pollfd sources[] = {
        { .fd = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
          .events = POLLIN },
        { .fd = self->wake, .events = POLLIN },
    };

    if (MHD_get_timeout(self->daemon, &timeout_ms) == MHD_YES)
        wait_ms = timeout_ms > 60000 ? 60000 : (int)timeout_ms;
    if (wait_ms != 0 && poll(sources, 2, wait_ms) > 0 && sources[1].revents != 0) {
        eventfd_t seen;
        (void)eventfd_read(self->wake, &seen);
    }
}

static void *run_thread(void *context)
{
    NetworkThread *self = context;

    while (!atomic_load(&self->network->is_stopping)) {
        wait_for_work(self);
        if (!self->is_quiet && atomic_load(&self->network->is_quiet)) {
            MHD_quiesce_daemon(self->daemon);
            self->is_quiet = true;
        }
        MHD_run(self->daemon);
    }
    return NULL;
}

static bool open_daemon(NetworkThread *one, Server *server, int listening,
                        unsigned connection_limit, Error *err)
{
    one->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (one->wake < 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot make an eventfd: too many open files.");
    one->daemon = start_daemon(server, listening, connection_limit, err);
    return one->daemon != NULL;
}

static bool start_thread(NetworkThread *one, Error *err)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failed = pthread_create(&one->thread, &attributes, run_thread, one);
    pthread_attr_destroy(&attributes);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    one->is_running = true;
    return true;
}

bool network_start(Network *network, Server *server, int listening, size_t thread_count,
                   Arena *arena, Error *err)
{
    unsigned limit = listener_connection_limit(LIMIT_CONNECTIONS) / (unsigned)thread_count;
    bool is_fine = true;

    *network = (Network){
        .threads = ARENA_ARRAY(arena, NetworkThread, thread_count),
        .count = thread_count,
        .listening = listening,
    };
    for (size_t i = 0; i < thread_count; i++)
        network->threads[i] = (NetworkThread){ .network = network, .wake = -1 };
    /* All daemons before any thread: from then on the server's arena belongs to the peers. */
    for (size_t i = 0; i < thread_count && is_fine; i++)
        is_fine = open_daemon(&network->threads[i], server, listening, limit, err);
    for (size_t i = 0; i < thread_count && is_fine; i++)
        is_fine = start_thread(&network->threads[i], err);
    if (!is_fine)
        network_stop(network);
    return is_fine;
}

void network_wake(Network *network, const struct MHD_Daemon *daemon)
{
    for (size_t i = 0; i < network->count; i++) {
        NetworkThread *one = &network->threads[i];
        if (one->wake >= 0 && (daemon == NULL || one->daemon == daemon))
            (void)eventfd_write(one->wake, 1);
    }
}

void network_quiesce(Network *network)
{
    atomic_store(&network->is_quiet, true);
    network_wake(network, NULL);
}

/* The listening socket is ours: a daemon that still has it would close it. */
static void end_daemon(NetworkThread *one)
{
    if (one->is_running)
        pthread_join(one->thread, NULL);
    if (one->daemon != NULL && !one->is_quiet)
        MHD_quiesce_daemon(one->daemon);
    if (one->daemon != NULL)
        MHD_stop_daemon(one->daemon);
    if (one->wake >= 0)
        close(one->wake);
}

void network_stop(Network *network)
{
    atomic_store(&network->is_quiet, true);
    atomic_store(&network->is_stopping, true);
    network_wake(network, NULL);
    for (size_t i = 0; i < network->count; i++)
        end_daemon(&network->threads[i]);
    close(network->listening);
}
