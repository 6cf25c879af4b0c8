#include "store/driver/db.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/driver/driver.h"

/* -- Failure ---------------------------------------------------------------------------------- */

static const char *const sentences[] = {
    [ERROR_DUPLICATE] = "Something with that name or value is already there.",
    [ERROR_REFERENCED] = "Something else refers to this, or this refers to something that is gone.",
    [ERROR_RETRY] = "Too many changes were made at the same moment; try again.",
    [ERROR_UNAVAILABLE] = "The database does not answer in time; try again in a moment.",
    [ERROR_STORAGE_FULL] = "There is no room left to store this.",
    [ERROR_INTERNAL] = "The database refused a statement of this program.",
};

bool db_fail(Db *db, ErrorCode code, const char *statement, const char *message, Error *err)
{
    size_t length = strlen(message);

    while (length > 0 && message[length - 1] == '\n')
        length--;
    snprintf(db->message, sizeof(db->message), "%s%s%.*s", statement != NULL ? statement : "",
             statement != NULL ? ": " : "", (int)length, message);
    error_set(err, code, "%s", sentences[code]);
    if (code == ERROR_UNAVAILABLE || code == ERROR_RETRY)
        err->retry_after_s = 1;
    return false;
}

const char *db_last_message(const Db *db)
{
    return db->message;
}

/* PostgreSQL refuses everything after a failure in a transaction, SQLite goes on; and when SQLite
 * has rolled back by itself, a further statement would commit alone. So both refuse here. */
bool db_is_ready(Db *db, Error *err)
{
    if (!db->in_transaction) {
        db_end_snapshot(db); /* a statement by itself sees the newest state */
        return true;
    }
    if (db->failure.code != ERROR_NONE)
        return error_set(err, db->failure.code, "%s", db->failure.detail);
    if (!db->driver->has_transaction(db))
        return db_fail(db, ERROR_UNAVAILABLE, NULL, "the transaction was lost", err);
    return true;
}

bool db_note_failure(Db *db, const Error *err)
{
    if (db->in_transaction && db->failure.code == ERROR_NONE)
        db->failure = *err;
    return false;
}

/* -- Connections ------------------------------------------------------------------------------ */

void db_close(Db **db)
{
    if (*db == NULL)
        return;
    (*db)->driver->close(*db);
    Arena arena = (*db)->arena; /* it holds the struct itself */
    arena_finish(&arena);
    *db = NULL;
}

DbMode db_mode(const Db *db)
{
    return db->mode;
}

DbKind db_kind(const Db *db)
{
    return db->driver->kind;
}

const char *db_file(const Db *db)
{
    return db->driver->file != NULL ? db->driver->file(db) : NULL;
}

bool db_ping(Db *db, Error *err)
{
    return db_is_ready(db, err) && db->driver->ping(db, err);
}

bool db_set_statement_timeout(Db *db, int64_t timeout_ms, Error *err)
{
    assert(timeout_ms >= 0);
    return db->driver->set_timeout(db, timeout_ms, err);
}

void db_checkpoint(Db *db)
{
    if (db->driver->checkpoint != NULL)
        db->driver->checkpoint(db);
}

bool db_checkpoint_if_due(Db *db, bool somebody_waits)
{
    assert(!db->in_transaction);
    return db->driver->checkpoint_if_due != NULL &&
           db->driver->checkpoint_if_due(db, somebody_waits);
}

bool db_copy(Db *db, const char *path, Error *err)
{
    assert(db->driver->copy != NULL);
    db_end_snapshot(db);
    return db->driver->copy(db, path, err);
}

/* -- Transactions ----------------------------------------------------------------------------- */

static void forget_transaction(Db *db)
{
    db_drop_asks(db);
    db->in_transaction = false;
    db->in_savepoint = false;
    error_clear(&db->failure);
}

bool db_begin(Db *db, Error *err)
{
    assert(!db->in_transaction);
    db_outdate(db);
    if (!db->driver->begin(db, err))
        return false;
    db->in_transaction = true;
    return true;
}

bool db_commit(Db *db, Error *err)
{
    assert(db->in_transaction);
    assert(!db->in_savepoint);
    bool is_done = db_is_ready(db, err) && db->driver->commit(db, err);
    if (!is_done)
        db->driver->rollback(db);
    forget_transaction(db);
    return is_done;
}

void db_rollback(Db *db)
{
    if (!db->in_transaction)
        return;
    db->driver->rollback(db);
    forget_transaction(db);
}

void db_keep_snapshot(Db *db)
{
    assert(db->mode == DB_READ);
    if (!db->in_transaction)
        return;
    /* After a failure nobody knows what state it is in. */
    if (db->driver->keep_snapshot != NULL && db->failure.code == ERROR_NONE)
        db->driver->keep_snapshot(db);
    else
        db->driver->rollback(db);
    forget_transaction(db);
}

