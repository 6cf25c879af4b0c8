#include "http/network.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/listener.h"
#include "http/proxies.h"

enum { POINTER_BYTES = sizeof(void *) }; /* of what goes through the pipe: a Peer * */

enum {
    STACK_BYTES = 512 * 1024,
    PAUSE_MS = 20,                /* before looking again when no connection can be taken */
    LIMIT_LOCAL_CONNECTIONS = 64, /* commands that run at the same moment */
};

/* What libmicrohttpd keeps for a connection until it closes: a head of LIMIT_HEAD_BYTES, 56 bytes
 * for each of its LIMIT_HEADER_FIELDS fields, and the head of the reply. */
#define CONNECTION_MEMORY (LIMIT_HEAD_BYTES * 2)

#if MHD_VERSION >= 0x01000000
/* Of libmicrohttpd's levels the strictest one: 3 is meant to be stricter, but does nothing more in
 * 1.0.1 than to take white space before a chunk extension. */
enum { DISCIPLINE = 2 };
#endif

/* RFC 8996: TLS 1.0 and 1.1 "MUST NOT be used". */
static const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

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

static bool add_tls(const NetworkSetup *setup, Options *options, Error *err)
{
    const Config *config = setup->config;
    const char *certificate = NULL;
    const char *key = NULL;

    if (config->tls_cert == NULL && config->tls_key == NULL)
        return true;
    if (config->tls_cert == NULL || config->tls_key == NULL)
        return error_set(
            err, ERROR_INVALID,
            "FASTI_TLS_CERT and FASTI_TLS_KEY belong together: one of them is not set.");
    if (!file_read(config->tls_cert, FILE_ANY, LIMIT_PEM_BYTES, setup->arena, &certificate, err) ||
        !file_read(config->tls_key, FILE_SECRET, LIMIT_PEM_BYTES, setup->arena, &key, err))
        return false;
    add_option(options, MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate);
    add_option(options, MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key);
    add_option(options, MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities);
    return true;
}

static struct MHD_Daemon *start_daemon(NetworkThread *self, Error *err)
{
    const NetworkSetup *setup = &self->network->setup;
    const NetworkCallbacks *calls = setup->callbacks;
    bool is_local = self->local >= 0;
    bool has_tls = setup->config->tls_cert != NULL && !is_local;
    Options options = { .count = 0 };
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | MHD_USE_TURBO;

    if (!is_local && !add_tls(setup, &options, err))
        return NULL;
    if (has_tls)
        flags |= MHD_USE_TLS;
    add_option(&options, MHD_OPTION_CONNECTION_LIMIT,
               is_local ? LIMIT_LOCAL_CONNECTIONS : self->network->connection_limit, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_IDLE_S, NULL);
    add_option(&options, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
#if MHD_VERSION >= 0x01000000
    add_option(&options, MHD_OPTION_CLIENT_DISCIPLINE_LVL, DISCIPLINE, NULL);
#endif
    add_option(&options, MHD_OPTION_END, 0, NULL);

    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, calls->on_request, self, MHD_OPTION_EXTERNAL_LOGGER, log_library,
        NULL, MHD_OPTION_URI_LOG_CALLBACK, calls->on_request_line, setup->context,
        MHD_OPTION_UNESCAPE_CALLBACK, calls->unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        calls->on_end, setup->context, MHD_OPTION_NOTIFY_CONNECTION, calls->on_connection,
        setup->context, MHD_OPTION_ARRAY, options.items, MHD_OPTION_END);
    if (daemon == NULL)
        error_set(err, ERROR_UNAVAILABLE, "The HTTP server does not start: see the log%s.",
                  has_tls ? ", and check the certificate and the key" : "");
    return daemon;
}

