#include "faults.h"

#include <sys/socket.h>

#include "store/driver/postgres.h"

const char *const fault_names[FAULT_KINDS] = {
    [FAULT_REFUSED] = "refused",
    [FAULT_CLASHED] = "clashed",
    [FAULT_UNHEARD] = "done and unheard",
    [FAULT_LOST] = "lost",
};

static const DbDriver *real[2];
static DbDriver faulty[2];

static struct {
    FaultKind kind;
    int64_t left; /* operations up to the one that fails; 0: none does */
    bool is_unheard;
    const char *met;
    void (*retry)(void *context);
    void *context;
} plan;

static const DbDriver *real_of(const Db *db)
{
    return real[db_kind(db)];
}

static void lose_connection(Db *db)
{
    if (db_kind(db) == DB_POSTGRES)
        shutdown(PQsocket(postgres_of(db)->connection), SHUT_RDWR);
}

static bool fail(Db *db, ErrorCode code, Error *err)
{
    return db_fail(db, code, plan.met, "a fault of the test", err);
}

/* Before an operation. False: it fails here. */
static bool begins(Db *db, const char *name, Error *err)
{
    if (plan.left == 0 || --plan.left > 0)
        return true;
    plan.met = name;
    switch (plan.kind) {
    case FAULT_REFUSED:
        return fail(db, ERROR_UNAVAILABLE, err);
    case FAULT_CLASHED:
        return fail(db, ERROR_RETRY, err);
    case FAULT_UNHEARD:
        plan.is_unheard = true;
        return true;
    case FAULT_LOST:
        lose_connection(db);
        if (db_kind(db) == DB_POSTGRES)
            return true; /* let the driver find out */
        real_of(db)->rollback(db);
        return fail(db, ERROR_STORAGE_FULL, err);
    case FAULT_KINDS:
        break;
    }
    return true;
}

/* After it. */
static bool ends(Db *db, bool is_done, Error *err)
{
    bool is_unheard = plan.is_unheard;

    plan.is_unheard = false;
    if (!is_done || !is_unheard)
        return is_done;
    lose_connection(db);
    return fail(db, ERROR_UNAVAILABLE, err);
}

static bool begin(Db *db, Error *err)
{
    if (plan.met != NULL && plan.retry != NULL)
        plan.retry(plan.context);
    if (!begins(db, "begin", err))
        return false;
    bool is_done = real_of(db)->begin(db, err);
    if (is_done && plan.is_unheard)
        real_of(db)->rollback(db); /* one that failed has begun nothing */
    return ends(db, is_done, err);
}

static bool commit(Db *db, Error *err)
{
    return begins(db, "commit", err) && ends(db, real_of(db)->commit(db, err), err);
}

static bool query(Db *db, const Ask *first, Error *err)
{
    return begins(db, first->sql->name, err) && ends(db, real_of(db)->query(db, first, err), err);
}

static bool execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err)
{
    return begins(db, sql->name, err) &&
           ends(db, real_of(db)->execute(db, sql, params, ret_changed, err), err);
}

static bool execute_later(Db *db, const Sql *sql, Params params, Error *err)
{
    return begins(db, sql->name, err) &&
           ends(db, real_of(db)->execute_later(db, sql, params, err), err);
}

static bool flush(Db *db, Error *err)
{
    return begins(db, "flush", err) && ends(db, real_of(db)->flush(db, err), err);
}

static bool next(Rows *rows)
{
    if (begins(rows->db, "next", &rows->error)) {
        bool has_row = real_of(rows->db)->next(rows);
        if (!plan.is_unheard || !has_row) {
            plan.is_unheard = false;
            return has_row;
        }
        ends(rows->db, true, &rows->error);
    }
    real_of(rows->db)->close_rows(rows);
    rows->statement = NULL;
    rows->failed = true;
    return false;
}

void faults_install(Db *db)
{
    DbKind kind = db_kind(db);
    DbDriver *driver = &faulty[kind];

    if (db->driver == driver)
        return;
    real[kind] = db->driver;
    *driver = *db->driver;
    driver->begin = begin;
    driver->commit = commit;
    driver->query = query;
    driver->execute = execute;
    if (driver->execute_later != NULL)
        driver->execute_later = execute_later;
    if (driver->flush != NULL)
        driver->flush = flush;
    if (kind == DB_SQLITE) /* elsewhere all rows have come with the answer */
        driver->next = next;
    db->driver = driver;
}

void faults_expect(FaultKind kind, int64_t nth, void (*retry)(void *context), void *context)
{
    plan.kind = kind;
    plan.left = nth;
    plan.is_unheard = false;
    plan.met = NULL;
    plan.retry = retry;
    plan.context = context;
}

const char *faults_end(void)
{
    plan.left = 0;
    plan.is_unheard = false;
    return plan.met;
}