void db_end_snapshot(Db *db)
{
    assert(!db->in_transaction);
    if (db->driver->end_snapshot != NULL)
        db->driver->end_snapshot(db);
}

bool db_has_transaction(const Db *db)
{
    return db->in_transaction && db->driver->has_transaction(db);
}

int64_t db_changes(const Db *db)
{
    return db->driver->changes != NULL ? db->driver->changes(db) : -1;
}

bool db_clear_failure(Db *db)
{
    if (db->failure.code == ERROR_NONE)
        return true;
    if (db->driver->changes == NULL)
        return false;
    error_clear(&db->failure);
    return true;
}

static const Sql savepoint = { .name = "savepoint", .text = "SAVEPOINT request" };
static const Sql release = { .name = "release", .text = "RELEASE SAVEPOINT request" };
static const Sql rollback_to = { .name = "rollback_to", .text = "ROLLBACK TO SAVEPOINT request" };

static bool run_plain(Db *db, const Sql *sql, Error *err)
{
    int64_t changed;

    return db->driver->execute(db, sql, NO_PARAMS, &changed, err);
}

bool db_savepoint(Db *db, Error *err)
{
    assert(db->in_transaction);
    assert(!db->in_savepoint);
    if (!db_is_ready(db, err))
        return false;
    if (!run_plain(db, &savepoint, err))
        return db_note_failure(db, err);
    db->in_savepoint = true;
    return true;
}

bool db_release_savepoint(Db *db, Error *err)
{
    assert(db->in_savepoint);
    if (!db_is_ready(db, err))
        return false;
    if (!run_plain(db, &release, err))
        return db_note_failure(db, err);
    db->in_savepoint = false;
    return true;
}

bool db_rollback_savepoint(Db *db)
{
    Error error = { .code = ERROR_NONE };

    assert(db->in_savepoint);
    db->in_savepoint = false;
    db_outdate(db);
    if (!db->driver->has_transaction(db))
        return false; /* as db_is_ready will say */
    if (!run_plain(db, &rollback_to, &error) || !run_plain(db, &release, &error))
        return db_note_failure(db, &error);
    error_clear(&db->failure);
    return true;
}

/* -- Queries ---------------------------------------------------------------------------------- */

bool db_execute_script(Db *db, const char *script, Error *err)
{
    db_outdate(db);
    if (!db_is_ready(db, err))
        return false;
    return db->driver->run(db, script, err) || db_note_failure(db, err);
}

bool db_edit_schema(Db *db, const char *script, Error *err)
{
    assert(db->in_transaction);
    db_outdate(db);
    if (!db_is_ready(db, err))
        return false;
    return db->driver->edit_schema(db, script, err) || db_note_failure(db, err);
}

bool db_prepare(Db *db, const Sql *sql, Error *err)
{
    if (!db_is_ready(db, err))
        return false;
    return db->driver->prepare(db, sql, err) || db_note_failure(db, err);
}

int64_t db_round_trips(const Db *db)
{
    return db->round_trips;
}

int64_t db_sent_bytes(const Db *db)
{
    return db->sent_bytes;
}

/* -- Statements ------------------------------------------------------------------------------- */

bool db_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    int64_t changed = 0;

    assert(params.count <= DRIVER_PARAMETERS);
    db_outdate(db);
    if (!db_is_ready(db, err))
        return false;
    if (!db->driver->execute(db, sql, params, &changed, err))
        return db_note_failure(db, err);
    if (ret_changed != NULL)
        *ret_changed = changed;
    return true;
}

bool db_execute_later(Db *db, const Sql *sql, Params params, Error *err)
{
    if (db->driver->execute_later == NULL || !db->in_transaction)
        return db_execute(db, sql, params, NULL, err);
    assert(params.count <= DRIVER_PARAMETERS);
    db_outdate(db);
    if (!db_is_ready(db, err))
        return false;
    return db->driver->execute_later(db, sql, params, err) || db_note_failure(db, err);
}

bool db_flush(Db *db, Error *err)
{
    if (!db_is_ready(db, err))
        return false;
    return db->driver->flush == NULL || db->driver->flush(db, err) || db_note_failure(db, err);
}

bool db_insert(Db *db, const Sql *sql, Params params, int64_t *ret_id, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, sql, params, &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_id = rows_int(&rows, "id");
    } else if (!rows.failed) {
        db_fail(db, ERROR_INTERNAL, sql->name, "the statement gave no id", err);
        return db_note_failure(db, err);
    }
    return rows_finish(&rows, err);
}
