/* The PostgreSQL driver: statements and rows. postgres_pipeline.c sends and receives them. */
#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/driver/postgres.h"
#include "store/driver/postgres_types.h"

/* -- Statements ------------------------------------------------------------------------------- */

bool postgres_query(Db *base, const Ask *first, Error *err)
{
    return postgres_run(postgres_of(base), first, err);
}

bool postgres_execute(Db *base, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    Rows AUTO(rows_close) rows = { .db = base };

    if (!postgres_run(postgres_of(base), &(Ask){ .sql = sql, .params = params, .rows = &rows },
                      err))
        return false;
    *ret_changed = strtoll(PQcmdTuples(rows.statement), NULL, 10);
    return true;
}

bool postgres_execute_later(Db *base, const Sql *sql, Params params, Error *err)
{
    PostgresDb *db = postgres_of(base);
    int64_t changed;

    /* The first of a transaction may have to be repeated: see postgres_pipeline.c. */
    if (db->owes_begin)
        return postgres_execute(base, sql, params, &changed, err);
    return postgres_send(db, sql, params, NULL, err);
}

bool postgres_flush(Db *base, Error *err)
{
    return postgres_collect(postgres_of(base), err);
}

static bool is_readable(Oid type)
{
    static const Oid readable[] = {
        OID_BOOL,        OID_NAME, OID_INT8,  OID_INT2,   OID_INT4,
        OID_TEXT,        OID_OID,  OID_JSON,  OID_BPCHAR, OID_VARCHAR,
        OID_TIMESTAMPTZ, OID_VOID, OID_JSONB, OID_XID8,   OID_TIMESTAMP,
    };

    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        if (type == readable[i])
            return true;
    }
    return false;
}

/* The highest n of the $n in a text. */
static int count_parameters(const char *text)
{
    long highest = 0;

    for (const char *at = strchr(text, '$'); at != NULL; at = strchr(at + 1, '$')) {
        long number = strtol(at + 1, NULL, 10);
        if (number > highest)
            highest = number;
    }
    assert(highest <= DRIVER_PARAMETERS);
    return (int)highest;
}

/* The server takes a parameter's type from where it is used, but gives up at "$1 IS NULL"; so
 * there a text stands in for it. */
static const char *without_null_tests(Arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *at = strchr(copy, '$'); at != NULL; at = strchr(at + 1, '$')) {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits > 0 && text_starts_with(at + 1 + digits, " IS N")) {
            memset(at, ' ', 1 + digits);
            at[0] = at[1] = '\'';
        }
    }
    return copy;
}

/* Prepares the nameless statement, the types of the parameters left to the server. One that is not
 * used it names (42P18), and gets text. */
static PGresult *prepare_nameless(PostgresDb *db, const Sql *sql)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    const char *whole = sql_text(sql, DB_POSTGRES, &scratch);
    const char *text = without_null_tests(&scratch, whole);
    int count = count_parameters(whole);
    Oid oids[DRIVER_PARAMETERS] = { 0 };
    PGresult *result = NULL;

    for (int tries = 0; tries <= count; tries++) {
        PQclear(result);
        result = PQprepare(db->connection, "", text, count, oids);
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        const char *dollar = message != NULL ? strchr(message, '$') : NULL;
        if (state == NULL || strcmp(state, "42P18") != 0 || dollar == NULL)
            return result;
        long number = strtol(dollar + 1, NULL, 10);
        if (number < 1 || number > count)
            return result;
        oids[number - 1] = OID_TEXT;
    }
    return result;
}

bool postgres_prepare(Db *base, const Sql *sql, Error *err)
{
    PostgresDb *db = postgres_of(base);

    if (!postgres_run(db, NULL, err))
        return false;
    if (!postgres_finish(db, sql->name, prepare_nameless(db, sql), err))
        return false;
    PGresult *result = PQdescribePrepared(db->connection, "");
    for (int i = 0; i < PQnfields(result); i++) {
        if (!is_readable(PQftype(result, i))) {
            char message[128];
            snprintf(message, sizeof(message), "column %s has type %u, which rows_… cannot read",
                     PQfname(result, i), PQftype(result, i));
            PQclear(result);
            return db_fail(base, ERROR_INTERNAL, sql->name, message, err);
        }
    }
    return postgres_finish(db, sql->name, result, err);
}

