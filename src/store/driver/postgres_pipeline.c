/* The PostgreSQL driver: how statements go out and results come in.
 *
 * How it works (PostgreSQL 15, "Pipeline Mode"): a round trip wakes both processes and costs more
 * than most statements do, so statements are put behind each other in libpq's buffer and sent
 * together when somebody needs an answer. postgres_send puts one there; postgres_collect sends them
 * all with one Sync behind them and reads a result for each, in order; postgres_async.c does the
 * same for a thread that must not wait. The connection is in
 * pipeline mode exactly while something is on its way, so that scripts work whenever nothing is.
 *
 *   db_begin           sends nothing; the first statement takes BEGIN with it
 *   db_query           sends and collects
 *   db_execute_later   sends
 *   db_commit          sends COMMIT and collects: UPDATE, INSERT, INSERT, COMMIT are one round trip
 *
 * After a failure the server skips everything up to the Sync, and so a COMMIT that was sent along:
 * a commit is only ever reported when the server said COMMIT. When the connection is lost before
 * that, nobody knows, and the error is ERROR_UNAVAILABLE, as it always is.
 *
 * What is repeated by itself, unless no answer came in time: statements of a reader outside a
 * transaction, which change nothing, and the first one of a transaction, when the connection turns
 * out to be lost: its BEGIN went with it and no COMMIT did, so nothing of it happened. Therefore
 * the first one never goes "later".
 *
 * A statement is prepared once per connection, in front of its first use, with its parameters'
 * types from their kinds. Parameters and results are binary: "Frontend/Backend Protocol", and the
 * send and receive functions of each type. Numbers are big-endian. */
#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/driver/postgres.h"
#include "store/driver/postgres_types.h"

struct Prepared {
    char name[16];
    unsigned generation; /* of the connection that has it; 0: none */
    size_t parameter_count;
    ValueKind kinds[DRIVER_PARAMETERS];
    AddressMap columns;
};

static const Sql begin_writing = { .name = "begin",
                                   .text = "BEGIN ISOLATION LEVEL READ COMMITTED" };
