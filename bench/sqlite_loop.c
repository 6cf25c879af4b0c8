/* sqlite_loop - what SQLite itself gives for the statements of a request, without a server.
 *
 *   sqlite_loop DATABASE THREADS SECONDS GROUP <STATEMENTS
 *
 * STATEMENTS are lines: "S <text>" begins a statement, and each "P …" after it is the value of its
 * next parameter $1, $2 …:
 *
 *   P i 42         an integer             P n              NULL
 *   P t some text  a text                 P r LOW COUNT    another one of COUNT integers each time
 *
 * Every thread has its own connection and runs all the statements, one after another, reading all
 * columns of all rows. GROUP 0: they only read. GROUP n: one thread writes, n rounds a transaction,
 * each of them durable (synchronous=FULL). Prints rounds per second. */
#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_STATEMENTS = 64, MAX_PARAMETERS = 32, MAX_LINE = 1 << 16 };

typedef struct Parameter {
    char kind;
    char *text;
    int64_t low;
    int64_t count;
} Parameter;

typedef struct Statement {
    char *text;
    Parameter parameters[MAX_PARAMETERS];
    int parameter_count;
} Statement;

typedef struct Loop {
    const char *file;
    double seconds;
    int group;
    unsigned seed;
    long rounds;
    double took_s;
} Loop;

static Statement statements[MAX_STATEMENTS];
static int statement_count;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void check(sqlite3 *db, int result)
{
    if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE)
        return;
    fprintf(stderr, "sqlite_loop: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void read_statements(void)
{
    static char line[MAX_LINE];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == 'S') {
            assert(statement_count < MAX_STATEMENTS);
            statements[statement_count++].text = strdup(line + 2);
            continue;
        }
        Statement *statement = &statements[statement_count - 1];
        assert(line[0] == 'P' && statement->parameter_count < MAX_PARAMETERS);
        Parameter *parameter = &statement->parameters[statement->parameter_count++];
        parameter->kind = line[2];
        parameter->text = strdup(line[2] == 't' ? line + 4 : "");
        sscanf(line + 3, "%ld %ld", &parameter->low, &parameter->count);
    }
}

static int bind_one(sqlite3_stmt *compiled, int at, const Parameter *parameter, unsigned *seed)
{
    switch (parameter->kind) {
    case 'i':
        return sqlite3_bind_int64(compiled, at, parameter->low);
    case 't':
        return sqlite3_bind_text(compiled, at, parameter->text, -1, SQLITE_STATIC);
    case 'r':
        return sqlite3_bind_int64(compiled, at, parameter->low + rand_r(seed) % parameter->count);
    default:
        return sqlite3_bind_null(compiled, at);
    }
}

static void run_statement(sqlite3 *db, sqlite3_stmt *compiled, const Statement *statement,
                          unsigned *seed)
{
    int result;

    for (int i = 0; i < statement->parameter_count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "$%d", i + 1);
        int at = sqlite3_bind_parameter_index(compiled, name);
        if (at > 0)
            check(db, bind_one(compiled, at, &statement->parameters[i], seed));
    }
    while ((result = sqlite3_step(compiled)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(compiled); i++)
            (void)sqlite3_column_text(compiled, i); /* makes the value, as a reply would */
    }
    check(db, result);
    sqlite3_reset(compiled);
}

static void *run(void *argument)
{
    Loop *loop = argument;
    sqlite3_stmt *compiled[MAX_STATEMENTS];
    sqlite3 *db;
    double start;

    check(NULL,
          sqlite3_open_v2(loop->file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    check(db, sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA mmap_size = 268435456", NULL,
                           NULL, NULL)); /* as Fasti's own connections */
    for (int i = 0; i < statement_count; i++)
        check(db, sqlite3_prepare_v3(db, statements[i].text, -1, SQLITE_PREPARE_PERSISTENT,
                                     &compiled[i], NULL));
    start = now_s();
    while (now_s() - start < loop->seconds) {
        for (int round = 0; round < (loop->group > 0 ? loop->group : 16); round++) {
            if (loop->group > 0 && round == 0)
                check(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
            for (int i = 0; i < statement_count; i++)
                run_statement(db, compiled[i], &statements[i], &loop->seed);
            loop->rounds++;
        }
        if (loop->group > 0)
            check(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    }
    loop->took_s = now_s() - start;
    return NULL;
}

int main(int argc, char **argv)
{
    Loop loops[64] = { 0 };
    pthread_t threads[64];
    int count = argc == 5 ? atoi(argv[2]) : 0;
    double rate = 0;

    if (count < 1 || count > 64) {
        fprintf(stderr, "sqlite_loop DATABASE THREADS SECONDS GROUP <STATEMENTS\n");
        return 2;
    }
    read_statements();
    for (int i = 0; i < count; i++) {
        loops[i] = (Loop){
            .file = argv[1],
            .seconds = atof(argv[3]),
            .group = atoi(argv[4]),
            .seed = (unsigned)i + 1,
        };
        pthread_create(&threads[i], NULL, run, &loops[i]);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        rate += (double)loops[i].rounds / loops[i].took_s;
    }
    printf("%.1f\n", rate);
    return 0;
}
