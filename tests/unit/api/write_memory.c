/* Whichever allocation fails on the way of a write, of ours or of a library: it is done whole or
 * not at all; and a database is opened, or it is said why not. The process may stop, but because it
 * says so (base/arena.h), and it never tells 2xx for what was not done, nor blames the client.
 *
 * Each try is a process of its own. With FASTI_TEST_LONG every allocation of every write fails
 * once; else as many of them as are worth the time, the same each time. */
#include "../base/heap.h"
#include "writes.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

enum {
    STRIDE = 211,  /* in the short form; a prime, to meet no pattern */
    NOT_MET = 100, /* added to what the child tells: there was no nth allocation */
    SAID_BYTES = 4096,
    PATIENCE_MS = 300,
};

SQL_DIALECTS(count_backends, .sqlite = "SELECT 0 AS n",
             .postgres = "SELECT count(*) AS n FROM pg_stat_activity"
                         " WHERE application_name = current_setting('application_name')"
                         " AND pid <> pg_backend_pid()");

typedef struct Trial Trial;

struct Trial {
    WriteScene *scene;
    const Write *write;
    int (*run)(const Trial *trial); /* in the child: gives a status, as of a reply */
    int64_t nth;
    const char *before;
    const char *whole;
    Arena arena;
    Arena scratch; /* of one try */
    int log;       /* a file in memory: what the child says */
    char said[SAID_BYTES];
};

/* -- The child -------------------------------------------------------------------------------- */

/* Without memory for an answer libpq may wait for it: until it is too late, which is soon here. */
static int ask(const Trial *trial)
{
    Bench *bench = trial->scene->stage->bench;

    stage_connect(trial->scene->stage);
    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, PATIENCE_MS, &bench->err));
    bench_must(bench, bench->reader,
               db_set_statement_timeout(bench->reader, PATIENCE_MS, &bench->err));
    heap_expect(trial->nth);
    return writes_ask(trial->scene, trial->write);
}

static int open_database(const Trial *trial)
{
    const char *url = trial->scene->stage->bench->url;
    Error error = { .code = ERROR_NONE };
    Db *writer = NULL;
    Db *reader = NULL;

    heap_expect(trial->nth);
    bool is_open =
        db_open(url, DB_WRITE, &writer, &error) && db_open(url, DB_READ, &reader, &error);
    db_close(&reader);
    db_close(&writer);
    if (is_open)
        return 200;
    return error.code == ERROR_UNAVAILABLE ? 503 : 400;
}

static _Noreturn void run_and_exit(Trial *trial)
{
    static const struct rlimit no_core = { 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGSEGV, SIG_DFL); /* cmocka's would go on with the next test */
    signal(SIGBUS, SIG_DFL);
    dup2(trial->log, STDERR_FILENO);
    int status = trial->run(trial);
    _exit(status / 100 + (heap_end() ? 0 : NOT_MET));
}

/* -- The parent ------------------------------------------------------------------------------- */

/* A COMMIT may still be on its way when its sender is gone. */
static void wait_for_backends(const Trial *trial)
{
    Db *db = trial->scene->keeper;

    if (db == NULL)
        return;
    while (bench_number(db, &count_backends) > (trial->scene->observer != NULL))
        usleep(200);
}

/* What waitpid gives. */
static int run_child(Trial *trial)
{
    int result = 0;

    writes_disconnect(trial->scene);
    assert_int_equal(ftruncate(trial->log, 0), 0);
    lseek(trial->log, 0, SEEK_SET);
    pid_t child = fork();
    if (child == 0)
        run_and_exit(trial);
    assert_int_equal(waitpid(child, &result, 0), child);
    wait_for_backends(trial);
    ssize_t length = pread(trial->log, trial->said, SAID_BYTES - 1, 0);
    trial->said[length > 0 ? length : 0] = '\0';
    return result;
}

#define fail_trial(trial, what)                                                                    \
    fail_msg("%s %s without allocation %lld: %s; it said: %s", (trial)->write->method,             \
             (trial)->write->target, (long long)(trial)->nth, what, (trial)->said)

