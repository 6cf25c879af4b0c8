/* The PostgreSQL driver: statements and rows.
 *
 * How it works: a statement is prepared once per connection, with its parameters' types from their
 * kinds, and then executed by name. Parameters and results are binary: PostgreSQL 15, "Frontend/
 * Backend Protocol", and the send and receive functions of each type. Numbers are big-endian. */
#include "store/driver/postgres.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* pg_type.dat of PostgreSQL; these numbers never change. */
enum {
    OID_BOOL = 16,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIMESTAMPTZ = 1184,
    OID_VOID = 2278,
    OID_JSONB = 3802,
    OID_XID8 = 5069,
};

/* 2000-01-01T00:00:00Z, where PostgreSQL counts from, in microseconds since 1970. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)
#define JSONB_VERSION     '\x01' /* the byte before the text: jsonb_recv */

typedef struct Prepared {
    char name[16];
    unsigned generation; /* of the connection that has it; 0: none */
    size_t parameter_count;
    ValueKind kinds[DRIVER_PARAMETERS];
} Prepared;

/* -- Parameters ------------------------------------------------------------------------------- */

typedef struct Bound {
    const char *values[DRIVER_PARAMETERS];
    int lengths[DRIVER_PARAMETERS];
    int formats[DRIVER_PARAMETERS];
    char numbers[DRIVER_PARAMETERS][sizeof(int64_t)];
} Bound;

static Oid oid_of(ValueKind kind)
{
    switch (kind) {
    case VALUE_INT:
        return OID_INT8;
    case VALUE_TEXT:
        return OID_TEXT;
    case VALUE_BOOL:
        return OID_BOOL;
    case VALUE_TIME:
        return OID_TIMESTAMPTZ;
    case VALUE_JSON:
        return OID_JSONB;
    }
    return OID_UNKNOWN;
}

static void bind_number(Bound *bound, size_t at, int64_t number)
{
    uint64_t wire = htobe64((uint64_t)number);

    memcpy(bound->numbers[at], &wire, sizeof(wire));
    bound->values[at] = bound->numbers[at];
    bound->lengths[at] = sizeof(wire);
}

static void bind_value(Bound *bound, size_t at, const Value *value, Arena *scratch)
{
    bound->formats[at] = 1;
    if (value->is_null)
        return; /* a value of NULL is null */
    switch (value->kind) {
    case VALUE_INT:
        bind_number(bound, at, value->integer);
        return;
    case VALUE_TIME:
        bind_number(bound, at, value->integer - POSTGRES_EPOCH_US);
        return;
    case VALUE_BOOL:
        bound->numbers[at][0] = value->integer != 0;
        bound->values[at] = bound->numbers[at];
        bound->lengths[at] = 1;
        return;
    case VALUE_TEXT:
        bound->values[at] = value->text;
        bound->lengths[at] = (int)strlen(value->text);
        return;
    case VALUE_JSON:
        bound->values[at] = arena_printf(scratch, "%c%s", JSONB_VERSION, value->text);
        bound->lengths[at] = (int)strlen(value->text) + 1;
        return;
    }
}

/* -- Statements ------------------------------------------------------------------------------- */

static Prepared *find_prepared(PostgresDb *db, const Sql *sql, Params params)
{
    Prepared *prepared = statement_cache_find(&db->base.statements, sql);

    if (prepared == NULL) {
        prepared = ARENA_NEW(&db->base.arena, Prepared);
        prepared->parameter_count = params.count;
        for (size_t i = 0; i < params.count; i++)
            prepared->kinds[i] = params.values[i].kind;
        statement_cache_add(&db->base.statements, &db->base.arena, sql, prepared);
    }
    assert(prepared->parameter_count == params.count);
    for (size_t i = 0; i < params.count; i++)
        assert(prepared->kinds[i] == params.values[i].kind && "one statement, one set of kinds");
    return prepared;
}

static bool ensure_prepared(PostgresDb *db, const Sql *sql, Prepared *prepared, Error *err)
{
    Oid oids[DRIVER_PARAMETERS];

    if (prepared->generation == db->generation)
        return true;
    for (size_t i = 0; i < prepared->parameter_count; i++)
        oids[i] = oid_of(prepared->kinds[i]);
    snprintf(prepared->name, sizeof(prepared->name), "f%u", ++db->statement_serial);
    PGresult *result = PQprepare(db->connection, prepared->name, sql_text(sql, DB_POSTGRES),
                                 (int)prepared->parameter_count, oids);
    if (!postgres_finish(db, sql->name, result, err))
        return false;
    prepared->generation = db->generation;
    return true;
}

