/* fasti serve: everything that must be right before the first request, then wait for a signal. */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "api/openapi.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "auth/secret.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/account_errands.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/demo.h"
#include "cli/notify.h"
#include "cli/version.h"
#include "cli/zone_errand.h"
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
    ONE(user_quota),
    ONE(user_delete),
    ONE(user_erase),
    ONE(erase_some),
    ONE(demo_fill),
    ONE(zones_follow),
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

/* The tag must only differ when the document does. */
static const char *tag_of(const char *text, Arena *arena)
{
    return arena_printf(arena, "\"%016llx\"", (unsigned long long)hash_text(HASH_START, text));
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

/* -- The first administrator ------------------------------------------------------------------ */

/* Settings of an account obey the rules of every account. */
static bool check_setting(Arena *arena, const char *key, const char *text,
                          bool (*check)(const Decoder *d, const Field *field, const char *text),
                          Error *err)
{
    const Location at = { .name = key };
    const Field field = { .name = key };
    Error fault = { .code = ERROR_NONE };
    const Decoder decoder = { .arena = arena, .location = &at, .err = &fault };

    return check(&decoder, &field, text) ||
           error_set(err, ERROR_INVALID, "%s: %s", key, fault.faults->message);
}

static bool check_admin(Call *call, Error *err)
{
    const Config *config = call->config;

    return config->admin_username == NULL ||
           (check_setting(call->arena, "FASTI_ADMIN_USERNAME", config->admin_username,
                          account_check_username, err) &&
            check_setting(call->arena, "FASTI_ADMIN_EMAIL", config->admin_email,
                          account_check_email, err) &&
            check_setting(call->arena, "FASTI_ADMIN_PASSWORD", config->admin_password,
                          password_check, err));
}

/* Its name may be somebody's in a database that was taken over. */
static void say_taken(Error *err)
{
    log_write(LOG_WARNING, "no first administrator was made", "detail",
              "FASTI_ADMIN_USERNAME or FASTI_ADMIN_EMAIL is an account's already: make it an "
              "administrator with `fasti user admin`.",
              NULL);
    error_clear(err);
}

static bool make_admin_of_settings(Call *call, Db *db, Error *err)
{
    const Config *config = call->config;
    const Author author = { .at = clock_now_us() };
    char hash[PASSWORD_HASH_BYTES];
    char number[24]; /* the log has no names */
    bool is_first = false;
    User user = {
        .username = config->admin_username,
        .email = config->admin_email,
        .hashed_password = hash,
        .free_busy = config->free_busy,
    };

    if (!password_hash(config->admin_password, (int)config->bcrypt_cost, hash, err) ||
        !db_begin(db, err))
        return false;
    if (accounts_found(db, call->arena, &author, &user, &is_first, err) && db_commit(db, err)) {
        snprintf(number, sizeof(number), "%lld", (long long)user.id);
        if (is_first)
            log_write(LOG_INFO, "made the first administrator", "user", number, NULL);
        return true;
    }
    db_rollback(db);
    if (err->code != ERROR_CONFLICT)
        return false;
    say_taken(err);
    return true;
}

static void make_link(Call *call, App *app)
{
    enum { TOKEN_BYTES = 32 };
    char *token = arena_alloc(call->arena, 2 * TOKEN_BYTES + 1);

    random_hex(token, TOKEN_BYTES);
    app->setup_token = token;
    app->setup_until = clock_now_us() + LIMIT_SETUP_MINUTES * 60 * SECOND_US;
}

/* What must be known of the accounts before the first request; while nobody is an administrator,
 * the settings make one, or else a link may. */
static bool look_at_accounts(Call *call, App *app, bool *ret_has_accounts, Error *err)
{
    Db AUTO(db_close) *db = NULL;
    int64_t admins = 0;

    if (!db_open(call->config->database_url, DB_WRITE, &db, err))
        return false;
    database_rewrite(db);
    if (!db_set_statement_timeout(db, 0, err) || !users_highest_cost(db, &app->dearest_hash, err) ||
        !users_count_admins(db, &admins, err))
        return false;
    if (admins == 0 && call->config->admin_username != NULL &&
        (!make_admin_of_settings(call, db, err) || !users_count_admins(db, &admins, err)))
        return false;
    if (admins == 0)
        make_link(call, app);
    return users_exist(db, ret_has_accounts, err);
}

/* -- Serving ---------------------------------------------------------------------------------- */

static void greet_newcomers(const App *app, const char *origin, bool has_accounts)
{
    if (!has_accounts && app->config->signup == SIGNUP_OPEN)
        printf("The first account:\n\n"
               "  curl -X POST %s/api/auth/register -H 'Content-Type: application/json' \\\n"
               "    -d '{\"username\": \"amira\", \"email\": \"amira@example.org\", "
               "\"password\": \"a long sentence\"}'\n\n",
               origin);
    if (app->setup_token != NULL)
        printf("The first administrator, from this machine and within %d minutes:\n\n"
               "  %s/setup#t=%s\n\n",
               LIMIT_SETUP_MINUTES, origin, app->setup_token);
}

/* For people of this machine: an address that is all of them is none to go to. */
static const char *reachable(const Config *config)
{
    if (text_equal(config->listen_address, "0.0.0.0"))
        return "127.0.0.1";
    return text_equal(config->listen_address, "::") ? "::1" : config->listen_address;
}

static void greet(Call *call, const App *app, const Server *server, bool has_accounts)
{
    const Config *config = call->config;
    const char *address = reachable(config);
    bool has_colon = strchr(address, ':') != NULL;
    const char *origin =
        arena_printf(call->arena, "%s://%s%s%s:%u", config->tls_cert != NULL ? "https" : "http",
                     has_colon ? "[" : "", address, has_colon ? "]" : "", server_port(server));

    log_write(LOG_INFO, "listening", "address", origin, "version", version_text, NULL);
    printf("Fasti %s is ready.\n\n"
           "  API         %s/api\n",
           version_text, origin);
    if (config->has_docs)
        printf("  try it      %s/docs\n"
               "  read it     %s/redoc\n",
               origin, origin);
    printf("  health      %s/healthz  %s/readyz\n\n", origin, origin);
    greet_newcomers(app, origin, has_accounts);
    if (app->setup_token != NULL)
        call_print(stdout, "or at any time: `fasti user add NAME E-MAIL --admin`\n");
    fflush(stdout);
}

/* Who starts us may wait to hear it, and end us where he does not. */
static void tell_manager(const char *state)
{
    Error err = { .code = ERROR_NONE };

    if (!notify_send(state, &err))
        log_write(LOG_WARNING, "the service manager cannot be told", "detail", err.detail, NULL);
}

/* The signal that ends it. Until then the watchdog, where there is one, hears that it lives. */
static int wait_for_end(Server *server, const sigset_t *signals)
{
    const int64_t every_us = notify_watchdog_us();
    const struct timespec every = { .tv_sec = every_us / SECOND_US,
                                    .tv_nsec = every_us % SECOND_US * 1000 };
    int caught = 0;

    if (every_us == 0) {
        sigwait(signals, &caught);
        return caught;
    }
    while ((caught = sigtimedwait(signals, NULL, &every)) < 0) {
        if (errno == EAGAIN && server_is_alive(server))
            tell_manager("WATCHDOG=1");
    }
    return caught;
}

static int run_server(Call *call, const App *app, const sigset_t *signals, int64_t until_us,
                      bool has_accounts)
{
    Server *server = NULL;
    Error err = { .code = ERROR_NONE };

    while (!server_start(app, &server, &err)) {
        if (may_try_again(until_us, &err))
            continue;
        call_fail(&err);
        return err.code == ERROR_INVALID || err.code == ERROR_NOT_FOUND ? EXIT_BAD_CONFIG
                                                                        : EXIT_FAILED;
    }
    greet(call, app, server, has_accounts);
    tell_manager("READY=1");
    int caught = wait_for_end(server, signals);
    tell_manager("STOPPING=1");
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
        .cleans_up = true,
    };
    Error err = { .code = ERROR_NONE };
    sigset_t signals;
    bool has_accounts = false;

    protect_process();
    memory_keep_some();
    hold_signals(&signals);
    log_start();
    if (!check_admin(call, &err) || !database_make_directory(call->config, &err) ||
        !derive_keys(call, &app, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    warn_of_others(call->config);
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while (!bring_up_database(call->config, &err) ||
           !look_at_accounts(call, &app, &has_accounts, &err)) {
        if (!may_try_again(until_us, &err))
            return call_fail_database(&err);
    }

    app.openapi = openapi_document(all_routes, version_text, call->config->public_url, call->arena);
    app.openapi_tag = tag_of(app.openapi, call->arena);
    return run_server(call, &app, &signals, until_us, has_accounts);
}

int run_serve(Call *call)
{
    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = serve(call);
    log_stop();
    return code;
}
