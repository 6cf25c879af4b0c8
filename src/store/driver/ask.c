/* Questions that are asked before their answers are taken. What waits is sent together by the first
 * that is taken; what came of the others lies by until its own turn, or until something is changed.
 */
#include <assert.h>

#include "store/driver/db.h"
#include "store/driver/driver.h"

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

void db_outdate(Db *db)
{
    drop_list(&db->came);
}

void db_drop_asks(Db *db)
{
    drop_list(&db->waiting);
    drop_list(&db->came);
}

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
        *ask->rows = (Rows){ .db = db, .row = -1, .most_bytes = ask->most_bytes };
    }
}

static bool run_queries(Db *db, Ask *first, Error *err)
{
    empty_rows(db, first);
    if (db->may_not_wait) {
        db->had_to_wait = true;
        return error_set(err, ERROR_RETRY, "This has to wait for the database.");
    }
    if (!db_is_ready(db, err))
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

bool db_continue_asks(Db *db, bool *ret_done, Error *err)
{
    if (!db->driver->continue_asks(db, ret_done, err)) {
        drop_list(&db->waiting);
        return false;
    }
    if (*ret_done)
        all_came(db);
    return true;
}

void db_forbid_waiting(Db *db)
{
    db->may_not_wait = true;
    db->had_to_wait = false;
}

bool db_allow_waiting(Db *db)
{
    db->may_not_wait = false;
    return !db->had_to_wait;
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

void db_bound(Ask *ask, size_t most_bytes)
{
    ask->most_bytes = most_bytes;
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
        db_outdate(db);
    return run_queries(db, &ask, err);
}
