/* Db - one connection to SQLite or PostgreSQL behind one query text.
 *
 *   SQL(select_user, "SELECT id, username FROM users WHERE id = $1");
 *
 *   Rows AUTO(rows_close) rows = { 0 };
 *   if (!db_query(db, &select_user, PARAMS(INT(id)), &rows, err))
 *       return false;
 *   if (rows_next(&rows))
 *       name = rows_text(&rows, "username", arena);
 *   return rows_finish(&rows, err);
 *
 * Columns are read by name; asking for a column that is not there is a mistake of ours (assert). A
 * column's name is a constant as a statement is, a literal or a field's: each connection remembers
 * by its address where the column is. A connection belongs to one thread at a time.
 *
 * To wait for a database costs more than most statements do. So what nobody needs an answer to goes
 * with db_execute_later, and questions that do not depend on each other are asked before the first
 * answer is taken (db_ask, db_take).
 *
 * Both drivers map their failures to the same codes: ERROR_DUPLICATE (unique), ERROR_REFERENCED
 * (foreign key), ERROR_RETRY (serialization, deadlock, busy), ERROR_UNAVAILABLE (connection gone,
 * statement timeout), ERROR_STORAGE_FULL, ERROR_INTERNAL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/driver/statement.h"

typedef struct Db Db;

/* -- Connections ------------------------------------------------------------------------------ */

/* `url` is sqlite:///relative, sqlite:////absolute or postgresql://… (postgresql+psycopg2:// too).
 * On SQLite DB_WRITE opens the one writer: it makes the file (0600), takes the lock that refuses a
 * second server, sets WAL, synchronous=FULL, foreign_keys=ON and reads them back. DB_READ is
 * query_only. ERROR_UNAVAILABLE with a sentence that says what to do, ERROR_RETRY when another
 * process has the lock. */
bool db_open(const char *url, DbMode mode, Db **ret_db, Error *err);
void db_close(Db **db); /* for AUTO; NULL inside is fine */

DbKind db_kind(const Db *db);
DbMode db_mode(const Db *db);
const char *db_url_scheme_error(const char *url); /* NULL: the URL is of a kind we know */
const char *db_url_file(const char *url);         /* SQLite: the path, as given; otherwise NULL */
const char *db_file(const Db *db);                /* SQLite: the full path; PostgreSQL: NULL */

/* The database's own words about the last failure, with the statement's name, for the log and
 * never for a client. "" when nothing failed yet. */
const char *db_last_message(const Db *db);

/* How long one statement may run; LIMIT_STATEMENT_MS at first, 0: as long as it takes, for
 * migrations, exports and checks. */
bool db_set_statement_timeout(Db *db, int64_t timeout_ms, Error *err);

/* Is the connection alive? A PostgreSQL connection that was lost is opened again by the next
 * statement outside a transaction or the first one in it. */
bool db_ping(Db *db, Error *err);

/* Transactions. The lanes call these; handlers never do. On SQLite begin is BEGIN IMMEDIATE on the
 * writer and BEGIN on a reader; on PostgreSQL a reader's transaction sees one snapshot, as there.
 *
 * As PostgreSQL has it, on both: after a statement failed in a transaction, every further one fails
 * with the same error until the savepoint or the whole is rolled back. A database may also end the
 * transaction by itself (disk full, time-out, connection lost). Then db_has_transaction is false,
 * rolling back to a savepoint helps nothing, and db_rollback is what remains. */
bool db_begin(Db *db, Error *err); /* PostgreSQL hears of it with the first statement */
bool db_commit(Db *db, Error *err);
void db_rollback(Db *db);

/* For group commit. How many rows this connection has changed so far; a statement that failed
 * changed none; -1 on PostgreSQL, which does not say. And: the transaction goes on after a
 * statement that failed; false on PostgreSQL, which goes on with none. */
int64_t db_changes(const Db *db);
bool db_clear_failure(Db *db);

bool db_savepoint(Db *db, Error *err); /* one level, for group commit */
bool db_release_savepoint(Db *db, Error *err);
bool db_rollback_savepoint(Db *db); /* false: only db_rollback helps */
bool db_has_transaction(const Db *db);

