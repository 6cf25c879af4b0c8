/* Who runs an errand, and what is said. */
#include "cli/errand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/bench.h"
#include "base/log.h"
#include "cli/account_errands.h"
#include "cli/database.h"
#include "http/server.h"

static const char hash[] = "$2b$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const AccountInput amira = {
    .name = "amira",
    .email = "amira@example.org",
    .password_hash = hash,
};
static const RouteTable table = { &user_add.route, 1 };
static const RouteTable *const tables[] = { &table, NULL };
static const RouteTable *const no_tables[] = { NULL };

/* The data directory, and what was printed. */
static char folder[] = "/tmp/fasti-errand-XXXXXX";

typedef struct Stand {
    Bench *bench;
    Config config;
    Call call;
} Stand;

/* The file is free to be opened. */
static Stand *start(void **state)
{
    Bench *bench = bench_of(state);
    Stand *stand = ARENA_NEW(&bench->arena, Stand);

    db_close(&bench->reader);
    db_close(&bench->db);
    log_set_level(LOG_OFF);
    stand->bench = bench;
    stand->config = (Config){
        .database_url = bench->url,
        .data_dir = folder,
        .listen_address = "127.0.0.1",
        .threads = 1,
    };
    stand->call = (Call){ .config = &stand->config, .arena = &bench->arena };
    return stand;
}

typedef struct Outcome {
    int code;
    char out[256], err[512];
} Outcome;

static void capture(Stand *stand, int fd, const char *name, int *ret_kept)
{
    int file = open(arena_printf(&stand->bench->arena, "%s/%s", folder, name),
                    O_CREAT | O_TRUNC | O_RDWR, 0600);

    fflush(NULL);
    *ret_kept = dup(fd);
    assert_int_equal(dup2(file, fd), fd);
    close(file);
}

static void let_go(int fd, int kept, char *text, size_t size)
{
    fflush(NULL);
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    dup2(kept, fd);
    close(kept);
}

static Outcome run(Stand *stand, const AccountInput *input)
{
    Outcome outcome;
    int kept_out, kept_err;

    capture(stand, STDOUT_FILENO, "out", &kept_out);
    capture(stand, STDERR_FILENO, "err", &kept_err);
    outcome.code = errand_run(&stand->call, &user_add, input);
    let_go(STDERR_FILENO, kept_err, outcome.err, sizeof(outcome.err));
    let_go(STDOUT_FILENO, kept_out, outcome.out, sizeof(outcome.out));
    return outcome;
}

static void assert_outcome(Outcome outcome, int code, const char *out, const char *err)
{
    assert_string_equal(outcome.out, out);
    assert_string_equal(outcome.err, err);
    assert_int_equal(outcome.code, code);
}

static void alone_it_is_run_here(void **state)
{
    Stand *stand = start(state);

    assert_outcome(run(stand, &amira), EXIT_OK, "Made user 1, amira.\n", "");
    assert_outcome(run(stand, &amira), EXIT_FAILED, "",
                   "fasti: This user name or e-mail address is taken.\n");
    bench_reconnect(stand->bench);
}

static void beside_a_server_it_is_run_there(void **state)
{
    Stand *stand = start(state);
    Bench *bench = stand->bench;
    const App app = {
        .config = &stand->config,
        .tables = no_tables,
        .socket = database_socket(&stand->config, &bench->arena),
        .socket_tables = tables,
        .version = "0",
    };
    AccountInput wrong = amira;
    Server *server = NULL;
    Db *db = NULL;

    bench_must(bench, NULL, database_open(&stand->config, &db, &bench->err)); /* migrates */
    db_close(&db);
    bench_must(bench, NULL, server_start(&app, &server, &bench->err));
    assert_int_equal(access(app.socket, F_OK), 0);
    assert_outcome(run(stand, &amira), EXIT_OK, "Made user 1, amira.\n", "");
    assert_outcome(run(stand, &amira), EXIT_FAILED, "",
                   "fasti: This user name or e-mail address is taken.\n");
    wrong.password_hash = "short";
    Outcome refused = run(stand, &wrong);
    assert_int_equal(refused.code, EXIT_FAILED);
    assert_non_null(strstr(refused.err, "fasti: Write at least"));
    server_stop(&server);
    assert_int_not_equal(access(app.socket, F_OK), 0);
    bench_reconnect(bench);
}

static void a_lock_that_is_not_given_back_is_said(void **state)
{
    Stand *stand = start(state);
    Bench *bench = stand->bench;

    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &bench->db, &bench->err));
    Outcome outcome = run(stand, &amira);
    assert_int_equal(outcome.code, EXIT_NO_DATABASE);
    assert_string_equal(outcome.out, "");
    assert_non_null(strstr(outcome.err, "Another fasti process already writes to "));
    assert_non_null(strstr(outcome.err, "/fasti.db.sock: its log says why."));
}

static void only_sqlite_has_a_socket(void **state)
{
    const Config sqlite = { .database_url = "sqlite:///a/b.db" };
    const Config postgres = { .database_url = "postgresql://h/d" };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(database_socket(&sqlite, &arena), "a/b.db.sock");
    assert_null(database_socket(&postgres, &arena));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[sizeof(folder) + 16];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(alone_it_is_run_here),
        ON_SQLITE(beside_a_server_it_is_run_there),
        ON_SQLITE(a_lock_that_is_not_given_back_is_said),
        cmocka_unit_test(only_sqlite_has_a_socket),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
