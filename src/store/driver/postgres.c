/* The PostgreSQL driver: connections and transactions.
 *
 * How it works: a connection that breaks is not noticed until it is used. Whatever runs on it then
 * fails with ERROR_UNAVAILABLE; the next statement outside a transaction, or the first one in it,
 * opens it anew. So a restarted server costs no write that was not under way. */
#include "store/driver/postgres.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* -- Failure ---------------------------------------------------------------------------------- */

/* PostgreSQL 15, appendix A: the first two characters are the class. The first row that is a
 * prefix counts. */
static const struct {
    const char *state;
    ErrorCode code;
} states[] = {
    { "23505", ERROR_DUPLICATE },    /* unique_violation */
    { "23503", ERROR_REFERENCED },   /* foreign_key_violation */
    { "23001", ERROR_REFERENCED },   /* restrict_violation */
    { "40001", ERROR_RETRY },        /* serialization_failure */
    { "40P01", ERROR_RETRY },        /* deadlock_detected */
    { "55P03", ERROR_RETRY },        /* lock_not_available */
    { "53100", ERROR_STORAGE_FULL }, /* disk_full */
    { "53", ERROR_UNAVAILABLE },     /* out of memory, connections, … */
    { "57", ERROR_UNAVAILABLE },     /* query_canceled, admin_shutdown, cannot_connect_now, … */
    { "58", ERROR_UNAVAILABLE },     /* the server's own input or output */
    { "08", ERROR_UNAVAILABLE },     /* connection exceptions */
    { "25006", ERROR_UNAVAILABLE },  /* read_only_sql_transaction: see postgres_fail */
    { "26000", ERROR_RETRY },        /* invalid_sql_statement_name: see postgres_query.c */
    { "0A000", ERROR_RETRY },        /* cached plan must not change result type: as above */
};

static ErrorCode code_of(const char *state)
{
    if (state == NULL)
        return ERROR_UNAVAILABLE; /* libpq's own: the connection is gone */
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (text_starts_with(state, states[i].state))
            return states[i].code;
    }
    return ERROR_INTERNAL;
}

bool postgres_fail(PostgresDb *db, const char *statement, PGresult *result, Error *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message =
        result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(db->connection);

    /* A primary that became a standby refuses writes on connections that outlived the change;
     * target_session_attrs finds the new one when we connect again. */
    if (db->base.mode == DB_WRITE && text_equal(state, "25006"))
        db->is_stale = true;
    db_fail(&db->base, code_of(state), statement, message, err);
    PQclear(result);
    return false;
}

bool postgres_finish(PostgresDb *db, const char *statement, PGresult *result, Error *err)
{
    ExecStatusType status = PQresultStatus(result);

    /* Empty: a ping. */
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        return postgres_fail(db, statement, result, err);
    PQclear(result);
    return true;
}

static bool postgres_run_script(Db *base, const char *script, Error *err)
{
    PostgresDb *db = postgres_of(base);

    if (!postgres_run(db, NULL, err))
        return false;
    base->round_trips++;
    return postgres_finish(db, NULL, postgres_script(db, script), err);
}

/* -- Connection ------------------------------------------------------------------------------- */

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

bool postgres_is_alive(const PostgresDb *db)
{
    return PQstatus(db->connection) == CONNECTION_OK && !db->is_stale;
}

/* How statements are planned: once, whatever the values of the first calls, and along an index,
 * also when the tables were still small. A page at random costs hardly more than the next one: with
 * the default, that of a turning disk, a list would rather be collected and sorted than read in the
 * order of its index. Workers and compiled expressions take longer to start than a statement to
 * run. */
#define PLANNING                                                                                   \
    "SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1;"                        \
    "SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0; SET jit = off;"

/* What every session starts with. A reader is read only, as on SQLite; a database without a
 * search_path (a restored dump may leave one so) gets the usual. What it waits for has the timeout
 * already. */