/* Ends a reader's transaction as db_rollback does; on SQLite its snapshot stays, and the next
 * db_begin on this connection goes on in it if this process has committed nothing since. A thread
 * that has kept one calls db_end_snapshot before it waits for anything, and before the connection
 * goes to another: a kept snapshot keeps the log from starting over, and what another process
 * commits is not seen until it ends. A statement outside a transaction ends it, too. */
void db_keep_snapshot(Db *db);
void db_end_snapshot(Db *db);

/* Runs a script of several statements without parameters: migrations. The time of one statement
 * (db_set_statement_timeout) is that of all of them, for PostgreSQL says nothing before the end. */
bool db_execute_script(Db *db, const char *script, Error *err);

/* SQLite alone, in a transaction: the same, of a script that changes texts in sqlite_schema. For
 * changes of a table's definition that have no effect on how its rows lie, where ALTER TABLE has no
 * words for them (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema
 * Changes"). */
bool db_edit_schema(Db *db, const char *script, Error *err);

/* SQLite only: moves the WAL into the file; on PostgreSQL does nothing. */
void db_checkpoint(Db *db);

/* What a writer has to do now and then and nobody should wait for: on SQLite, it moves a WAL that
 * has grown into the file, by the mebibyte; while somebody waits for the writer, not yet, unless it
 * has grown long. Call it between transactions, when the answers are out. False: nothing was done.
 */
bool db_checkpoint_if_due(Db *db, bool somebody_waits);

/* SQLite only: a consistent copy of the database in a new file at `path` (0600), complete or not
 * there at all; an older file of that name is replaced. Writers are not held up. */
bool db_copy(Db *db, const char *path, Error *err);

/* A reader in a transaction, for whoever looks at everything: it sees one moment as long as it is
 * open, its statements may take any time, and nobody waits for it. On SQLite it reads a copy,
 * <file>.copy, that goes away with it, for as long as somebody reads the file itself its log grows;
 * ERROR_RETRY: somebody else has one, ERROR_STORAGE_FULL: the disk has no room for it. On
 * PostgreSQL it has a snapshot. */
bool db_open_still(const char *url, Db **ret_db, Error *err);

/* -- Queries ---------------------------------------------------------------------------------- */

typedef struct Rows {
    Db *db;
    void *statement;            /* the driver's; NULL: no more rows */
    int row;                    /* the present one; -1: before the first */
    size_t most_bytes;          /* db_bound; 0: all rows are kept */
    size_t text_bytes;          /* that rows_text has given so far */
    struct AddressMap *columns; /* of the statement: what was asked for before, and where it is */
    const char *column;         /* the last one that was asked for … */
    int place;                  /* … and where it is */
    bool failed;
    Error error;
} Rows;

/* Runs a statement that gives rows. What it changes is changed when this returns, read or not. A
 * parameter that the text does not mention is passed over; a statement's parameters have the same
 * kinds at every call. The texts of `params` must last until the rows are closed. On a read
 * connection it takes along what was asked (db_ask). */
bool db_query(Db *db, const Sql *sql, Params params, Rows *ret_rows, Error *err);

/* A question whose answer is taken later. */
typedef struct Ask Ask;

/* Asks without waiting, and copies all it needs into `arena`. The statement must change nothing
 * that another question is about. */
Ask *db_ask(Db *db, Arena *arena, const Sql *sql, Params params);

/* Before it is sent: rows beyond so many bytes are not needed, only that there are more.
 * PostgreSQL, which gives all rows at once, then keeps no more of them. */
void db_bound(Ask *ask, size_t most_bytes);

/* Waits for the answer. On PostgreSQL the first take sends all that was asked on this connection
 * and not yet sent, in that order and in one round trip; so code that takes one answer after
 * another costs one wait where it has asked first. When one of them fails, so does this take, and
 * each of the others is asked again by its own. An answer that was here before something was
 * written, or before the transaction ended, is asked for again too. On SQLite, where nothing is
 * waited for, the statement runs now, and what nobody takes costs nothing. */
bool db_take(Ask *ask, Rows *ret_rows, Error *err);

