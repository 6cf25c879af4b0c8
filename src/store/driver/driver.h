/* Driver - what SQLite and PostgreSQL each bring; db.c is written against it, and nobody else
 * includes this.
 *
 * A driver's connection is a struct that begins with Db. It lives in its own arena, so that
 * db_close is: let the driver close, finish the arena. Every failure goes through db_fail, which
 * keeps the database's words for the log and gives the client one plain sentence. */
#pragma once

#include "base/error.h"
#include "store/driver/address_map.h"
#include "store/driver/statement.h"

/* store/driver/db.h */
typedef struct Db Db;
typedef struct Ask Ask;
typedef struct AskWatch AskWatch;
typedef struct Rows Rows;

enum {
    DRIVER_MESSAGE_BYTES = 512,
    DRIVER_PARAMETERS = 64, /* the widest table has 24 columns */
};

typedef enum AskState {
    ASK_IDLE,    /* nobody knows of it: not asked, taken, or to be asked again */
    ASK_WAITING, /* in db->waiting */
    ASK_CAME,    /* in db->came, with its rows */
} AskState;

/* A query and where its rows go. */
struct Ask {
    Db *db;
    Ask *next; /* behind it in its list */
    const Sql *sql;
    Params params;
    Rows *rows; /* { 0 } at first; NULL on SQLite until it is taken */
    AskState state;
    size_t most_bytes; /* db_bound */
};

typedef struct DbDriver {
    DbKind kind;

    void (*close)(Db *db);
    bool (*ping)(Db *db, Error *err);
    bool (*set_timeout)(Db *db, int64_t timeout_ms, Error *err);
    bool (*run)(Db *db, const char *script, Error *err); /* no parameters, no rows */

    bool (*begin)(Db *db, Error *err);
    bool (*commit)(Db *db, Error *err);
    void (*rollback)(Db *db); /* also when the database already did */
    bool (*has_transaction)(const Db *db);
    /* Rows changed so far; NULL where a failed statement ends the transaction anyway. */
    int64_t (*changes)(const Db *db);
    /* NULL where no snapshot outlives its transaction: then keeping one is rolling back. */
    void (*keep_snapshot)(Db *db);
    void (*end_snapshot)(Db *db);

    bool (*prepare)(Db *db, const Sql *sql, Error *err);
    /* All from `first` on, in order, in one round trip, all or none. */
    bool (*query)(Db *db, const Ask *first, Error *err);
    /* The same without waiting, for db_start_asks and db_continue_asks. NULL where nothing is
     * waited for. */
    bool (*is_open)(const Db *db);
    bool (*start)(Db *db, const Ask *first, Error *err);
    bool (*continue_asks)(Db *db, bool *ret_done, Error *err);
    AskWatch (*watch)(const Db *db);
    bool (*edit_schema)(Db *db, const char *script, Error *err); /* SQLite alone */
    bool (*execute)(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err);
    /* NULL where nothing is gained: then execute does it, and settling is nothing. */
    bool (*execute_later)(Db *db, const Sql *sql, Params params, Error *err);
    bool (*flush)(Db *db, Error *err);

    bool (*next)(Rows *rows); /* sets rows->failed and rows->error */
    void (*close_rows)(Rows *rows);

    /* Of the present row; null is INT64_MIN, false and NULL. */
    int (*column_count)(const Rows *rows);
    const char *(*column_name)(const Rows *rows, int column);
    bool (*is_null)(const Rows *rows, int column);
    bool (*is_integer)(const Rows *rows, int column);
    int64_t (*read_integer)(const Rows *rows, int column);
    bool (*read_boolean)(const Rows *rows, int column);
    int64_t (*read_time)(const Rows *rows, int column);
    const char *(*read_text)(const Rows *rows, int column, Arena *arena);

    /* NULL where there is nothing to do. */
    void (*checkpoint)(Db *db);
    bool (*checkpoint_if_due)(Db *db, bool somebody_waits);
    bool (*copy)(Db *db, const char *path, Error *err);
    const char *(*file)(const Db *db);
} DbDriver;

struct Db {
    const DbDriver *driver;
    DbMode mode;
    Arena arena;           /* everything of the connection, this struct too */
    AddressMap statements; /* of each Sql the driver's prepared one */
    bool in_transaction;   /* begun by db_begin, ended by db_commit or db_rollback */
    bool in_savepoint;
    Ask *waiting;      /* asked and not sent, in that order; on SQLite none */
    Ask *came;         /* sent and not taken, in no order */
    bool may_not_wait; /* between db_forbid_waiting and db_allow_waiting … */
    bool had_to_wait;  /* … and something would have */
    int64_t round_trips;
    int64_t sent_bytes; /* values of statements, to a database server */
    Error failure;      /* of this transaction; ERROR_NONE: none yet */
    char message[DRIVER_MESSAGE_BYTES];
};

/* `path` is a file name, `url` what libpq takes. */
bool sqlite_open(const char *path, DbMode mode, Db **ret_db, Error *err);
bool sqlite_open_still(const char *path, Db **ret_db, Error *err);
bool postgres_open(const char *url, DbMode mode, Db **ret_db, Error *err);

/* Keeps `message` and the name of the statement (NULL: none) for db_last_message and sets the
 * sentence that belongs to the code. Returns false. */
bool db_fail(Db *db, ErrorCode code, const char *statement, const char *message, Error *err);

/* The transaction that this failure was in, if there is one, runs no more statements. Returns
 * false. */
bool db_note_failure(Db *db, const Error *err);

/* May a statement run now? False with the transaction's first error, or when the database has ended
 * it by itself. Outside of one the snapshot that was kept ends here. */
bool db_is_ready(Db *db, Error *err);

/* Something may be changed now: what came is of before. What waits is asked afterwards. */
void db_outdate(Db *db);
