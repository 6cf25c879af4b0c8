#include "store/tables.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "store/rows.h"

enum { ROWS_AT_ONCE = 64 }; /* of the largest, half a MiB each: 32 MiB */

#define CARRIED(name_, ...)                                                                        \
    {                                                                                              \
        .name = (name_), .key = { __VA_ARGS__ }                                                    \
    }
#define LEFT_OUT(name_, key_, why_)                                                                \
    {                                                                                              \
        .name = (name_), .key = { (key_) }, .left_out = (why_)                                     \
    }

const Table tables[] = {
    CARRIED("roles", "id"),
    CARRIED("users", "id"),
    CARRIED("events", "id"),
    CARRIED("search_texts", "event_id"),
    CARRIED("event_permissions", "id"),
    CARRIED("event_versions", "id"),
    CARRIED("changelog", "id"),
    CARRIED("event_counts", "user_id", "shard"),
    CARRIED("blocks", "user_id", "blocked_id"),
    CARRIED("known_networks", "user_id", "network"),
    CARRIED("departures", "user_id"),
    CARRIED("removals", "event_id"),
    CARRIED("erasures", "user_id"),
    CARRIED("audit", "id"),
    LEFT_OUT("sessions", "id", "everybody signs in again"),
    LEFT_OUT("idempotency_keys", "id", "they are forgotten after a day"),
    LEFT_OUT("login_attempts", "key", "they are forgotten after an hour or a day"),
    LEFT_OUT("schema_version", "version", "the head of a backup says it"),
};

const size_t table_count = sizeof(tables) / sizeof(tables[0]);

const Table *tables_find(const char *name)
{
    for (size_t i = 0; i < table_count; i++) {
        if (text_equal(tables[i].name, name))
            return &tables[i];
    }
    return NULL;
}

static const Sql *make_statement(Arena *arena, const char *name, const char *text)
{
    Sql *sql = ARENA_NEW(arena, Sql);

    *sql = (Sql){ .name = name, .text = text };
    return sql;
}

/* -- Columns ---------------------------------------------------------------------------------- */

SQL_DIALECTS(select_columns, .sqlite = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
             .postgres = "SELECT a.attname AS name, t.typname AS type FROM pg_attribute a"
                         " JOIN pg_type t ON t.oid = a.atttypid"
                         " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0"
                         " AND NOT a.attisdropped ORDER BY a.attnum");

/* What the databases call them. SQLite keeps moments and truth as numbers, JSON as a text. */
static const struct {
    const char *type;
    ValueKind kind;
} kinds[] = {
    { "INTEGER", VALUE_INT },      { "TEXT", VALUE_TEXT },       { "int8", VALUE_INT },
    { "int4", VALUE_INT },         { "int2", VALUE_INT },        { "bool", VALUE_BOOL },
    { "timestamptz", VALUE_TIME }, { "varchar", VALUE_TEXT },    { "text", VALUE_TEXT },
    { "jsonb", VALUE_JSON },       { "timestamp", VALUE_LOCAL },
};

