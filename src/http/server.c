#include "http/server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/conversation.h"
#include "http/draining.h"
#include "http/listener.h"
#include "http/server_parts.h"

enum {
    DRAIN_MS = 10000,
    LAST_REPLIES_MS = 1000,
    TELL_MS = 300,
};

uint16_t server_port(const Server *server)
{
    return server->port;
}

bool server_is_alive(Server *server)
{
    return network_is_alive(&server->network);
}

void server_write_metrics(const Server *server, Buffer *out)
{
    Server *live = (Server *)(uintptr_t)server; /* to lock its queues */

    metrics_write(server->metrics, out);
    metrics_write_gauge(out, "fasti_http_connections", "Open connections.",
                        peers_count(&live->peers));
    metrics_write_gauge(out, "fasti_http_requests_in_flight", "Requests that are not answered yet.",
                        atomic_load(&live->in_flight));
    metrics_write_counter(out, "fasti_http_connections_refused_total",
                          "Connections that were one too many.", peers_refused(&live->peers));
    metrics_write_counter(out, "fasti_log_lines_dropped_total",
                          "Lines of the log that nobody read in time.", log_dropped());
    for (size_t i = 0; i < LANE_COUNT; i++) {
        char name[64];
        if (lanes_runs_here(&live->lanes, (Lane)i))
            continue; /* nothing waits for its threads */
        snprintf(name, sizeof(name), "fasti_%s_queue_length", lane_name((Lane)i));
        metrics_write_gauge(out, name, "Tasks that wait for a thread of this lane.",
                            lanes_waiting(&live->lanes, (Lane)i));
    }
}

static bool is_limited(const Server *server)
{
    return server != NULL && server->limiter != NULL;
}

bool server_allows(Server *server, RateClass class, unsigned *ret_retry_after_s)
{
    *ret_retry_after_s = 0;
    if (!is_limited(server))
        return true;
    RateVerdict verdict = rate_limiter_count(server->limiter, class, NULL, clock_monotonic_us());
    *ret_retry_after_s = verdict.retry_after_s;
    return verdict.is_allowed;
}

void server_forgive(Server *server, RateClass class)
{
    if (is_limited(server))
        rate_limiter_forgive(server->limiter, class, NULL);
}

static DbKind kind_of(const Config *config)
{
    return db_url_file(config->database_url) != NULL ? DB_SQLITE : DB_POSTGRES;
}

static unsigned count_threads(const Config *config)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned cores = online > 0 ? (unsigned)online : 1;

    return config->threads > 0 ? (unsigned)config->threads : cores;
}

static void destroy(Server **server)
{
    Arena arena = (*server)->arena; /* it holds the server itself */

    arena_finish(&arena);
    *server = NULL;
}

/* `threads`: those of the network, which read too. */
static LanesSetup lanes_setup(const Config *config, size_t threads)
{
    return (LanesSetup){
        .url = config->database_url,
        .kind = kind_of(config),
        /* The Unix socket has a thread too; two connections each: work/gather.c. */
        .guests = 2 * (threads + 1),
    };
}

size_t server_connections(const Config *config)
{
    const LanesSetup setup = lanes_setup(config, count_threads(config));

    return lanes_connections(&setup);
}

static bool start_work(Server *server, size_t threads, Error *err)
{
    const LanesSetup setup = lanes_setup(server->app->config, threads);

    if (!lanes_start(&server->lanes, &setup, &server->arena, err))
        return false;
    if (schedule_start(&server->schedule, &server->lanes, err)) {
        forgetting_start(&server->forgetting, &server->schedule);
        if (server->app->cleans_up)
            cleaner_start(&server->cleaner, &server->schedule);
        zone_watch_start(&server->zone_watch, &server->schedule);
        backups_start(&server->backups, &server->schedule, server->app->config,
                      server->app->version);
        return true;
    }
    lanes_stop(&server->lanes);
    lanes_finish(&server->lanes);
    return false;
}

static void stop_work(Server *server)
{
    backups_stop(&server->backups);
    schedule_stop(&server->schedule);
    lanes_give_up(&server->lanes);
    lanes_stop(&server->lanes);
}

/* After start_work, which takes the lock of the database: so nobody living has the socket. Without
 * it the server serves all the same. */
static int open_socket(const Server *server)
{
    Error error = { .code = ERROR_NONE };
    int local = -1;

    if (server->app->socket != NULL && !listener_open_local(server->app->socket, &local, &error))
        log_write(LOG_WARNING, "commands cannot reach this server", "detail", error.detail, NULL);
    return local;
}

/* Before the lock is given back. */
static void close_socket(const Server *server)
{
    if (server->network.setup.local >= 0)
        (void)unlink(server->app->socket);
}

static bool start_network(Server *server, int listening, size_t threads, Error *err)
{
    const NetworkSetup setup = {
        .callbacks = &conversation_callbacks,
        .context = server,
        .config = server->app->config,
        .lanes = &server->lanes,
        .peers = &server->peers,
        .arena = &server->arena,
        .listening = listening,
        .local = open_socket(server),
        .thread_count = threads,
    };

    if (network_start(&server->network, &setup, err))
        return true;
    close_socket(server);
    return false;
}

bool server_start(const App *app, Server **ret_server, Error *err)
{
    Arena arena;
    int listening = -1;
    unsigned threads = count_threads(app->config);

    arena_init(&arena);
    Server *server = ARENA_NEW(&arena, Server);
    server->app = app;
    server->tokens = token_cache_create(&(TokenKey){ app->access_key, KEY_BYTES }, &arena);
    server->router = router_create(app->tables, &arena);
    if (app->socket != NULL)
        server->socket_router = router_create(app->socket_tables, &arena);
    server->metrics = metrics_create(app->tables, &arena);
    server->limiter = app->config->rate_limit ? rate_limiter_create(&arena) : NULL;
    server->arena = arena;
    *ret_server = NULL;
    draining_set(false);

    if (!listener_open(app->config->listen_address, app->config->listen_port, &listening,
                       &server->port, err)) {
        destroy(&server);
        return false;
    }
    if (!start_work(server, threads, err)) {
        close(listening);
        destroy(&server);
        return false;
    }
    if (!peers_start(&server->peers, &server->arena, err)) {
        stop_work(server);
        lanes_finish(&server->lanes);
        close(listening);
        destroy(&server);
        return false;
    }
    if (!start_network(server, listening, threads, err)) {
        peers_stop(&server->peers);
        stop_work(server);
        lanes_finish(&server->lanes);
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

/* Who keeps his connection alive and asks again is answered with `Connection: close`, instead of
 * finding it reset; who is silent that long is not waited for. */
static void wait_until_told(Server *server)
{
    int64_t end = clock_monotonic_us() + TELL_MS * INT64_C(1000);

    while (peers_count(&server->peers) > 0 && clock_monotonic_us() < end)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

void server_stop(Server **server)
{
    Server *self = *server;

    draining_set(true);
    network_quiesce(&self->network);
    wait_until_told(self);
    wait_until_answered(self, DRAIN_MS);
    stop_work(self);
    /* What the lanes still finished is on its way out. */
    wait_until_answered(self, LAST_REPLIES_MS);
    network_stop(&self->network);
    close_socket(self);
    lanes_finish(&self->lanes);
    peers_stop(&self->peers);
    destroy(server);
}