/* The number `n` of the only row; 0 without one. */
bool db_take_number(Ask *ask, int64_t *ret_number, Error *err);

/* Sends at once what the next take would send, for who must know that all came. */
bool db_send_asks(Db *db, Error *err);

/* The same for a thread that must not wait, on PostgreSQL, outside a transaction, with at least one
 * question asked and the connection open. After db_start_asks the connection is only asked how far
 * it is, by db_continue_asks: when its socket has `events` (poll), or `until_us` of the monotonic
 * clock has come, and then it fails. When *ret_done all answers are here, and to take them waits
 * for nothing; when it fails, the questions are to be asked again. */
typedef struct AskWatch {
    int socket;
    short events;
    int64_t until_us;
} AskWatch;

bool db_is_open(const Db *db);
bool db_start_asks(Db *db, Error *err);
bool db_continue_asks(Db *db, bool *ret_done, Error *err);
AskWatch db_watch_asks(const Db *db);

/* Between these two a question that has to be waited for fails (ERROR_RETRY). False: there was one,
 * and what was done is worth nothing. */
void db_forbid_waiting(Db *db);
bool db_allow_waiting(Db *db);

/* Nobody takes what was asked and not taken so far: before an arena ends from which somebody asked
 * and then did not take, and before the connection goes to somebody else. The end of a transaction
 * does the same. */
void db_drop_asks(Db *db);

/* How often this connection has waited for an answer of PostgreSQL; SQLite: 0. For tests. */
int64_t db_round_trips(const Db *db);

/* How many bytes of values have gone to the database so far. 0 on SQLite, where nothing goes
 * anywhere. */
int64_t db_sent_bytes(const Db *db);

/* Runs a statement that gives none; *ret_changed (may be NULL) gets the number of rows changed. */
bool db_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err);

/* As db_execute, but inside a transaction PostgreSQL is not waited for: the statement goes out with
 * the next one that has an answer, or with the commit. What comes after it sees what it did. When
 * it fails, that next statement, db_flush or db_commit fails with its error, and the transaction
 * has failed as ever. So it is for statements whose failure no handler tells from another one's.
 * Nothing of `params` is needed after the call. */
bool db_execute_later(Db *db, const Sql *sql, Params params, Error *err);

/* Waits for what db_execute_later left: for where its failure must be known. */
bool db_flush(Db *db, Error *err);

/* Runs a query whose first row's column `id` (int64) is wanted: INSERT … RETURNING id. */
bool db_insert(Db *db, const Sql *sql, Params params, int64_t *ret_id, Error *err);

/* Moves to the next row (the first one at first). */
bool rows_next(Rows *rows);

/* Ends reading; false when fetching failed on the way. rows_close does the same without a word. */
bool rows_finish(Rows *rows, Error *err);
void rows_close(Rows *rows);

bool rows_has(Rows *rows, const char *column); /* is there such a column? */
bool rows_is_null(Rows *rows, const char *column);
int64_t rows_int(Rows *rows, const char *column);  /* INT64_MIN for null */
bool rows_bool(Rows *rows, const char *column);    /* false for null */
int64_t rows_time(Rows *rows, const char *column); /* µs UTC; INT64_MIN for null */
const char *rows_text(Rows *rows, const char *column, Arena *arena); /* copied; NULL for null */

/* For whole rows: the places of `count` columns at once, -1 where there is none of that name. The
 * names are those of a constant table, by whose address the connection remembers the places for
 * each statement. Then the same readers by place. */
typedef const char *ColumnName(const void *table, size_t i);
const int *rows_places(Rows *rows, const void *table, size_t count, ColumnName *name);

bool rows_is_integer_at(Rows *rows, int place); /* is the value a number, not a text? */
int64_t rows_int_at(Rows *rows, int place);
bool rows_bool_at(Rows *rows, int place);
int64_t rows_time_at(Rows *rows, int place);
const char *rows_text_at(Rows *rows, int place, Arena *arena);

/* Prepares without running, for the test that tries every statement. On PostgreSQL a column of a
 * type that the readers above do not take (numeric: cast sums to bigint) is ERROR_INTERNAL. */
bool db_prepare(Db *db, const Sql *sql, Error *err);