static bool kind_of(const char *type, ValueKind *ret_kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (text_equal(kinds[i].type, type)) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

bool tables_columns(Db *db, Arena *arena, const char *table, Columns *ret_columns, Error *err)
{
    enum { MOST = 64 }; /* as many parameters as a statement may have */
    Column *items = ARENA_ARRAY(arena, Column, MOST);
    size_t count = 0;
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, &select_columns, PARAMS(TXT(table)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        const char *type = rows_text(&rows, "type", arena);
        if (count == MOST || !kind_of(type, &items[count].kind))
            return error_set(err, ERROR_INTERNAL, "The table %s has a column of the type %s.",
                             table, type);
        items[count++].name = rows_text(&rows, "name", arena);
    }
    *ret_columns = (Columns){ items, count };
    return rows_finish(&rows, err);
}

static void add_names(Buffer *out, const Columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(out, "%s\"%s\"", i > 0 ? ", " : "", columns->items[i].name);
}

/* -- Reading ---------------------------------------------------------------------------------- */

typedef struct Reading {
    Db *db;
    const Columns *columns;
    RowTaker taker;
    size_t key_count;
    size_t key_places[2];
    Value last[2]; /* the key of the last row */
    Value *row;
    Arena *arena;
} Reading;

static void find_key(Reading *reading, const Table *table)
{
    for (; reading->key_count < 2 && table->key[reading->key_count] != NULL; reading->key_count++) {
        for (size_t i = 0; i < reading->columns->count; i++) {
            if (text_equal(reading->columns->items[i].name, table->key[reading->key_count]))
                reading->key_places[reading->key_count] = i;
        }
    }
}

/* The first rows, or those behind the key $1, $2. */
static const Sql *make_select(Arena *arena, const Table *table, const Columns *columns,
                              bool is_first)
{
    Buffer out = buffer_start(arena);
    const char *second = table->key[1];
    const char *key =
        second != NULL ? arena_printf(arena, "%s, %s", table->key[0], second) : table->key[0];

    buffer_add(&out, "SELECT ");
    add_names(&out, columns);
    buffer_printf(&out, " FROM %s", table->name);
    if (!is_first)
        buffer_printf(&out, " WHERE (%s) > (%s)", key, second != NULL ? "$1, $2" : "$1");
    buffer_printf(&out, " ORDER BY %s LIMIT %d", key, ROWS_AT_ONCE);
    return make_statement(arena, table->name, out.data);
}

static Value read_value(Rows *rows, int place, ValueKind kind, Arena *texts)
{
    switch (kind) {
    case VALUE_INT:
    case VALUE_BOOL:
        return value_of_integer(kind, rows_int_at(rows, place));
    case VALUE_TIME:
    case VALUE_LOCAL:
        return value_of_integer(kind, rows_time_at(rows, place));
    case VALUE_TEXT:
    case VALUE_JSON:
        break;
    }
    return value_of_text(kind, rows_text_at(rows, place, texts));
}

static void keep_key(Reading *reading)
{
    for (size_t i = 0; i < reading->key_count; i++) {
        Value value = reading->row[reading->key_places[i]];
        if (value.kind == VALUE_TEXT)
            value.text = arena_strdup(reading->arena, value.text);
        reading->last[i] = value;
    }
}

static bool read_page(Reading *reading, const Sql *sql, Params key, size_t *ret_count, Error *err)
{
    Arena AUTO(arena_finish) texts = { 0 };
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(reading->db, sql, key, &rows, err))
        return false;
    for (; rows_next(&rows); ++*ret_count) {
        for (size_t i = 0; i < reading->columns->count; i++)
            reading->row[i] = read_value(&rows, (int)i, reading->columns->items[i].kind, &texts);
        if (!reading->taker.take(reading->taker.context, reading->row, err))
            return false;
    }
    if (*ret_count > 0)
        keep_key(reading);
    return rows_finish(&rows, err);
}

bool tables_read(Db *db, Arena *arena, const Table *table, const Columns *columns, RowTaker taker,
                 Error *err)
{
    Reading reading = { .db = db, .columns = columns, .taker = taker, .arena = arena };
    const Sql *next = make_select(arena, table, columns, false);
    size_t count = 0;

    reading.row = ARENA_ARRAY(arena, Value, columns->count);
    find_key(&reading, table);
    if (!read_page(&reading, make_select(arena, table, columns, true), NO_PARAMS, &count, err))
        return false;
    while (count == ROWS_AT_ONCE) {
        if (!read_page(&reading, next, (Params){ reading.last, reading.key_count }, &count, err))
            return false;
    }
    return true;
}

/* -- Ids -------------------------------------------------------------------------------------- */

#define SEQUENCE "to_regclass(pg_get_serial_sequence($1, 'id'))"

SQL_DIALECTS(select_last_id, .sqlite = "SELECT seq AS n FROM sqlite_sequence WHERE name = $1",
             .postgres = "SELECT coalesce(pg_sequence_last_value(" SEQUENCE "), 0) AS n");

