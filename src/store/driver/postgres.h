/* The inside of the PostgreSQL driver: postgres.c connects, postgres_query.c runs statements. */
#pragma once

#include <libpq-fe.h>

#include "store/driver/driver.h"

typedef struct PostgresDb {
    Db base;
    PGconn *connection; /* NULL or CONNECTION_BAD: to be opened again */
    const char **keywords;
    const char **values;
    int64_t timeout_ms;        /* for one statement; 0: none */
    unsigned generation;       /* of the connection: statements prepared in an older one are gone */
    unsigned statement_serial; /* names them */
    bool is_stale;             /* alive, but of no use: a standby now */
} PostgresDb;

static inline PostgresDb *postgres_of(const Db *db)
{
    return (PostgresDb *)(uintptr_t)db;
}

bool postgres_is_alive(const PostgresDb *db);

/* Opens the connection again when it was lost and no transaction is under way. */
bool postgres_reopen(PostgresDb *db, Error *err);

/* Checks and clears a result that should hold no rows. */
bool postgres_finish(PostgresDb *db, const char *statement, PGresult *result, Error *err);

/* From a failed result (NULL: from the connection), which is cleared. Returns false. */
bool postgres_fail(PostgresDb *db, const char *statement, PGresult *result, Error *err);

bool postgres_prepare(Db *db, const Sql *sql, Error *err);
bool postgres_query(Db *db, const Sql *sql, Params params, Rows *rows, Error *err);
bool postgres_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err);
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