/* The server lost the statement (26000: something between us and it shares sessions) or its
 * columns changed (0A000: another node migrated). Prepared anew it works. */
static bool is_outdated(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state != NULL && (strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0);
}

static PGresult *run_once(PostgresDb *db, const Sql *sql, Params params, Error *err)
{
    if (!db->base.in_transaction && !postgres_reopen(db, err))
        return NULL;
    Prepared *prepared = find_prepared(db, sql, params);
    if (!ensure_prepared(db, sql, prepared, err))
        return NULL;

    Arena AUTO(arena_finish) scratch = { 0 };
    Bound bound = { 0 };
    for (size_t i = 0; i < params.count; i++)
        bind_value(&bound, i, &params.values[i], &scratch);
    PGresult *result =
        PQexecPrepared(db->connection, prepared->name, (int)params.count, bound.values,
                       bound.lengths, bound.formats, /* resultFormat: binary */ 1);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    if (is_outdated(result))
        prepared->generation = 0;
    postgres_fail(db, sql->name, result, err);
    return NULL;
}

/* Outside a transaction a reader's statement is tried twice: it changes nothing, and the first try
 * may only find out that the connection was lost. A writer's may have happened. */
static PGresult *run(PostgresDb *db, const Sql *sql, Params params, Error *err)
{
    PGresult *result = run_once(db, sql, params, err);

    if (result != NULL || db->base.in_transaction || db->base.mode != DB_READ)
        return result;
    if (postgres_is_alive(db) && err->code != ERROR_RETRY)
        return NULL;
    error_clear(err);
    return run_once(db, sql, params, err);
}

bool postgres_query(Db *base, const Sql *sql, Params params, Rows *rows, Error *err)
{
    PGresult *result = run(postgres_of(base), sql, params, err);

    if (result == NULL)
        return false;
    rows->statement = result;
    return true;
}

bool postgres_execute(Db *base, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    PGresult *result = run(postgres_of(base), sql, params, err);

    if (result == NULL)
        return false;
    *ret_changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return true;
}

static bool is_readable(Oid type)
{
    static const Oid readable[] = {
        OID_BOOL, OID_NAME,   OID_INT8,    OID_INT2,        OID_INT4, OID_TEXT,  OID_OID,
        OID_JSON, OID_BPCHAR, OID_VARCHAR, OID_TIMESTAMPTZ, OID_VOID, OID_JSONB, OID_XID8,
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
    const char *text = without_null_tests(&scratch, sql_text(sql, DB_POSTGRES));
    int count = count_parameters(sql_text(sql, DB_POSTGRES));
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

    if (!base->in_transaction && !postgres_reopen(db, err))
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

/* A big-endian number of 1, 2, 4 or 8 bytes with its sign. */
static int64_t read_number(const Rows *rows, int column)
{
    const unsigned char *bytes =
        (const unsigned char *)PQgetvalue(result_of(rows), rows->row, column);
    int length = PQgetlength(result_of(rows), rows->row, column);
    uint64_t value = 0;

    assert(length >= 1 && length <= 8);
    for (int i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    unsigned unused_bits = 64 - 8 * (unsigned)length;
    return (int64_t)(value << unused_bits) >> unused_bits;
}

int64_t postgres_read_integer(const Rows *rows, int column)
{
    Oid type = PQftype(result_of(rows), column);

    assert(type == OID_INT8 || type == OID_INT4 || type == OID_INT2 || type == OID_BOOL ||
           type == OID_XID8 || type == OID_OID);
    int64_t value = read_number(rows, column);
    return type == OID_OID ? (int64_t)(uint32_t)value : value;
}

bool postgres_read_boolean(const Rows *rows, int column)
{
    return postgres_read_integer(rows, column) != 0;
}

int64_t postgres_read_time(const Rows *rows, int column)
{
    assert(PQftype(result_of(rows), column) == OID_TIMESTAMPTZ);
    int64_t since_2000 = read_number(rows, column);
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