/* -1: nobody is there, or nobody who may be. */
static int accept_local(NetworkThread *self)
{
    int socket = accept4(self->local, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (socket >= 0 && listener_is_own_user(socket))
        return socket;
    if (socket >= 0)
        close(socket);
    else
        poll(NULL, 0, PAUSE_MS); /* perhaps there are too many open files */
    return -1;
}

static Peer *next_arrival(NetworkThread *self)
{
    static const struct sockaddr local = { .sa_family = AF_UNIX };
    Peer *peer = NULL;

    if (self->local < 0)
        return read(self->arrived[0], &peer, POINTER_BYTES) == POINTER_BYTES ? peer : NULL;
    int socket = accept_local(self);
    return socket >= 0 ? peers_add(self->network->setup.peers, socket, &local, false, 0) : NULL;
}

/* What to poll for the next one; -1: there are enough, and who comes waits in the kernel's queue.
 */
static int arrivals(const NetworkThread *self)
{
    if (self->local < 0)
        return self->arrived[0];
    return MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections <
                   LIMIT_LOCAL_CONNECTIONS
               ? self->local
               : -1;
}

static void take_connection(NetworkThread *self)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    Peer *peer = next_arrival(self);

    if (peer == NULL)
        return;
    if (getpeername(peer->socket, (struct sockaddr *)&address, &length) != 0) {
        close(peer->socket); /* gone already */
        peers_remove(self->network->setup.peers, peer);
        return;
    }
    /* Closes the socket where it refuses, and then tells nobody of the connection. */
    if (MHD_add_connection(self->daemon, peer->socket, (struct sockaddr *)&address, length) !=
        MHD_YES)
        peers_remove(self->network->setup.peers, peer);
}

/* How long there is nothing to do but for what comes; at most a minute. */
static int wait_ms(NetworkThread *self, int64_t until_us)
{
    enum { MOST_MS = 60000 };
    MHD_UNSIGNED_LONG_LONG timeout_ms = MOST_MS;
    int64_t left_us = MOST_MS * INT64_C(1000);

    if (self->has_resumed)
        return 0;
    if (until_us != INT64_MAX)
        left_us = until_us - clock_monotonic_us();
    if (MHD_get_timeout(self->daemon, &timeout_ms) != MHD_YES || timeout_ms > MOST_MS)
        timeout_ms = MOST_MS;
    if (left_us <= 0)
        return 0;
    return (int64_t)timeout_ms * 1000 < left_us ? (int)timeout_ms : (int)(left_us / 1000) + 1;
}

/* Waits until there is something to do: bytes, a timeout, a new connection, an answer of the
 * database, or that somebody woke this thread. */
static void wait_for_work(NetworkThread *self)
{
    const AskWatch watch = gather_watch(&self->gather);
    struct pollfd sources[] = {
        { .fd = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
          .events = POLLIN },
        { .fd = self->wake, .events = POLLIN },
        { .fd = arrivals(self), .events = POLLIN },
        { .fd = watch.socket, .events = watch.events },
    };

    (void)poll(sources, sizeof(sources) / sizeof(sources[0]), wait_ms(self, watch.until_us));
    if (sources[1].revents != 0) {
        eventfd_t seen;
        (void)eventfd_read(self->wake, &seen);
        atomic_store(&self->is_called, false); /* whoever calls from now on is heard next time */
    }
    if (sources[2].revents != 0)
        take_connection(self);
    if (sources[3].revents != 0 ||
        (watch.until_us != INT64_MAX && clock_monotonic_us() >= watch.until_us))
        gather_continue(&self->gather);
}

static void *run_thread(void *context)
{
    NetworkThread *self = context;

    self->self = pthread_self();
    while (!atomic_load(&self->network->is_stopping)) {
        atomic_fetch_add(&self->pulse.turns, 1);
        wait_for_work(self);
        self->has_resumed = false;
        MHD_run(self->daemon); /* sends replies, and reads what has come meanwhile */
        gather_ask(&self->gather);
    }
    gather_stop(&self->gather);
    MHD_run(self->daemon); /* none is left suspended */
    return NULL;
}

/* -- Accepting -------------------------------------------------------------------------------- */

static bool has_tls(const Network *network)
{
    return network->setup.config->tls_cert != NULL;
}