SQL_DIALECTS(forget_last_id, .sqlite = "DELETE FROM sqlite_sequence WHERE name = $1",
             .postgres = "SELECT 1 WHERE $1 = ''");

SQL_DIALECTS(set_last_id, .sqlite = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)",
             .postgres = "SELECT setval(" SEQUENCE ", $2)");

static bool has_ids(const Table *table)
{
    return text_equal(table->key[0], "id");
}

bool tables_last_id(Db *db, const Table *table, int64_t *ret_id, Error *err)
{
    *ret_id = 0;
    return !has_ids(table) ||
           rows_number(db, &select_last_id, PARAMS(TXT(table->name)), ret_id, err);
}

bool tables_set_last_id(Db *db, const Table *table, int64_t id, Error *err)
{
    return !has_ids(table) || id <= 0 ||
           (db_execute(db, &forget_last_id, PARAMS(TXT(table->name)), NULL, err) &&
            db_execute(db, &set_last_id, PARAMS(TXT(table->name), INT(id)), NULL, err));
}

/* -- Filling ---------------------------------------------------------------------------------- */

bool tables_hold_anything(Db *db, Arena *arena, bool *ret_any, Error *err)
{
    *ret_any = false;
    for (size_t i = 0; i < table_count && !*ret_any; i++) {
        const Table *table = &tables[i];
        Columns columns = { 0 };
        int64_t rows = 0;
        if (table->left_out != NULL || text_equal(table->name, "roles"))
            continue;
        if (!tables_columns(db, arena, table->name, &columns, err))
            return false;
        const char *text = arena_printf(
            arena, "SELECT count(*) AS n FROM (SELECT 1 FROM %s LIMIT 1) one", table->name);
        if (columns.count > 0 &&
            !rows_number(db, make_statement(arena, table->name, text), NO_PARAMS, &rows, err))
            return false;
        *ret_any = rows > 0;
    }
    return true;
}

/* With a journal instead of the log new pages are written once, and not found through a log of
 * gigabytes. Rows come in the order of their ids, but into UNIQUE at any place: so it has some more
 * pages at hand. What sorts for an index takes as much as they do, and needs them no more. */
static const char start_sqlite[] =
    "PRAGMA mmap_size = 0; PRAGMA temp_store = FILE; PRAGMA cache_size = -28672;"
    "PRAGMA foreign_keys = OFF; PRAGMA journal_mode = DELETE;";
static const char sort_sqlite[] = "PRAGMA cache_size = -8192";
static const char end_sqlite[] = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;";

