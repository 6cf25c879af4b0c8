/* fasti serve: everything that must be right before the first request, then wait for a signal. */

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "api/openapi.h"
#include "api/routes.h"
#include "auth/secret.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cli/account_errands.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/demo.h"
#include "cli/version.h"
#include "http/server.h"
#include "store/migrations.h"

#define PATIENCE_US INT64_C(3000000) /* with who has the lock of the database */

static_assert((int)KEY_BYTES == (int)SECRET_BYTES, "the keys of App are what secret_derive gives");

#define ONE(errand_) (&(const RouteTable){ &(errand_).route, 1 })

/* What it takes over its Unix socket. */
static const RouteTable *const errand_tables[] = {
    ONE(user_add),
    ONE(user_passwd),
    ONE(user_admin),
    ONE(user_disable),
    ONE(user_delete),
    ONE(demo_fill),
    NULL,
};

/* Files of ours are for us alone, and no core file holds a secret. */
static void protect_process(void)
{
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

    umask(0077);
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGPIPE, SIG_IGN); /* a client that went away is an error of write(2), not our end */
}

/* Before the first thread starts, so that all of them leave the signals to sigwait. */
static void hold_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

/* They see names; every file in it is for us alone. */
static void warn_of_others(const Config *config)
{
    struct stat status;

    if (stat(config->data_dir, &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0)
        log_write(LOG_WARNING, "others may look into the data directory: chmod 700 it", "directory",
                  config->data_dir, NULL);
}

static bool derive_keys(Call *call, App *app, Error *err)
{
    const Config *config = call->config;
    const char *path = arena_printf(call->arena, "%s/secret", config->data_dir);
    Secret AUTO(secret_finish) secret = { 0 };

    if (!(config->secret_key != NULL ? secret_from_text(config->secret_key, &secret, err)
                                     : secret_load_or_create(path, &secret, err)))
        return false;
    secret_derive(&secret, "access", app->access_key);
    secret_derive(&secret, "refresh", app->refresh_key);
    secret_derive(&secret, "cursor", app->cursor_key);
    secret_derive(&secret, "replay", app->replay_key);
    return true;
}

/* FNV-1a: the tag must only differ when the document does. */
static const char *tag_of(const char *text, Arena *arena)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return arena_printf(arena, "\"%016llx\"", (unsigned long long)hash);
}

/* A command may have the lock of the database for a moment, or a server that is just ending. True:
 * so it is worth another try. */
static bool may_try_again(int64_t until_us, Error *err)
{
    if (err->code != ERROR_RETRY || clock_monotonic_us() > until_us)
        return false;
    nanosleep(&(struct timespec){ .tv_nsec = 25000000 }, NULL);
    error_clear(err);
    return true;
}

static bool bring_up_database(const Config *config, Error *err)
{
    char from_text[16];
    char to_text[16];
    int from = 0;
    int to = 0;

    if (!migrations_run(config->database_url, &from, &to, err))
        return false;
    snprintf(from_text, sizeof(from_text), "%d", from);
    snprintf(to_text, sizeof(to_text), "%d", to);
    if (from != to)
        log_write(LOG_INFO, "database brought up to date", "from", from_text, "to", to_text, NULL);
    return true;
}

static void greet(Call *call, const Server *server)
{
    const Config *config = call->config;
    bool has_colon = strchr(config->listen_address, ':') != NULL;
    const char *origin = arena_printf(
        call->arena, "%s://%s%s%s:%u", config->tls_cert != NULL ? "https" : "http",
        has_colon ? "[" : "", config->listen_address, has_colon ? "]" : "", server_port(server));

    log_write(LOG_INFO, "listening", "address", origin, "version", version_text, NULL);
    printf("Fasti %s is ready.\n\n"
           "  API         %s/api\n",
           version_text, origin);
    if (config->has_docs)
        printf("  try it      %s/docs\n"
               "  read it     %s/redoc\n",
               origin, origin);
    printf("  health      %s/healthz  %s/readyz\n\n", origin, origin);
    if (config->signup == SIGNUP_OPEN)
        printf("The first account:\n\n"
               "  curl -X POST %s/api/auth/register -H 'Content-Type: application/json' \\\n"
               "    -d '{\"username\": \"amira\", \"email\": \"amira@example.org\", "
               "\"password\": \"a long sentence\"}'\n\n",
               origin);
    call_print(stdout, "An administrator: `fasti user add NAME E-MAIL --admin`\n");
    fflush(stdout);
}

static int run_server(Call *call, const App *app, const sigset_t *signals, int64_t until_us)
{
    Server *server = NULL;
    Error err = { .code = ERROR_NONE };
    int caught = 0;

    while (!server_start(app, &server, &err)) {
        if (may_try_again(until_us, &err))
            continue;
        call_fail(&err);
        return err.code == ERROR_INVALID || err.code == ERROR_NOT_FOUND ? EXIT_BAD_CONFIG
                                                                        : EXIT_FAILED;
    }
    greet(call, server);
    sigwait(signals, &caught);
    log_write(LOG_INFO, "stopping", "signal", caught == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
    server_stop(&server);
    log_write(LOG_INFO, "stopped", NULL);
    return EXIT_OK;
}

static int serve(Call *call)
{
    App app = {
        .config = call->config,
        .tables = all_routes,
        .socket = database_socket(call->config, call->arena),
        .socket_tables = errand_tables,
        .version = version_text,
    };
    Error err = { .code = ERROR_NONE };
    sigset_t signals;

    protect_process();
    memory_keep_some();
    hold_signals(&signals);
    log_start();
    if (!database_make_directory(call->config, &err) || !derive_keys(call, &app, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    warn_of_others(call->config);
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while (!bring_up_database(call->config, &err)) {
        if (!may_try_again(until_us, &err))
            return call_fail_database(&err);
    }

    app.openapi = openapi_document(all_routes, version_text, call->config->public_url, call->arena);
    app.openapi_tag = tag_of(app.openapi, call->arena);
    return run_server(call, &app, &signals, until_us);
}

int run_serve(Call *call)
{
    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = serve(call);
    log_stop();
    return code;
}
