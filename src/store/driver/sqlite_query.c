/* The SQLite driver: statements and rows.
 *
 * How it works: a statement is prepared once per connection and then reset and bound again. When it
 * is wanted while its rows are still being read, a second one is prepared and kept beside it. The
 * first step is taken by sqlite_query already: errors and changes come where PostgreSQL has them.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/driver/sqlite.h"

typedef struct Prepared {
    sqlite3_stmt *handle;
    struct Prepared *next; /* more of the same Sql */
    const Sql *sql;
    int parameter_count;
    unsigned char *numbers; /* of SQLite's i-th parameter: the n of its $n */
    bool is_in_use;
    AddressMap columns;
} Prepared;

static Prepared *prepared_of(const Rows *rows)
{
    return rows->statement;
}

/* SQLite numbers $n by first appearance, so the name says which value belongs there. The name
 * runs on over a cast, "$1::bigint". */
static void read_parameter_names(Prepared *prepared, Arena *arena)
{
    prepared->parameter_count = sqlite3_bind_parameter_count(prepared->handle);
    prepared->numbers = arena_alloc(arena, (size_t)prepared->parameter_count);
    for (int i = 0; i < prepared->parameter_count; i++) {
        const char *name = sqlite3_bind_parameter_name(prepared->handle, i + 1);
        assert(name != NULL && name[0] == '$' && "parameters are written $1, $2, …");
        long number = strtol(name + 1, NULL, 10);
        assert(number >= 1 && number <= DRIVER_PARAMETERS);
        prepared->numbers[i] = (unsigned char)number;
    }
}

static bool prepare_handle(SqliteDb *db, const Sql *sql, sqlite3_stmt **ret_handle, Error *err)
{
    const char *text = sql_text(sql, DB_SQLITE, &db->base.arena);
    const char *rest = NULL;

    if (sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, ret_handle, &rest) !=
        SQLITE_OK)
        return sqlite_fail(db, sql->name, err);
    assert(*ret_handle != NULL && *rest == '\0' && "one statement, no more and no less");
    return true;
}

static Prepared *take(SqliteDb *db, const Sql *sql, Error *err)
{
    Prepared *first = address_map_find(&db->base.statements, sql);
    sqlite3_stmt *handle = NULL;

    for (Prepared *at = first; at != NULL; at = at->next) {
        if (!at->is_in_use) {
            at->is_in_use = true;
            return at;
        }
    }
    if (!prepare_handle(db, sql, &handle, err))
        return NULL;
    Prepared *made = ARENA_NEW(&db->base.arena, Prepared);
    *made = (Prepared){ .handle = handle, .sql = sql, .is_in_use = true };
    read_parameter_names(made, &db->base.arena);
    if (first == NULL) {
        address_map_add(&db->base.statements, &db->base.arena, sql, made);
    } else {
        made->next = first->next;
        first->next = made;
    }
    return made;
}

static void give_back(Prepared *prepared)
{
    sqlite3_reset(prepared->handle);
    prepared->is_in_use = false;
}

static int bind_value(sqlite3_stmt *handle, int at, const Value *value)
{
    if (value->is_null)
        return sqlite3_bind_null(handle, at);
    switch (value->kind) {
    case VALUE_TEXT:
    case VALUE_JSON:
        /* No copy: db.h asks for texts that last. */
        return sqlite3_bind_text(handle, at, value->text, -1, SQLITE_STATIC);
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_LOCAL:
        return sqlite3_bind_int64(handle, at, value->integer);
    case VALUE_BOOL:
        return sqlite3_bind_int64(handle, at, value->integer != 0);
    }
    return SQLITE_MISUSE;
}

static bool bind_all(SqliteDb *db, const Prepared *prepared, Params params, Error *err)
{
    for (int i = 0; i < prepared->parameter_count; i++) {
        size_t number = prepared->numbers[i];
        assert(number <= params.count && "the statement has more parameters than were given");
        if (bind_value(prepared->handle, i + 1, &params.values[number - 1]) != SQLITE_OK)
            return sqlite_fail(db, prepared->sql->name, err);
    }
    return true;
}

bool sqlite_prepare(Db *base, const Sql *sql, Error *err)
{
    Prepared *prepared = take(sqlite_of(base), sql, err);

    if (prepared == NULL)
        return false;
    give_back(prepared);
    return true;
}