SQL_DIALECTS(hold_alone, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_lock(" WRITERS_LOCK ")");

bool tables_hold_alone(Db *db, Error *err)
{
    if (db_kind(db) == DB_SQLITE)
        return true;
    /* Who was stopped just now may not be gone yet. */
    if (!db_set_statement_timeout(db, 0, err) ||
        !db_execute_script(db, "SET lock_timeout = '2s'", err))
        return false;
    if (db_execute(db, &hold_alone, NO_PARAMS, NULL, err))
        return db_execute_script(db, "RESET lock_timeout", err);
    return err->code == ERROR_RETRY &&
           error_set(err, ERROR_RETRY,
                     "Another fasti process is connected to this database; stop it first.");
}

bool tables_start_filling(Db *db, Error *err)
{
    return db_set_statement_timeout(db, 0, err) &&
           (db_kind(db) != DB_SQLITE || db_execute_script(db, start_sqlite, err));
}

bool tables_end_filling(Db *db, Error *err)
{
    return db_kind(db) != DB_SQLITE || db_execute_script(db, end_sqlite, err);
}

bool tables_drop(Db *db, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Buffer script = buffer_start(&scratch);

    for (size_t i = 0; i < table_count; i++)
        buffer_printf(&script, "DROP TABLE IF EXISTS %s%s;", tables[i].name,
                      db_kind(db) == DB_POSTGRES ? " CASCADE" : "");
    return db_execute_script(db, script.data, err);
}

bool tables_empty(Db *db, Arena *arena, const Table *table, Error *err)
{
    const char *text = arena_printf(arena, "DELETE FROM %s", table->name);

    return db_execute(db, make_statement(arena, table->name, text), NO_PARAMS, NULL, err);
}

const Sql *tables_insert(Arena *arena, const Table *table, const Columns *columns)
{
    Buffer out = buffer_start(arena);

    buffer_printf(&out, "INSERT INTO %s (", table->name);
    add_names(&out, columns);
    buffer_add(&out, ") VALUES (");
    for (size_t i = 0; i < columns->count; i++)
        buffer_printf(&out, "%s$%zu", i > 0 ? ", " : "", i + 1);
    buffer_add(&out, ")");
    return make_statement(arena, table->name, out.data);
}

/* $1: the names of our tables, each between commas: somebody else's may lie beside them. */
SQL_DIALECTS(
    select_aside,
    .sqlite = "SELECT 'DROP INDEX ' || name AS take, sql AS put FROM sqlite_master"
              " WHERE type = 'index' AND sql IS NOT NULL AND instr($1, ',' || tbl_name || ',') > 0",
    .postgres =
        "SELECT take, put FROM ("
        "SELECT 1 AS turn, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)"
        " AS take, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,"
        " pg_get_constraintdef(oid)) AS put, conrelid AS owner FROM pg_constraint"
        " WHERE contype = 'f' UNION ALL"
        " SELECT 2, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid),"
        " indrelid FROM pg_index i WHERE NOT EXISTS"
        " (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)) aside"
        " WHERE strpos($1, ',' || owner::regclass::text || ',') > 0 ORDER BY turn");

SQL_DIALECTS(count_lost, .sqlite = "SELECT count(*) AS n FROM pragma_foreign_key_check",
             .postgres = "SELECT CAST(0 AS BIGINT) AS n"); /* putting references back has looked */

typedef struct Aside {
    const char *take;
    const char *put;
} Aside;

static bool select_scripts(Db *db, Arena *arena, List *ret_scripts, Error *err)
{
    enum { MOST = 128 };
    Aside *items = ARENA_ARRAY(arena, Aside, MOST);
    Buffer names = buffer_start(arena);
    Rows AUTO(rows_close) rows = { 0 };

    buffer_add(&names, ",");
    for (size_t i = 0; i < table_count; i++)
        buffer_printf(&names, "%s,", tables[i].name);
    *ret_scripts = (List){ .items = items };
    if (!db_query(db, &select_aside, PARAMS(TXT(names.data)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (ret_scripts->count == MOST)
            return error_set(err, ERROR_INTERNAL, "The schema has more than %d indexes.", MOST);
        items[ret_scripts->count++] = (Aside){ .take = rows_text(&rows, "take", arena),
                                               .put = rows_text(&rows, "put", arena) };
    }
    return rows_finish(&rows, err);
}

bool tables_set_aside(Db *db, Arena *arena, List *ret_scripts, Error *err)
{
    if (!select_scripts(db, arena, ret_scripts, err))
        return false;
    const Aside *items = ret_scripts->items;
    for (size_t i = 0; i < ret_scripts->count; i++) {
        if (!db_execute_script(db, items[i].take, err))
            return false;
    }
    return true;
}

/* The other way round: references last. */
bool tables_put_back(Db *db, const List *scripts, Error *err)
{
    const Aside *items = scripts->items;
    int64_t lost = 0;

    if (db_kind(db) == DB_SQLITE && !db_execute_script(db, sort_sqlite, err))
        return false;
    for (size_t i = scripts->count; i-- > 0;) {
        if (!db_execute_script(db, items[i].put, err))
            return false;
    }
    if (!rows_number(db, &count_lost, NO_PARAMS, &lost, err))
        return false;
    return lost == 0 ||
           error_set(err, ERROR_REFERENCED, "%lld rows refer to something that is not there.",
                     (long long)lost);
}
