/* Bench - an empty database of its own for each test, on SQLite in a folder of its own and on
 * PostgreSQL in a schema of its own.
 *
 * PostgreSQL is the one that FASTI_TEST_POSTGRES names; without it those tests are skipped, and
 * cmocka says so. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "store/driver/db.h"

typedef struct Bench {
    const char *url;   /* NULL: skip */
    char folder[64];   /* SQLite: where the database file fasti.db is */
    char schema[64];   /* PostgreSQL */
    char database[64]; /* PostgreSQL: its own one, see bench_migrate; "": that of the URL */
    Arena arena;
    Db *db;     /* DB_WRITE */
    Db *reader; /* DB_READ */
    Error err;
} Bench;

int bench_open_sqlite(void **state);
int bench_open_postgres(void **state);
int bench_close(void **state);

/* The test's bench; skips the test when there is none. */
Bench *bench_of(void **state);

/* Brings the empty database to the newest schema, with new connections. On PostgreSQL it becomes a
 * copy of the database that FASTI_TEST_MIGRATED names, if any, which is there already: that takes a
 * tenth of the time. */
void bench_migrate(Bench *bench);

void bench_reconnect(Bench *bench); /* closes and opens both connections */
void bench_run(Db *db, const char *script);
int64_t bench_number(Db *db, const Sql *sql); /* the column n of the only row */

/* PostgreSQL only: the process that serves a connection, and the end of it. */
int64_t bench_backend(Db *db);
void bench_kill_backend(Bench *bench, int64_t backend);
void bench_kill(Bench *bench, Db *victim);

/* A failure with a database's message for whoever reads the test's output. */
void bench_must(Bench *bench, Db *db, int is_done);

#define ON_BOTH(test)                                                                              \
    { #test " on SQLite", test, bench_open_sqlite, bench_close, NULL },                            \
    {                                                                                              \
#test " on PostgreSQL", test, bench_open_postgres, bench_close, NULL                       \
    }
#define ON_SQLITE(test)                                                                            \
    {                                                                                              \
#test, test, bench_open_sqlite, bench_close, NULL                                          \
    }
#define ON_POSTGRES(test)                                                                          \
    {                                                                                              \
#test, test, bench_open_postgres, bench_close, NULL                                        \
    }