/* The same but for the numbers? */
static bool are_alike(const char *a, const char *b)
{
    static const char digits[] = "0123456789";

    for (;;) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (*a != *b || *a == '\0')
            return *a == *b;
        a++;
        b++;
    }
}

static void judge(Trial *trial, int result, const char *now)
{
    bool is_postgres = *trial->scene->stage->bench->schema != '\0';
    bool is_before = text_equal(now, trial->before);
    /* The driver repeats by itself what the loss of a connection has undone, with the next ids. */
    bool is_whole = text_equal(now, trial->whole) ||
                    (is_postgres && !is_before && are_alike(now, trial->whole));
    int hundreds = WIFEXITED(result) ? WEXITSTATUS(result) % NOT_MET : 0;

    if (!is_before && !is_whole)
        fail_trial(trial, writes_difference(now, trial->whole, &trial->scratch));
    if (WIFSIGNALED(result) && strstr(trial->said, "fasti: out of memory") == NULL)
        fail_trial(trial, strsignal(WTERMSIG(result)));
    if (WIFEXITED(result) && hundreds != 2 && hundreds != 5)
        fail_trial(trial, arena_printf(&trial->scratch, "%dxx was told", hundreds));
    if (hundreds == 2 && !is_whole)
        fail_trial(trial, "2xx was told");
    /* There may be no memory to hear that COMMIT was done. */
    if (hundreds == 5 && !is_before && !is_postgres)
        fail_trial(trial, "it was done, and 5xx was told");
}

/* True: there was an nth allocation. */
static bool try_nth(Trial *trial)
{
    int result = run_child(trial);
    const char *now = writes_text(trial->scene, trial->write, &trial->scratch);

    judge(trial, result, now);
    if (!text_equal(now, trial->before) || trial->write->keeps != NULL)
        writes_restore(trial->scene, trial->write);
    else
        writes_rewind(trial->scene);
    arena_reset(&trial->scratch);
    return !(WIFEXITED(result) && WEXITSTATUS(result) >= NOT_MET);
}

/* The short form begins elsewhere for each, for the first allocations of all are much the same. */
static void try_each(Trial *trial, size_t index)
{
    bool is_long = getenv("FASTI_TEST_LONG") != NULL;

    trial->nth = is_long ? 1 : 1 + (int64_t)index % STRIDE;
    trial->log = memfd_create("said", 0);
    while (try_nth(trial))
        trial->nth += is_long ? 1 : STRIDE;
    assert_true(trial->nth > STRIDE);
    close(trial->log);
    arena_finish(&trial->scratch);
    arena_finish(&trial->arena);
}

static void try_write(WriteScene *scene, size_t index)
{
    const Write *write = &writes[index];
    Trial trial = { .scene = scene, .write = write, .run = ask };

    writes_disconnect(scene);
    writes_restore(scene, write); /* what the one before keeps, too */
    trial.before = writes_text(scene, write, &trial.arena);
    writes_disconnect(scene);
    stage_connect(scene->stage);
    assert_true(writes_ask(scene, write) < 300);
    trial.whole = writes_text(scene, write, &trial.arena);
    writes_restore(scene, write);
    try_each(&trial, index);
}

static void each_write_is_whole_or_not_there(void **state)
{
    WriteScene *scene = writes_set(state);

    for (size_t i = 0; i < write_count; i++)
        try_write(scene, i);
    writes_finish(scene);
}

static void a_database_is_opened_or_it_is_said_why_not(void **state)
{
    static const Write opening = { .method = "db_open", .target = "twice" };
    WriteScene *scene = writes_set(state);
    Trial trial = { .scene = scene, .write = &opening, .run = open_database };

    trial.before = trial.whole = writes_text(scene, &opening, &trial.arena);
    try_each(&trial, 0);
    writes_finish(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_write_is_whole_or_not_there),
        ON_BOTH(a_database_is_opened_or_it_is_said_why_not),
    };

    /* MIT's Kerberos 1.20, which libpq asks first, goes on with the NULL that it got. */
    setenv("PGGSSENCMODE", "disable", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
