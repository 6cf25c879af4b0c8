/* Statement - one query text over two databases, and the values of its parameters.
 *
 *   SQL(select_user, "SELECT id, username FROM users WHERE id = $1");
 *   … PARAMS(INT(id)) …
 *
 * A statement is a constant: its address names the prepared statement that each connection keeps.
 * Parameters are $1…$n. Statements name their columns (no SELECT *). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef enum DbKind { DB_SQLITE, DB_POSTGRES } DbKind;
typedef enum DbMode { DB_READ, DB_WRITE } DbMode; /* of a connection */

/* One query text; where the dialects truly differ, one for each. */
typedef struct Sql {
    const char *text;
    const char *sqlite;
    const char *postgres;
    const struct Schema *table; /* whose columns stand in braces in the text: columns.h */
    const char *name;           /* of the C constant, for logs and tests */
} Sql;

/* PostgreSQL's advisory locks are numbers of the whole database. One of this schema's own: what
 * another Fasti in another schema locks has another table, and so other numbers. Where two meet
 * all the same, one waits. */
#define LOCK_NUMBER(table, number) number " # CAST(CAST('" table "' AS regclass) AS oid)::bigint"

/* Of a number that somebody names, whichever, beneath two letters that no other lock of ours has.
 */
#define LOCK_KEY(letters, id)                                                                      \
    ((int64_t)(UINT64_C(letters) << 48 | ((uint64_t)(id)&UINT64_C(0xFFFFFFFFFFFF))))

/* Whoever may write to this schema holds it beside the others, as long as it is connected; who puts
 * another database in its place holds it alone. */
#define WRITERS_LOCK "1717662581, hashtext(current_schema())"

/* Declares a statement and enters it into the section that sql_each walks, so that a test can
 * prepare every one on both databases. */
#define SQL(name_, ...)          SQL_DECLARE_(name_, .text = __VA_ARGS__)
#define SQL_DIALECTS(name_, ...) SQL_DECLARE_(name_, __VA_ARGS__)
#define SQL_DECLARE_(name_, ...)                                                                   \
    static const Sql name_ = { .name = #name_, __VA_ARGS__ };                                      \
    static const Sql *const name_##_entry SQL_ENTRY_ = &name_

/* `used` keeps the entry from the compiler, `retain` from a linker that collects sections. */
#if __has_attribute(retain)
#define SQL_ENTRY_ __attribute__((section("fasti_sql"), used, retain))
#else
#define SQL_ENTRY_ __attribute__((section("fasti_sql"), used))
#endif

/* Has it a text for this database? Some are one database's alone. */
bool sql_is_for(const Sql *sql, DbKind kind);

/* The text for one database, in the arena when it had to be made. */
const char *sql_text(const Sql *sql, DbKind kind, Arena *arena);

void sql_each(void (*visit)(const Sql *sql, void *context), void *context);

/* -- Parameters ------------------------------------------------------------------------------- */

typedef enum ValueKind {
    VALUE_INT,
    VALUE_TEXT,
    VALUE_BOOL,
    VALUE_TIME,
    VALUE_JSON,
    VALUE_LOCAL
} ValueKind;

typedef struct Value {
    ValueKind kind;
    bool is_null;
    union {
        int64_t integer;  /* INT, TIME (µs UTC), LOCAL (µs of a wall clock), BOOL */
        const char *text; /* TEXT, JSON */
    };
} Value;

/* INT64_MIN and NULL bind SQL null. */
static inline Value value_of_integer(ValueKind kind, int64_t integer)
{
    return (Value){ .kind = kind, .is_null = integer == INT64_MIN, .integer = integer };
}
static inline Value value_of_text(ValueKind kind, const char *text)
{
    return (Value){ .kind = kind, .is_null = text == NULL, .text = text };
}

#define INT(x)   value_of_integer(VALUE_INT, (x))
#define TIME(x)  value_of_integer(VALUE_TIME, (x))
#define LOCAL(x) value_of_integer(VALUE_LOCAL, (x))
#define BOOL(x)  value_of_integer(VALUE_BOOL, (x))
#define TXT(x)   value_of_text(VALUE_TEXT, (x))
#define JSONB(x) value_of_text(VALUE_JSON, (x))

typedef struct Params {
    const Value *values;
    size_t count;
} Params;

#define PARAMS(...)                                                                                \
    ((Params){ (const Value[]){ __VA_ARGS__ },                                                     \
               sizeof((const Value[]){ __VA_ARGS__ }) / sizeof(Value) })
#define NO_PARAMS ((Params){ NULL, 0 })