static const Sql begin_reading = { .name = "begin",
                                   .text = "BEGIN ISOLATION LEVEL REPEATABLE READ" };

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
    case VALUE_LOCAL:
        return OID_TIMESTAMP;
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
    bound->values[at] = NULL; /* which is null */
    if (value->is_null)
        return;
    switch (value->kind) {
    case VALUE_INT:
        bind_number(bound, at, value->integer);
        return;
    case VALUE_TIME:
    case VALUE_LOCAL:
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

/* -- Out -------------------------------------------------------------------------------------- */

/* Only without memory or without a connection. What libpq still holds of it is unclear then, so
 * the connection is not used for another transaction. */
static bool fail_to_send(PostgresDb *db, const Sql *sql, Error *err)
{
    db->is_stale = true;
    return postgres_fail(db, sql->name, NULL, err);
}

static Prepared *find_prepared(PostgresDb *db, const Sql *sql, Params params)
{
    Prepared *prepared = address_map_find(&db->base.statements, sql);

    if (prepared == NULL) {
        prepared = ARENA_NEW(&db->base.arena, Prepared);
        prepared->parameter_count = params.count;
        for (size_t i = 0; i < params.count; i++)
            prepared->kinds[i] = params.values[i].kind;
        address_map_add(&db->base.statements, &db->base.arena, sql, prepared);
    }
    assert(prepared->parameter_count == params.count);
    for (size_t i = 0; i < params.count; i++)
        assert(prepared->kinds[i] == params.values[i].kind && "one statement, one set of kinds");
    return prepared;
}

static void add_flight(PostgresDb *db, Flight flight)
{
    assert(db->flight_count < POSTGRES_IN_FLIGHT);
    db->flights[db->flight_count++] = flight;
}

static bool send_prepare(PostgresDb *db, const Sql *sql, Prepared *prepared, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    const char *text = sql_text(sql, DB_POSTGRES, &scratch);
    Oid oids[DRIVER_PARAMETERS];

    for (size_t i = 0; i < prepared->parameter_count; i++)
        oids[i] = oid_of(prepared->kinds[i]);
    snprintf(prepared->name, sizeof(prepared->name), "f%u", ++db->statement_serial);
    if (PQsendPrepare(db->connection, prepared->name, text, (int)prepared->parameter_count, oids) !=
        1)
        return fail_to_send(db, sql, err);
    prepared->generation = db->generation;
    add_flight(db, (Flight){ .sql = sql, .prepared = prepared, .prepares = true });
    return true;
}

static bool send_execute(PostgresDb *db, const Sql *sql, const Prepared *prepared, Params params,
                         Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Bound bound;

    for (size_t i = 0; i < params.count; i++) {
        bind_value(&bound, i, &params.values[i], &scratch);
        db->base.sent_bytes += bound.values[i] != NULL ? bound.lengths[i] : 0;
    }
    return PQsendQueryPrepared(db->connection, prepared->name, (int)params.count, bound.values,
                               bound.lengths, bound.formats, /* resultFormat: binary */ 1) == 1 ||
           fail_to_send(db, sql, err);
}

bool postgres_send(PostgresDb *db, const Sql *sql, Params params, Rows *rows, Error *err)
{
    enum { FLIGHTS_OF_ONE = 2 }; /* the preparing and the statement */

    if (db->flight_count > POSTGRES_IN_FLIGHT - FLIGHTS_OF_ONE && !postgres_collect(db, err))
        return false;
    if (db->flight_count == 0 && PQenterPipelineMode(db->connection) != 1)
        return fail_to_send(db, sql, err);
    Prepared *prepared = find_prepared(db, sql, params);
    if (prepared->generation != db->generation && !send_prepare(db, sql, prepared, err))
        return false;
    if (!send_execute(db, sql, prepared, params, err))
        return false;
    add_flight(db, (Flight){ .sql = sql, .prepared = prepared, .rows = rows });
    return true;
}

/* -- In --------------------------------------------------------------------------------------- */

/* The server lost our statements (26000: something between us and it shares sessions), or the
 * columns of one changed (0A000: another node migrated). Prepared anew they work. */
static void forget_outdated(PostgresDb *db, Flight *flight, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (flight->prepares || text_equal(state, "0A000"))
        flight->prepared->generation = 0;
    if (text_equal(state, "26000"))
        db->generation++;
}

/* The rows of the next statement come one by one where not all of them are to be kept. */
static void choose_mode(PostgresDb *db)
{
    const Flight *next = &db->flights[db->landed];

    if (db->landed < db->flight_count && next->rows != NULL && next->rows->most_bytes > 0)
        (void)PQsetSingleRowMode(db->connection); /* else they come at once, and are read as well */
}

/* What is held is on the account until postgres_close_rows. */
static void hold(Rows *rows, PGresult *result)
{
    rows->statement = result;
    memory_count((ptrdiff_t)PQresultMemorySize(result));
}

/* False: there is no memory for it. */
static bool copy_row(PGresult *kept, const PGresult *row)
{
    int at = PQntuples(kept);
    bool is_good = true;

    for (int i = 0; is_good && i < PQnfields(row); i++) {
        int length = PQgetisnull(row, 0, i) != 0 ? -1 : PQgetlength(row, 0, i);
        is_good = PQsetvalue(kept, at, i, PQgetvalue(row, 0, i), length) != 0;
    }
    return is_good;
}

/* A row that came by itself. */
static void keep_row(PostgresDb *db, const Flight *flight, PGresult *row)
{
    Rows *rows = flight->rows;
    PGresult *kept = rows->statement;

    if (kept == NULL) {
        hold(rows, row);
        return;
    }
    size_t before = PQresultMemorySize(kept);
    if (before <= rows->most_bytes && db->failure.code == ERROR_NONE && !copy_row(kept, row))
        db_fail(&db->base, ERROR_UNAVAILABLE, flight->sql->name, "out of memory", &db->failure);
    memory_count((ptrdiff_t)(PQresultMemorySize(kept) - before));
    PQclear(row);
}

/* False: it failed, or was skipped because of one that did, here or by the server. */
static bool land(PostgresDb *db, Flight *flight, PGresult *result, Error *err)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        if (err->code != ERROR_NONE || flight->rows == NULL) {
            PQclear(result);
            return err->code == ERROR_NONE;
        }
        if (flight->rows->statement == NULL)
            hold(flight->rows, result);
        else
            PQclear(result); /* its rows came one by one */
        flight->rows->columns = &flight->prepared->columns;
        return true;
    }
    forget_outdated(db, flight, result);
    if (err->code == ERROR_NONE)
        return postgres_fail(db, flight->sql->name, result, err);
    PQclear(result);
    return false;
}