static bool start_session(PostgresDb *db, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    bool is_reader = db->base.mode == DB_READ;
    const char *script = arena_printf(
        &scratch,
        "SET timezone = 'UTC'; SET statement_timeout = %lld; SET default_transaction_read_only = "
        "%s;" PLANNING
        "SELECT set_config('search_path', 'public', false) WHERE current_schema() IS NULL;%s",
        (long long)db->timeout_ms, is_reader ? "on" : "off",
        is_reader ? "" : "SELECT pg_advisory_lock_shared(" WRITERS_LOCK ")");

    PQsetNoticeReceiver(db->connection, ignore_notice, NULL);
    return postgres_finish(db, "session", postgres_script(db, script), err);
}

bool postgres_reopen(PostgresDb *db, Error *err)
{
    if (db->connection != NULL && postgres_is_alive(db))
        return true;
    assert(!db->base.in_transaction || db->owes_begin);
    PQfinish(db->connection);
    db->connection = PQconnectdbParams(db->keywords, db->values, 0);
    db->is_stale = false;
    db->is_late = false;
    db->generation++;
    if (PQstatus(db->connection) != CONNECTION_OK)
        return postgres_fail(db, "connect", NULL, err);
    return start_session(db, err);
}

/* Settings that the URL may name itself and, when it does not, are better than libpq's own. */
static const struct {
    const char *keyword;
    const char *value;
} defaults[] = {
    { "application_name", "fasti" },
    { "client_encoding", "UTF8" },
    { "connect_timeout", "2" },
    /* A machine that vanished without a word is noticed in seconds, not in two hours. */
    { "keepalives_idle", "10" },
    { "keepalives_interval", "5" },
    { "keepalives_count", "3" },
    { "tcp_user_timeout", "15000" },
};

enum { DEFAULT_COUNT = sizeof(defaults) / sizeof(defaults[0]) };

typedef struct Settings {
    PostgresDb *db;
    size_t count;
} Settings;

static const char *find_setting(const Settings *settings, const char *keyword)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->db->keywords[i], keyword) == 0)
            return settings->db->values[i];
    }
    return NULL;
}

static void add_setting(Settings *settings, const char *keyword, const char *value)
{
    Arena *arena = &settings->db->base.arena;

    settings->db->keywords[settings->count] = arena_strdup(arena, keyword);
    settings->db->values[settings->count] = arena_strdup(arena, value);
    settings->count++;
}

static bool read_url(PostgresDb *db, const char *url, Error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    if (options == NULL) {
        /* libpq's message may repeat the URL, and the password in it. */
        PQfreemem(message);
        return error_set(err, ERROR_UNAVAILABLE,
                         "The PostgreSQL URL cannot be read; its form is "
                         "postgresql://user:password@host:5432/database.");
    }
    size_t given = 0;
    for (const PQconninfoOption *at = options; at->keyword != NULL; at++)
        given += at->val != NULL;

    size_t capacity = given + DEFAULT_COUNT + 2; /* target_session_attrs and the end */
    db->keywords = ARENA_ARRAY(&db->base.arena, const char *, capacity);
    db->values = ARENA_ARRAY(&db->base.arena, const char *, capacity);
    Settings settings = { .db = db };
    for (const PQconninfoOption *at = options; at->keyword != NULL; at++) {
        if (at->val != NULL)
            add_setting(&settings, at->keyword, at->val);
    }
    PQconninfoFree(options);
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        if (find_setting(&settings, defaults[i].keyword) == NULL)
            add_setting(&settings, defaults[i].keyword, defaults[i].value);
    }
    const char *host = find_setting(&settings, "host");
    bool has_several = host != NULL && strchr(host, ',') != NULL;
    if (db->base.mode == DB_WRITE && has_several &&
        find_setting(&settings, "target_session_attrs") == NULL)
        add_setting(&settings, "target_session_attrs", "read-write");
    return true;
}

static void postgres_close(Db *base)
{
    PQfinish(postgres_of(base)->connection);
}

static bool postgres_ping(Db *base, Error *err)
{
    PostgresDb *db = postgres_of(base);

    /* Twice: the first one may only find out that the connection was lost. */
    return postgres_run_script(base, "", err) ||
           (!base->in_transaction && !postgres_is_alive(db) &&
            (error_clear(err), postgres_run_script(base, "", err)));
}

