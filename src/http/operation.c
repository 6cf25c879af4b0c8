#include "http/operation.h"

#include "http/permit.h"
#include "http/read.h"
#include "http/step.h"

static Exchange *exchange_of(Task *task)
{
    return (Exchange *)task; /* it begins with it */
}

/* SQLite locks the file and looks for news once for each transaction: one around all statements of
 * a step costs less than one for each, and they all see the same state. The steps of other requests
 * go on in it until something is committed or the thread has nothing to do. On PostgreSQL it would
 * be two round trips more. */
static bool begin_snapshot(Db *db)
{
    Error error = { .code = ERROR_NONE };

    return db_kind(db) == DB_SQLITE && db_begin(db, &error);
}

static bool takes_db(const Exchange *x)
{
    const Route *route = x->request.route;

    return step_lane(x) == LANE_READ ? !route->works_without_db : route->needs != NEEDS_NOBODY;
}

/* On a read connection, or on none where the step asks for none. */
static void read_alone(Exchange *x, Worker *worker)
{
    Request *req = &x->request;
    bool is_snapshot = false;

    req->worker = worker;
    if (takes_db(x)) {
        if (!request_db(req)) {
            const Error error = req->error;
            step_fail(x, &error);
            return;
        }
        is_snapshot = step_lane(x) == LANE_READ && begin_snapshot(req->db);
    }
    step_run(x);
    req->db = NULL;
    req->worker = NULL;
    if (is_snapshot)
        db_pause(worker->db);
    else
        worker_rest(worker);
}

/* ERROR_REFERENCED: another transaction has deleted what this one saw and refers to, or refers to
 * what this one saw alone and deletes. Handlers look first, so the second time they see it too. */
static bool has_clashed(const Exchange *x)
{
    ErrorCode code = x->request.error.code;

    return code == ERROR_RETRY || code == ERROR_REFERENCED;
}

static Verdict change(Exchange *x, Worker *worker)
{
    x->request.db = worker->db;
    step_run(x);
    if (step_is_good(x))
        return TASK_GOOD;
    if (has_clashed(x))
        return TASK_CLASHED;
    return x->reply.status >= 500 ? TASK_BROKEN : TASK_REFUSED;
}

static Verdict run(Task *task, Worker *worker)
{
    Exchange *x = exchange_of(task);

    if (task->lane == LANE_WRITE)
        return change(x, worker);
    read_alone(x, worker);
    return TASK_GOOD;
}

static bool run_together(Task *first, Worker *worker)
{
    Error error = { .code = ERROR_NONE };

    return worker_borrow(worker, &error) && read_group(worker->db, exchange_of(first));
}

static void undo(Task *task)
{
    step_undo(exchange_of(task));
}

static void fail(Task *task, const Error *error)
{
    step_fail(exchange_of(task), error);
}

/* The step has its reply, or the next one comes. */
static void finish_step(Exchange *x)
{
    x->request.db = NULL;
    if (x->reply.status != 0)
        x->has_reply = true;
    else
        step_advance(x);
}

/* Known to be quick, and to ask before it takes. */
static bool may_be_grouped(Exchange *x)
{
    const Route *route = x->request.route;

    return route->lane == LANE_READ && route->ask != NULL && step_is_only(x) &&
           x->request.has_token && x->fault.code == ERROR_NONE && step_pace(x) == PACE_QUICK;
}

/* The network thread waits for no database that it need not wait for. */
static bool runs_here(const Lanes *lanes, const Exchange *x)
{
    const Route *route = x->request.route;

    return step_lane(x) == LANE_READ && (lanes_runs_here(lanes, LANE_READ) ||
                                         (route->works_without_db && !route->asks_db_itself));
}

static void choose_lane(Exchange *x)
{
    Lane lane = step_lane(x);

    x->task.lane = lane == LANE_READ && !may_be_grouped(x) ? LANE_SCAN : lane;
}

/* From a lane's thread to the next lane or back to the network. */
static void done(Task *task, Worker *worker)
{
    Exchange *x = exchange_of(task);

    finish_step(x);
    if (x->has_reply || runs_here(worker->lanes, x)) {
        exchange_resume(x);
        return;
    }
    choose_lane(x);
    lanes_put_or_fail(worker->lanes, task, worker);
}

static const TaskKind operation_kind = {
    .run = run,
    .run_together = run_together,
    .undo = undo,
    .fail = fail,
    .done = done,
};

/* What needs no database to be refused: nobody is asking, or anybody may and asks nonsense. */
static bool refuse_early(Exchange *x)
{
    Request *req = &x->request;
    bool is_open = req->route->needs == NEEDS_NOBODY;

    if (x->step != 0 || (is_open ? x->fault.code == ERROR_NONE : req->has_token))
        return false;
    if (is_open)
        req->error = x->fault;
    else
        permit_request(req);
    exchange_reply(x, reply_error(req));
    return true;
}

bool operation_submit(Worker *worker, Exchange *x)
{
    if (x->has_reply || refuse_early(x))
        return true;
    while (!x->has_reply && runs_here(worker->lanes, x)) {
        read_alone(x, worker);
        finish_step(x);
    }
    if (x->has_reply)
        return true;
    x->task.kind = &operation_kind;
    choose_lane(x);
    /* Before it is put there: a lane may resume it at once. */
    exchange_suspend(x);
    lanes_put_or_fail(worker->lanes, &x->task, worker);
    return false;
}