/* Binds and takes the first step; the result is SQLITE_ROW or SQLITE_DONE. */
static bool start(SqliteDb *db, const Sql *sql, Params params, Prepared **ret_prepared,
                  int *ret_result, Error *err)
{
    Prepared *prepared = take(db, sql, err);

    if (prepared == NULL)
        return false;
    sqlite_start_clock(db);
    if (bind_all(db, prepared, params, err)) {
        *ret_result = sqlite3_step(prepared->handle);
        if (*ret_result == SQLITE_ROW || *ret_result == SQLITE_DONE) {
            *ret_prepared = prepared;
            return true;
        }
        sqlite_fail(db, sql->name, err);
    }
    give_back(prepared);
    return false;
}

static bool query(SqliteDb *db, const Ask *one, Error *err)
{
    Prepared *prepared;
    int result;

    if (!start(db, one->sql, one->params, &prepared, &result, err))
        return false;
    if (result == SQLITE_DONE) {
        give_back(prepared); /* at once: it would hold the snapshot */
    } else {
        one->rows->statement = prepared;
        one->rows->columns = &prepared->columns;
    }
    return true;
}

bool sqlite_query(Db *base, const Ask *first, Error *err)
{
    for (const Ask *one = first; one != NULL; one = one->next) {
        if (!query(sqlite_of(base), one, err))
            return false;
    }
    return true;
}

bool sqlite_execute(Db *base, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    SqliteDb *db = sqlite_of(base);
    Prepared *prepared;
    int result;

    if (!start(db, sql, params, &prepared, &result, err))
        return false;
    while (result == SQLITE_ROW)
        result = sqlite3_step(prepared->handle);
    if (result != SQLITE_DONE)
        sqlite_fail(db, sql->name, err);
    else if (!sqlite3_stmt_readonly(prepared->handle))
        *ret_changed = sqlite3_changes64(db->handle);
    give_back(prepared);
    return result == SQLITE_DONE;
}

bool sqlite_next(Rows *rows)
{
    Prepared *prepared = prepared_of(rows);

    /* The first row is there since sqlite_query. */
    int result = rows->row < 0 ? SQLITE_ROW : sqlite3_step(prepared->handle);
    if (result == SQLITE_ROW) {
        rows->row++;
        return true;
    }
    if (result != SQLITE_DONE) {
        rows->failed = true;
        sqlite_fail(sqlite_of(rows->db), prepared->sql->name, &rows->error);
    }
    give_back(prepared);
    rows->statement = NULL;
    return false;
}

void sqlite_close_rows(Rows *rows)
{
    give_back(prepared_of(rows));
    /* Outside a transaction a statement whose rows are not read to their end commits here, and
     * SQLite does not call the hook. */
    if (rows->db->mode == DB_WRITE && !rows->db->in_transaction)
        sqlite_count_commit();
}

int sqlite_column_count(const Rows *rows)
{
    return sqlite3_column_count(prepared_of(rows)->handle);
}

const char *sqlite_column_name(const Rows *rows, int column)
{
    return sqlite3_column_name(prepared_of(rows)->handle, column);
}

/* The connection is opened for one thread (SQLITE_OPEN_NOMUTEX, "multi-thread" mode), where a
 * column's value may be looked at as any other (sqlite.org/c3ref/value.html): one call finds it,
 * where each sqlite3_column_… would find it, and lock and unlock nothing, anew. */
static sqlite3_value *value_at(const Rows *rows, int column)
{
    return sqlite3_column_value(prepared_of(rows)->handle, column);
}

bool sqlite_is_null(const Rows *rows, int column)
{
    return sqlite3_value_type(value_at(rows, column)) == SQLITE_NULL;
}

bool sqlite_is_integer(const Rows *rows, int column)
{
    return sqlite3_value_type(value_at(rows, column)) == SQLITE_INTEGER;
}

int64_t sqlite_read_integer(const Rows *rows, int column)
{
    sqlite3_value *value = value_at(rows, column);
    int type = sqlite3_value_type(value);

    assert(type == SQLITE_INTEGER || type == SQLITE_NULL);
    return type == SQLITE_NULL ? INT64_MIN : sqlite3_value_int64(value);
}

bool sqlite_read_boolean(const Rows *rows, int column)
{
    return sqlite_read_integer(rows, column) > 0; /* null is INT64_MIN */
}

const char *sqlite_read_text(const Rows *rows, int column, Arena *arena)
{
    sqlite3_value *value = value_at(rows, column);
    int type = sqlite3_value_type(value);

    assert(type == SQLITE_TEXT || type == SQLITE_NULL);
    if (type == SQLITE_NULL)
        return NULL;
    const char *text = (const char *)sqlite3_value_text(value);
    assert(text != NULL); /* only without memory */
    return arena_strndup(arena, text, (size_t)sqlite3_value_bytes(value));
}