/* Of one client; 0: any number. */
static unsigned limit_of(const Network *network, const struct sockaddr *address)
{
    const Config *config = network->setup.config;
    char text[PEER_ADDRESS_BYTES];

    peer_format_address(address, text);
    return config->rate_limit && !proxies_trust(&config->trusted_proxies, text)
               ? LIMIT_CONNECTIONS_PER_IP
               : 0;
}

static void refuse_arrival(Network *network, int socket, ErrorCode code, const char *sentence)
{
    peers_count_refused(network->setup.peers);
    turn_away(&network->turned_away, socket, has_tls(network), code, sentence);
}

/* One thread accepts and hands the connections out in turn. Were every thread to accept, the first
 * one to wake would take all that arrived together, and then answer them alone. */
static void hand_out(Network *network, Peer *peer)
{
    NetworkThread *one = &network->threads[network->next++ % network->setup.thread_count];
    int socket = peer->socket;

    if (write(one->arrived[1], &peer, POINTER_BYTES) == POINTER_BYTES)
        return;
    /* The thread has not come to look for thousands of them. */
    peers_remove(network->setup.peers, peer);
    refuse_arrival(network, socket, ERROR_UNAVAILABLE, "The server is too busy: try again.");
}

static void admit_arrival(Network *network, int socket, const struct sockaddr *address)
{
    Peers *peers = network->setup.peers;

    if (peers_count(peers) >= network->connection_limit) {
        refuse_arrival(network, socket, ERROR_UNAVAILABLE,
                       "The server has as many connections as it can keep: try again.");
        return;
    }
    Peer *peer = peers_add(peers, socket, address, has_tls(network), limit_of(network, address));
    if (peer != NULL)
        hand_out(network, peer);
    else
        refuse_arrival(network, socket, ERROR_TOO_MANY_REQUESTS,
                       "Too many connections from one address: close some.");
}

static void accept_one(Network *network)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    int listening = network->setup.listening;
    int socket =
        accept4(listening, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (socket >= 0) {
        admit_arrival(network, socket, (const struct sockaddr *)&address);
    } else if (errno == EMFILE || errno == ENFILE) {
        peers_count_refused(network->setup.peers);
        turn_away_next(&network->turned_away, listening, has_tls(network));
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        poll(NULL, 0, PAUSE_MS); /* the system has too little of something */
    }
}

static void *run_acceptor(void *context)
{
    Network *network = context;
    struct pollfd sources[] = {
        { .fd = network->quiet, .events = POLLIN },
        { .fd = network->setup.listening, .events = POLLIN },
    };
    eventfd_t seen;

    while (!atomic_load(&network->is_quiet)) {
        atomic_fetch_add(&network->pulse.turns, 1);
        if (poll(sources, 2, -1) <= 0)
            continue;
        if (sources[0].revents != 0)
            (void)eventfd_read(network->quiet, &seen);
        if (sources[1].revents != 0)
            accept_one(network);
    }
    return NULL;
}

/* -- Start and stop --------------------------------------------------------------------------- */

static bool refuse_descriptors(Error *err)
{
    return error_set(err, ERROR_UNAVAILABLE,
                     "The server cannot open what its threads need: too many open files.");
}

static bool open_daemon(NetworkThread *one, Error *err)
{
    one->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (one->wake < 0 || (one->local < 0 && pipe2(one->arrived, O_CLOEXEC) != 0) ||
        (one->local < 0 && fcntl(one->arrived[1], F_SETFL, O_NONBLOCK) != 0))
        return refuse_descriptors(err);
    one->daemon = start_daemon(one, err);
    return one->daemon != NULL;
}

static bool start_thread(pthread_t *thread, void *(*run)(void *), void *context, bool *is_running,
                         Error *err)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failed = pthread_create(thread, &attributes, run, context);
    pthread_attr_destroy(&attributes);
    *is_running = failed == 0;
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    return true;
}