bool postgres_land(PostgresDb *db)
{
    while (PQstatus(db->connection) != CONNECTION_OK || PQisBusy(db->connection) == 0) {
        PGresult *result = PQgetResult(db->connection); /* NULL ends the results of a statement */
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return true;
        }
        if (result == NULL)
            choose_mode(db);
        else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            keep_row(db, &db->flights[db->landed], result);
        else if (db->landed < db->flight_count)
            db->good += land(db, &db->flights[db->landed++], result, &db->failure);
        else
            PQclear(result);
        if (PQstatus(db->connection) == CONNECTION_BAD)
            return true;
    }
    return false;
}

static void clear_results(PostgresDb *db)
{
    for (size_t i = 0; i < db->flight_count; i++) {
        if (db->flights[i].rows != NULL)
            rows_close(db->flights[i].rows);
    }
}

bool postgres_push(PostgresDb *db)
{
    db->base.round_trips++;
    db->landed = db->good = 0;
    error_clear(&db->failure);
    if (PQpipelineSync(db->connection) != 1)
        return fail_to_send(db, db->flights[0].sql, &db->failure);
    choose_mode(db);
    return true;
}

bool postgres_end(PostgresDb *db, Error *err)
{
    if (db->landed < db->flight_count && db->good == db->landed && db->failure.code == ERROR_NONE)
        postgres_fail(db, db->flights[db->landed].sql->name, NULL, &db->failure);
    bool is_good = db->good == db->flight_count;
    if (!is_good) {
        clear_results(db);
        *err = db->failure;
    }
    if (PQexitPipelineMode(db->connection) != 1)
        db->is_stale = true;
    db->flight_count = 0;
    return is_good;
}

bool postgres_collect(PostgresDb *db, Error *err)
{
    if (db->flight_count == 0)
        return true;
    if (postgres_push(db)) {
        while (!postgres_land(db))
            postgres_wait(db);
    }
    return postgres_end(db, err);
}

/* -- Both ------------------------------------------------------------------------------------- */

bool postgres_send_all(PostgresDb *db, const Ask *first, Error *err)
{
    const Sql *begin = db->base.mode == DB_WRITE ? &begin_writing : &begin_reading;

    if (db->owes_begin && !postgres_send(db, begin, NO_PARAMS, NULL, err))
        return false;
    db->owes_begin = false;
    for (const Ask *ask = first; ask != NULL; ask = ask->next) {
        if (!postgres_send(db, ask->sql, ask->params, ask->rows, err))
            return false;
    }
    return true;
}

static bool run_once(PostgresDb *db, const Ask *first, Error *err)
{
    Error ignored = { .code = ERROR_NONE };

    if ((db->owes_begin || !db->base.in_transaction) && !postgres_reopen(db, err))
        return false;
    if (postgres_send_all(db, first, err))
        return postgres_collect(db, err);
    postgres_collect(db, &ignored); /* nothing may land in their rows later */
    return false;
}

bool postgres_run(PostgresDb *db, const Ask *first, Error *err)
{
    bool is_first = db->owes_begin;
    bool only_reads = !db->base.in_transaction && db->base.mode == DB_READ;

    if (run_once(db, first, err))
        return true;
    bool is_lost = !postgres_is_alive(db);
    if (db->is_late ||
        (!(is_lost && is_first) && !(only_reads && (is_lost || err->code == ERROR_RETRY))))
        return false;
    error_clear(err);
    db->owes_begin = is_first;
    return run_once(db, first, err);
}
