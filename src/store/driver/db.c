#include "store/driver/db.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/driver/columns.h"
#include "store/driver/driver.h"

/* -- The list of all statements --------------------------------------------------------------- */

/* The linker names the ends of every section whose name is a C identifier. Weak: a program without
 * one statement has no such section. */
extern const Sql *const __start_fasti_sql[] __attribute__((weak, visibility("hidden")));
extern const Sql *const __stop_fasti_sql[] __attribute__((weak, visibility("hidden")));

void sql_each(void (*visit)(const Sql *sql, void *context), void *context)
{
    for (const Sql *const *at = __start_fasti_sql; at < __stop_fasti_sql; at++)
        visit(*at, context);
}

const char *sql_text(const Sql *sql, DbKind kind, Arena *arena)
{
    const char *own = kind == DB_SQLITE ? sql->sqlite : sql->postgres;
    const char *text = own != NULL ? own : sql->text;

    assert(text != NULL);
    return sql->table != NULL ? columns_expand(sql->table, text, arena) : text;
}

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

/* May a statement run now? PostgreSQL refuses everything after a failure in a transaction, SQLite
 * goes on; and when SQLite has rolled back by itself, a further statement would commit alone. So
 * both refuse here, with the first error. */
static bool is_ready(Db *db, Error *err)
{
    if (!db->in_transaction) {
        db_rest(db); /* a statement by itself sees the newest state */
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

static const char sqlite_scheme[] = "sqlite:///";

/* SQLAlchemy names its driver in the scheme, "postgresql+psycopg2://"; libpq knows only the plain
 * one. Returns where "://" begins, or NULL. */
static const char *postgres_rest(const char *url)
{
    static const char *const schemes[] = { "postgresql", "postgres" };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (!text_starts_with(url, schemes[i]))
            continue;
        const char *rest = url + strlen(schemes[i]);
        if (*rest == '+')
            rest += strcspn(rest, ":");
        if (text_starts_with(rest, "://"))
            return rest;
    }
    return NULL;
}

const char *db_url_scheme_error(const char *url)
{
    if (postgres_rest(url) != NULL)
        return NULL;
    if (!text_starts_with(url, sqlite_scheme))
        return "The database URL must begin with sqlite:/// or postgresql://.";
    const char *path = url + strlen(sqlite_scheme);
    if (*path == '\0' || strcmp(path, ":memory:") == 0)
        return "A sqlite:/// URL must name a file; a database in memory would keep nothing.";
    return NULL;
}

const char *db_url_file(const char *url)
{
    return text_starts_with(url, sqlite_scheme) ? url + strlen(sqlite_scheme) : NULL;
}

bool db_open(const char *url, DbMode mode, Db **ret_db, Error *err)
{
    const char *fault = db_url_scheme_error(url);
    if (fault != NULL)
        return error_set(err, ERROR_UNAVAILABLE, "%s", fault);
    if (db_url_file(url) != NULL)
        return sqlite_open(db_url_file(url), mode, ret_db, err);

    Arena AUTO(arena_finish) scratch = { 0 };
    return postgres_open(arena_printf(&scratch, "postgresql%s", postgres_rest(url)), mode, ret_db,
                         err);
}

void db_close(Db **db)
{
    if (*db == NULL)
        return;
    (*db)->driver->close(*db);
    Arena arena = (*db)->arena; /* it holds the struct itself */
    arena_finish(&arena);
    *db = NULL;
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
    return is_ready(db, err) && db->driver->ping(db, err);
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

void db_tidy(Db *db)
{
    assert(!db->in_transaction);
    if (db->driver->tidy != NULL)
        db->driver->tidy(db);
}

bool db_copy(Db *db, const char *path, Error *err)
{
    assert(db->driver->copy != NULL);
    db_rest(db);
    return db->driver->copy(db, path, err);
}

/* -- What was asked --------------------------------------------------------------------------- */

static void drop_list(Ask **list)
{
    for (Ask *ask = *list, *next; ask != NULL; ask = next) {
        next = ask->next;
        rows_close(ask->rows);
        ask->next = NULL;
        ask->state = ASK_IDLE;
    }
    *list = NULL;
}

/* Something may be changed now: what came is of before. What waits is asked afterwards. */
static void outdate(Db *db)
{
    drop_list(&db->came);
}

void db_drop_asks(Db *db)
{
    drop_list(&db->waiting);
    drop_list(&db->came);
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
    outdate(db);
    if (!db->driver->begin(db, err))
        return false;
    db->in_transaction = true;
    return true;
}

bool db_commit(Db *db, Error *err)
{
    assert(db->in_transaction);
    assert(!db->in_savepoint);
    bool is_done = is_ready(db, err) && db->driver->commit(db, err);
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

void db_pause(Db *db)
{
    assert(db->mode == DB_READ);
    if (!db->in_transaction)
        return;
    /* After a failure nobody knows what state it is in. */
    if (db->driver->keep != NULL && db->failure.code == ERROR_NONE)
        db->driver->keep(db);
    else
        db->driver->rollback(db);
    forget_transaction(db);
}

void db_rest(Db *db)
{
    assert(!db->in_transaction);
    if (db->driver->rest != NULL)
        db->driver->rest(db);
}

bool db_has_transaction(const Db *db)
{
    return db->in_transaction && db->driver->has_transaction(db);
}

int64_t db_changes(const Db *db)
{
    return db->driver->changes != NULL ? db->driver->changes(db) : 0;
}

bool db_go_on(Db *db)
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
    if (!is_ready(db, err))
        return false;
    if (!run_plain(db, &savepoint, err))
        return db_note_failure(db, err);
    db->in_savepoint = true;
    return true;
}

bool db_release_savepoint(Db *db, Error *err)
{
    assert(db->in_savepoint);
    if (!is_ready(db, err))
        return false;
    if (!run_plain(db, &release, err))
        return db_note_failure(db, err);
    db->in_savepoint = false;
    return true;
}

void db_rollback_savepoint(Db *db)
{
    Error ignored = { 0 };

    assert(db->in_savepoint);
    db->in_savepoint = false;
    outdate(db);
    /* When this fails the whole transaction is beyond use: is_ready will say so. */
    if (db->driver->has_transaction(db) && run_plain(db, &rollback_to, &ignored) &&
        run_plain(db, &release, &ignored))
        error_clear(&db->failure);
}

/* -- Queries ---------------------------------------------------------------------------------- */

bool db_execute_script(Db *db, const char *script, Error *err)
{
    outdate(db);
    if (!is_ready(db, err))
        return false;
    return db->driver->run(db, script, err) || db_note_failure(db, err);
}

bool db_prepare(Db *db, const Sql *sql, Error *err)
{
    if (!is_ready(db, err))
        return false;
    return db->driver->prepare(db, sql, err) || db_note_failure(db, err);
}

/* -- Questions -------------------------------------------------------------------------------- */

/* What was asked is sent together where a statement costs a round trip, and where one goes later
 * for the same reason. */
static bool gathers(const Db *db)
{
    return db->driver->execute_later != NULL;
}

static void append(Ask *ask)
{
    Ask **end = &ask->db->waiting;

    while (*end != NULL)
        end = &(*end)->next;
    *end = ask;
    ask->state = ASK_WAITING;
}

static void remove_from(Ask **list, Ask *ask)
{
    while (*list != ask)
        list = &(*list)->next;
    *list = ask->next;
    ask->next = NULL;
    ask->state = ASK_IDLE;
}

static void empty_rows(Db *db, Ask *first)
{
    for (Ask *ask = first; ask != NULL; ask = ask->next) {
        assert(ask->params.count <= DRIVER_PARAMETERS);
        *ask->rows = (Rows){ .db = db, .row = -1 };
    }
}

static bool run_queries(Db *db, Ask *first, Error *err)
{
    empty_rows(db, first);
    if (!is_ready(db, err))
        return false;
    if (db->driver->query(db, first, err))
        return true;
    for (Ask *ask = first; ask != NULL; ask = ask->next)
        rows_close(ask->rows);
    return db_note_failure(db, err);
}

/* What was waited for is here. */
static void all_came(Db *db)
{
    Ask *last = db->waiting;

    last->state = ASK_CAME;
    for (; last->next != NULL; last = last->next)
        last->next->state = ASK_CAME;
    last->next = db->came;
    db->came = db->waiting;
    db->waiting = NULL;
}

bool db_send_asks(Db *db, Error *err)
{
    if (db->waiting == NULL)
        return true;
    if (!run_queries(db, db->waiting, err)) {
        drop_list(&db->waiting);
        return false;
    }
    all_came(db);
    return true;
}

bool db_is_open(const Db *db)
{
    return db->driver->is_open != NULL && db->driver->is_open(db);
}

bool db_start_asks(Db *db, Error *err)
{
    assert(!db->in_transaction && db->waiting != NULL);
    empty_rows(db, db->waiting);
    if (db->driver->start(db, db->waiting, err))
        return true;
    drop_list(&db->waiting);
    return false;
}

bool db_go_on_asking(Db *db, bool *ret_done, Error *err)
{
    if (!db->driver->go_on(db, ret_done, err)) {
        drop_list(&db->waiting);
        return false;
    }
    if (*ret_done)
        all_came(db);
    return true;
}

AskWatch db_watch_asks(const Db *db)
{
    return db->driver->watch(db);
}

static const char *copy_text(Arena *arena, const Value *value)
{
    bool is_text = value->kind == VALUE_TEXT || value->kind == VALUE_JSON;

    return is_text && !value->is_null ? arena_strdup(arena, value->text) : NULL;
}

Ask *db_ask(Db *db, Arena *arena, const Sql *sql, Params params)
{
    Ask *ask = arena_alloc(arena, sizeof(*ask) + sizeof(Value) * params.count);
    Value *values = (Value *)(ask + 1);

    for (size_t i = 0; i < params.count; i++) {
        const char *text = copy_text(arena, &params.values[i]);
        values[i] = params.values[i];
        if (text != NULL)
            values[i].text = text;
    }
    *ask = (Ask){ .db = db, .sql = sql, .params = { values, params.count } };
    if (gathers(db)) {
        ask->rows = ARENA_NEW(arena, Rows);
        append(ask);
    }
    return ask;
}

bool db_take(Ask *ask, Rows *ret_rows, Error *err)
{
    Db *db = ask->db;

    if (!gathers(db)) {
        ask->rows = ret_rows;
        return run_queries(db, ask, err);
    }
    *ret_rows = (Rows){ .db = db, .row = -1 };
    if (ask->state == ASK_IDLE)
        append(ask);
    if (ask->state == ASK_WAITING && !db_send_asks(db, err))
        return false;
    remove_from(&db->came, ask);
    *ret_rows = *ask->rows;
    return true;
}

bool db_take_number(Ask *ask, int64_t *ret_number, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_number = 0;
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows))
        *ret_number = rows_int(&rows, "n");
    return rows_finish(&rows, err);
}

int64_t db_round_trips(const Db *db)
{
    return db->round_trips;
}

/* -- Statements ------------------------------------------------------------------------------- */

/* On a writer it may change something: then it goes by itself, between what came and what waits. */
bool db_query(Db *db, const Sql *sql, Params params, Rows *ret_rows, Error *err)
{
    Ask ask = { .db = db, .sql = sql, .params = params, .rows = ret_rows };

    if (db->mode == DB_READ && db->waiting != NULL) {
        Rows rows;
        ask.rows = &rows;
        return db_take(&ask, ret_rows, err);
    }
    if (db->mode == DB_WRITE)
        outdate(db);
    return run_queries(db, &ask, err);
}

bool db_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    int64_t changed = 0;

    assert(params.count <= DRIVER_PARAMETERS);
    outdate(db);
    if (!is_ready(db, err))
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
    outdate(db);
    if (!is_ready(db, err))
        return false;
    return db->driver->execute_later(db, sql, params, err) || db_note_failure(db, err);
}

bool db_settle(Db *db, Error *err)
{
    if (!is_ready(db, err))
        return false;
    return db->driver->settle == NULL || db->driver->settle(db, err) || db_note_failure(db, err);
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