/* All daemons before any thread: from then on the server's arena belongs to the peers. */
static bool start_threads(Network *network, Error *err)
{
    network->quiet = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (network->quiet < 0)
        return refuse_descriptors(err);
    for (size_t i = 0; i < network->total; i++) {
        if (!open_daemon(&network->threads[i], err))
            return false;
    }
    for (size_t i = 0; i < network->total; i++) {
        NetworkThread *one = &network->threads[i];
        if (!start_thread(&one->thread, run_thread, one, &one->is_running, err))
            return false;
    }
    return start_thread(&network->acceptor, run_acceptor, network, &network->is_accepting, err);
}

bool network_start(Network *network, const NetworkSetup *setup, Error *err)
{
    size_t total = setup->thread_count + (setup->local >= 0);

    *network = (Network){
        .setup = *setup,
        .threads = ARENA_ARRAY(setup->arena, NetworkThread, total),
        .total = total,
        .quiet = -1,
        .connection_limit = listener_connection_limit(LIMIT_CONNECTIONS),
    };
    for (size_t i = 0; i < total; i++) {
        NetworkThread *one = &network->threads[i];
        *one = (NetworkThread){
            .network = network,
            .worker = worker_of(setup->lanes),
            .wake = -1,
            .arrived = { -1, -1 },
            .local = i < setup->thread_count ? -1 : setup->local,
        };
        one->gather.worker = &one->worker;
    }
    turn_away_start(&network->turned_away);
    if (start_threads(network, err))
        return true;
    network_stop(network);
    return false;
}

static void call(NetworkThread *thread)
{
    /* Many are resumed together, after a commit or a group of reads: once is enough. */
    if (thread->wake >= 0 && !atomic_exchange(&thread->is_called, true))
        (void)eventfd_write(thread->wake, 1);
}

void network_wake(NetworkThread *thread)
{
    if (pthread_equal(thread->self, pthread_self()))
        thread->has_resumed = true; /* libmicrohttpd's time-out does not tell */
    else
        call(thread);
}

static bool has_gone_round(Pulse *pulse)
{
    unsigned turns = atomic_load(&pulse->turns);
    bool has = turns != pulse->seen;

    pulse->seen = turns;
    return has;
}

bool network_is_alive(Network *network)
{
    bool is_alive = has_gone_round(&network->pulse);

    (void)eventfd_write(network->quiet, 1);
    for (size_t i = 0; i < network->total; i++) {
        is_alive = has_gone_round(&network->threads[i].pulse) && is_alive;
        call(&network->threads[i]);
    }
    return is_alive;
}

static void close_descriptor(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

void network_quiesce(Network *network)
{
    atomic_store(&network->is_quiet, true);
    if (network->quiet >= 0)
        (void)eventfd_write(network->quiet, 1);
    if (network->is_accepting)
        pthread_join(network->acceptor, NULL);
    network->is_accepting = false;
    /* Who comes now is told by the kernel that nobody listens, and asks another node. */
    close_descriptor(network->setup.listening);
    network->setup.listening = -1;
}

/* A connection that was handed out and not taken yet. */
static void close_arrived(NetworkThread *one)
{
    Peer *peer;

    close_descriptor(one->arrived[1]);
    while (one->arrived[0] >= 0 && read(one->arrived[0], &peer, POINTER_BYTES) > 0) {
        close(peer->socket);
        peers_remove(one->network->setup.peers, peer);
    }
    close_descriptor(one->arrived[0]);
}

static void end_thread(NetworkThread *one)
{
    if (one->is_running)
        pthread_join(one->thread, NULL);
    if (one->daemon != NULL)
        MHD_stop_daemon(one->daemon);
    close_arrived(one);
    packing_finish(&one->packer);
    close_descriptor(one->local);
    close_descriptor(one->wake);
}

void network_stop(Network *network)
{
    network_quiesce(network);
    atomic_store(&network->is_stopping, true);
    for (size_t i = 0; i < network->total; i++)
        call(&network->threads[i]);
    for (size_t i = 0; i < network->total; i++)
        end_thread(&network->threads[i]);
    close_descriptor(network->quiet);
    turn_away_stop(&network->turned_away);
}