static bool postgres_set_timeout(Db *base, int64_t timeout_ms, Error *err)
{
    PostgresDb *db = postgres_of(base);
    char script[64];

    db->timeout_ms = timeout_ms;
    snprintf(script, sizeof(script), "SET statement_timeout = %lld", (long long)timeout_ms);
    return postgres_run_script(base, script, err);
}

/* -- Transactions ----------------------------------------------------------------------------- */

static const Sql commit_sql = { .name = "commit", .text = "COMMIT" };
static const Sql rollback_sql = { .name = "rollback", .text = "ROLLBACK" };

static bool postgres_begin(Db *base, Error *err)
{
    PostgresDb *db = postgres_of(base);

    if (!postgres_reopen(db, err))
        return false;
    db->owes_begin = true;
    return true;
}

static bool postgres_commit(Db *base, Error *err)
{
    PostgresDb *db = postgres_of(base);
    Rows AUTO(rows_close) rows = { .db = base };

    if (db->owes_begin) {
        db->owes_begin = false;
        return true;
    }
    if (!postgres_send(db, &commit_sql, NO_PARAMS, &rows, err) || !postgres_collect(db, err))
        return false;
    /* COMMIT of a transaction in which something failed rolls back, and calls that success. */
    return strcmp(PQcmdStatus(rows.statement), "COMMIT") == 0 ||
           db_fail(base, ERROR_INTERNAL, "commit", "the transaction had failed before", err);
}

static bool postgres_has_transaction(const Db *base)
{
    const PostgresDb *db = postgres_of(base);
    PGTransactionStatusType status = PQtransactionStatus(db->connection);

    if (!postgres_is_alive(db))
        return false;
    return db->owes_begin || db->flight_count > 0 || status == PQTRANS_INTRANS ||
           status == PQTRANS_INERROR;
}

static void postgres_rollback(Db *base)
{
    PostgresDb *db = postgres_of(base);
    Error ignored = { .code = ERROR_NONE };

    /* By itself: what is on its way may fail, and the server would skip what comes behind. */
    postgres_collect(db, &ignored);
    if (!db->owes_begin && postgres_has_transaction(base) &&
        postgres_send(db, &rollback_sql, NO_PARAMS, NULL, &ignored))
        postgres_collect(db, &ignored);
    db->owes_begin = false;
}

/* -- The driver ------------------------------------------------------------------------------- */

static const DbDriver driver = {
    .kind = DB_POSTGRES,
    .close = postgres_close,
    .ping = postgres_ping,
    .set_timeout = postgres_set_timeout,
    .run = postgres_run_script,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .has_transaction = postgres_has_transaction,
    .prepare = postgres_prepare,
    .query = postgres_query,
    .is_open = postgres_is_open,
    .start = postgres_start,
    .continue_asks = postgres_continue,
    .watch = postgres_watch,
    .execute = postgres_execute,
    .execute_later = postgres_execute_later,
    .flush = postgres_flush,
    .next = postgres_next,
    .close_rows = postgres_close_rows,
    .column_count = postgres_column_count,
    .column_name = postgres_column_name,
    .is_null = postgres_is_null,
    .is_integer = postgres_is_integer,
    .read_integer = postgres_read_integer,
    .read_boolean = postgres_read_boolean,
    .read_time = postgres_read_time,
    .read_text = postgres_read_text,
};

bool postgres_open(const char *url, DbMode mode, Db **ret_db, Error *err)
{
    Arena arena = { 0 };
    PostgresDb *db = ARENA_NEW(&arena, PostgresDb);

    db->base = (Db){ .driver = &driver, .mode = mode, .arena = arena };
    db->timeout_ms = LIMIT_STATEMENT_MS;
    *ret_db = &db->base;
    if (read_url(db, url, err) && postgres_reopen(db, err))
        return true;
    if (db->base.message[0] != '\0')
        error_set(err, ERROR_UNAVAILABLE, "PostgreSQL cannot be reached: %s.", db->base.message);
    db_close(ret_db);
    return false;
}
