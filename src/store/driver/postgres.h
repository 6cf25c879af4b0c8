/* The inside of the PostgreSQL driver: postgres.c connects, postgres_pipeline.c talks,
 * postgres_query.c runs statements and reads rows. */
#pragma once

#include <libpq-fe.h>

#include "store/driver/db.h"
#include "store/driver/driver.h"

/* How many statements and preparings may be on their way; what comes beyond them makes another
 * round trip. */
enum { POSTGRES_IN_FLIGHT = 256 };

typedef struct Prepared Prepared;

/* A statement, or the preparing of one, whose result is still to be read. */
typedef struct Flight {
    const Sql *sql;
    Prepared *prepared;
    bool prepares;
    Rows *rows; /* get the PGresult; NULL: nobody wants it */
} Flight;

typedef struct PostgresDb {
    Db base;
    PGconn *connection; /* NULL or CONNECTION_BAD: to be opened again */
    const char **keywords;
    const char **values;
    int64_t timeout_ms;        /* for one statement; 0: none */
    unsigned generation;       /* statements prepared in an older one are gone */
    unsigned statement_serial; /* names them */
    bool is_stale;             /* alive, but of no use: a standby now */
    bool is_late;              /* it was closed because no answer came in time */
    bool owes_begin;           /* db_begin was called, and nothing was sent since */
    Flight flights[POSTGRES_IN_FLIGHT];
    size_t flight_count;
    size_t landed;       /* of them, good or not */
    size_t good;         /* of those that landed */
    Error failure;       /* the first one of them */
    int64_t expected_us; /* of the monotonic clock: what has not come by then never will */
} PostgresDb;

static inline PostgresDb *postgres_of(const Db *db)
{
    return (PostgresDb *)(uintptr_t)db;
}

bool postgres_is_alive(const PostgresDb *db);

/* Opens the connection again when it was lost and nothing of a transaction was sent on it. */
bool postgres_reopen(PostgresDb *db, Error *err);

/* postgres_wait.c: begins to count the time that an answer may take … */
void postgres_expect(PostgresDb *db);

/* … cuts the connection when it is over … */
void postgres_look_at_clock(PostgresDb *db);

/* … and waits that long until the next result is here, or the connection has failed. Then
 * PQgetResult does not wait. */
void postgres_wait(PostgresDb *db);

/* Runs statements without parameters while nothing is on its way; gives the result of the last one,
 * or of the one that failed. NULL: the connection has failed. */
PGresult *postgres_script(PostgresDb *db, const char *script);

/* Checks and clears a result that should hold no rows. */
bool postgres_finish(PostgresDb *db, const char *statement, PGresult *result, Error *err);

/* From a failed result (NULL: from the connection), which is cleared. Returns false. */
bool postgres_fail(PostgresDb *db, const char *statement, PGresult *result, Error *err);

/* Puts a statement behind what is on its way already. Its result goes to `rows`, which must last
 * until postgres_collect; NULL: only its failure matters. */
bool postgres_send(PostgresDb *db, const Sql *sql, Params params, Rows *rows, Error *err);

/* Waits until nothing is on its way. False with the first failure of all that was: then every
 * result that came is cleared again. */
bool postgres_collect(PostgresDb *db, Error *err);

/* postgres_collect without waiting (postgres_async.c). */
bool postgres_is_open(const Db *db);
bool postgres_start(Db *db, const Ask *first, Error *err);
bool postgres_continue(Db *db, bool *ret_done, Error *err);
AskWatch postgres_watch(const Db *db);

/* The parts of postgres_collect: sends what is to be answered; reads what is here of the answers,
 * true: all of them; ends. */
bool postgres_push(PostgresDb *db);
bool postgres_land(PostgresDb *db);
bool postgres_end(PostgresDb *db, Error *err);

/* Puts all from `first` on behind what is on its way, and before them the BEGIN that is owed. */
bool postgres_send_all(PostgresDb *db, const Ask *first, Error *err);

/* Runs all from `first` on, and before them what is on its way or owed, in one round trip. NULL
 * makes the connection ready for a script. Opens a lost connection again as db.h says. */
bool postgres_run(PostgresDb *db, const Ask *first, Error *err);

bool postgres_prepare(Db *db, const Sql *sql, Error *err);
bool postgres_query(Db *db, const Ask *first, Error *err);
bool postgres_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err);
bool postgres_execute_later(Db *db, const Sql *sql, Params params, Error *err);
bool postgres_flush(Db *db, Error *err);
bool postgres_next(Rows *rows);
void postgres_close_rows(Rows *rows);
int postgres_column_count(const Rows *rows);
const char *postgres_column_name(const Rows *rows, int column);
bool postgres_is_null(const Rows *rows, int column);
bool postgres_is_integer(const Rows *rows, int column);
int64_t postgres_read_integer(const Rows *rows, int column);
bool postgres_read_boolean(const Rows *rows, int column);
int64_t postgres_read_time(const Rows *rows, int column);
const char *postgres_read_text(const Rows *rows, int column, Arena *arena);