/* -- Rows ------------------------------------------------------------------------------------- */

static const PGresult *result_of(const Rows *rows)
{
    return rows->statement;
}

bool postgres_next(Rows *rows)
{
    if (rows->row + 1 < PQntuples(result_of(rows))) {
        rows->row++;
        return true;
    }
    postgres_close_rows(rows);
    rows->statement = NULL;
    return false;
}

void postgres_close_rows(Rows *rows)
{
    memory_count(-(ptrdiff_t)PQresultMemorySize(rows->statement));
    PQclear(rows->statement);
}

int postgres_column_count(const Rows *rows)
{
    return PQnfields(result_of(rows));
}

const char *postgres_column_name(const Rows *rows, int column)
{
    return PQfname(result_of(rows), column);
}

bool postgres_is_null(const Rows *rows, int column)
{
    return PQgetisnull(result_of(rows), rows->row, column) != 0;
}

bool postgres_is_integer(const Rows *rows, int column)
{
    Oid type = PQftype(result_of(rows), column);

    return type == OID_INT8 || type == OID_INT4 || type == OID_INT2;
}

/* A big-endian number of 1, 2, 4 or 8 bytes with its sign. False: null, which has no bytes, as no
 * number has; to ask libpq for null itself would cost as much as the number. */
static bool read_number(const Rows *rows, int column, int64_t *ret_value)
{
    const unsigned char *bytes =
        (const unsigned char *)PQgetvalue(result_of(rows), rows->row, column);
    int length = PQgetlength(result_of(rows), rows->row, column);
    uint64_t value = 0;

    if (length == 8) { /* as most have */
        memcpy(&value, bytes, sizeof(value));
        *ret_value = (int64_t)be64toh(value);
        return true;
    }
    if (length == 0)
        return false;
    assert(length > 0 && length < 8);
    for (int i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    unsigned unused_bits = 64 - 8 * (unsigned)length;
    *ret_value = (int64_t)(value << unused_bits) >> unused_bits;
    return true;
}

int64_t postgres_read_integer(const Rows *rows, int column)
{
    Oid type = PQftype(result_of(rows), column);
    int64_t value;

    assert(type == OID_INT8 || type == OID_INT4 || type == OID_INT2 || type == OID_BOOL ||
           type == OID_XID8 || type == OID_OID);
    if (!read_number(rows, column, &value))
        return INT64_MIN;
    return type == OID_OID ? (int64_t)(uint32_t)value : value;
}

bool postgres_read_boolean(const Rows *rows, int column)
{
    return postgres_read_integer(rows, column) > 0; /* null is INT64_MIN */
}

int64_t postgres_read_time(const Rows *rows, int column)
{
    int64_t since_2000;

    assert(PQftype(result_of(rows), column) == OID_TIMESTAMPTZ ||
           PQftype(result_of(rows), column) == OID_TIMESTAMP);
    if (!read_number(rows, column, &since_2000))
        return INT64_MIN;
    if (since_2000 == INT64_MIN) /* -infinity, which must not look like null */
        return INT64_MIN + 1;
    if (since_2000 > INT64_MAX - POSTGRES_EPOCH_US) /* infinity */
        return INT64_MAX;
    return since_2000 + POSTGRES_EPOCH_US;
}

const char *postgres_read_text(const Rows *rows, int column, Arena *arena)
{
    const char *bytes = PQgetvalue(result_of(rows), rows->row, column);
    size_t length = (size_t)PQgetlength(result_of(rows), rows->row, column);

    if (length == 0 && postgres_is_null(rows, column))
        return NULL;
    switch (PQftype(result_of(rows), column)) {
    case OID_JSONB:
        assert(length > 0 && bytes[0] == JSONB_VERSION);
        return arena_strndup(arena, bytes + 1, length - 1);
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_JSON:
    case OID_UNKNOWN:
        return arena_strndup(arena, bytes, length);
    default:
        assert(false && "a column of another type than text or JSON");
        return NULL;
    }
}
