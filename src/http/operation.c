#include "http/operation.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/intake.h"
#include "http/response.h"
#include "http/step.h"

static Exchange *exchange_of(Task *task)
{
    return (Exchange *)task; /* it begins with it */
}

/* A failure outside of the step: begin, commit, a full queue. A reply that is there was to be
 * packed: it is sent as it is, for what it tells of may be committed. */
static void fail(Task *task, const Error *error)
{
    Exchange *x = exchange_of(task);
    Request *req = &x->request;

    if (x->has_reply) {
        x->is_packed = true;
        return;
    }
    req->error = *error;
    x->reply = reply_error(req);
    step_log_failure(req);
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

    return step_is_read(x) ? !route->works_without_db
                           : !route_is_open(route) && step_needs_permit(x);
}

static int64_t who(const Task *task)
{
    const Request *req = &((const Exchange *)task)->request;

    return req->has_token ? req->claims.user_id : 0;
}

static bool has_taken_much(const Exchange *x, size_t memory, int64_t thread_us)
{
    const Request *req = &x->request;

    return memory > LIMIT_LIGHT_MEMORY ||
           (req->is_brief &&
            (thread_us > LIMIT_LIGHT_US || req->work_left < LIMIT_BRIEF_WORK - LIMIT_LIGHT_WORK));
}

/* What was begun in vain is begun elsewhere from now on; and what others would wait behind, where
 * there are others. */
static void note_reader(const Exchange *x, Worker *worker)
{
    lately_note(&worker->lanes->heavy_readers, who(&x->task),
                clock_monotonic_us() + LIMIT_HEAVY_READER_US);
}

/* Beside others it is measured: the thread's own clock is a system call, unlike the others. */
static void run_read(Exchange *x, Worker *worker)
{
    bool is_beside_others = company_is_there(&worker->lanes->company, clock_monotonic_us());
    size_t before = x->arena.total;
    int64_t began_us = is_beside_others ? clock_thread_us() : 0;

    step_run(x);
    if (x->is_overspent || (is_beside_others && has_taken_much(x, x->arena.total - before,
                                                               clock_thread_us() - began_us)))
        note_reader(x, worker);
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
            fail(&x->task, &error);
            return;
        }
        is_snapshot = step_is_read(x) && begin_snapshot(req->db);
    }
    run_read(x, worker);
    req->db = NULL;
    req->worker = NULL;
    if (is_snapshot)
        db_keep_snapshot(worker->db);
}

/* What was made in vain has left it too little, which is no fault of who asks. */
static bool is_excused(Exchange *x)
{
    Request *req = &x->request;

    if (!x->was_in_vain || x->reply.status != 422 || x->arena.total <= x->arena.budget)
        return false;
    error_clear(&req->error);
    error_set(&req->error, ERROR_UNAVAILABLE,
              "Others changed the same at this moment, and there was no memory for another try: "
              "try again.");
    x->reply = reply_error(req);
    step_log_failure(req);
    return true;
}

static Verdict change(Exchange *x, Worker *worker)
{
    x->request.db = worker->db;
    step_run(x);
    if (is_excused(x))
        return TASK_REFUSED; /* once more would find still less */
    if (x->reply.status < 400 || x->reply.stays)
        return TASK_GOOD;
    if (task_failed(x->request.error.code) == TASK_CLASHED)
        return TASK_CLASHED;
    return x->reply.status >= 500 ? TASK_BROKEN : TASK_REFUSED;
}

/* To pack a long reply takes longer than to make it. */
static bool is_to_be_packed_first(const Exchange *x)
{
    return x->reply.length > LIMIT_PACKED_AT_ONCE && response_is_to_be_packed(x);
}

static void pack_first(Exchange *x)
{
    Packer AUTO(packing_finish) packer = { 0 };

    if (is_to_be_packed_first(x))
        response_pack(x, &packer);
}

static Verdict run(Task *task, Worker *worker)
{
    Exchange *x = exchange_of(task);

    if (task->lane == LANE_WRITE)
        return change(x, worker);
    if (!x->has_reply)
        read_alone(x, worker);
    if (task->lane == LANE_SCAN && !x->is_overspent)
        pack_first(x);
    return TASK_GOOD;
}

static void ask_before(Task *task, Db *db)
{
    Exchange *x = exchange_of(task);

    x->request.db = db;
    step_ask(x);
    x->is_asked = true;
}

/* Each run may take as much, whatever those before it have left, be it for this one or in vain; but
 * all of them no more than twice that. */
static void allow_memory(Exchange *x)
{
    size_t budget = x->arena.total + LIMIT_REQUEST_MEMORY;

    x->arena.budget = budget < 2 * LIMIT_REQUEST_MEMORY ? budget : 2 * LIMIT_REQUEST_MEMORY;
}

static void begin_anew(Exchange *x)
{
    Request *req = &x->request;

    error_clear(&req->error);
    req->problem_members = NULL;
    req->state = x->state_before;
    req->db = NULL;
    x->reply = (Reply){ .status = 0 };
    x->is_asked = x->is_overspent = false;
    allow_memory(x);
}

static void undo(Task *task)
{
    begin_anew(exchange_of(task));
    exchange_of(task)->was_in_vain = true;
}

/* The step has its reply, or the next one comes; or this one, or the one before, once more. */
static void go_on(Exchange *x)
{
    x->request.db = NULL;
    if (x->has_reply) /* which was packed */
        return;
    if (x->is_overspent) {
        undo(&x->task);
        x->is_long = true;
        return;
    }
    if (x->reply.status != 0) {
        x->has_reply = true;
        return;
    }
    if (x->reply.looks_first) {
        undo(&x->task);
        step_go_back(x);
        return;
    }
    if (x->reply.again != 0) {
        x->request.place = x->reply.again;
        begin_anew(x);
        return;
    }
    x->step++;
    x->is_asked = false;
    allow_memory(x);
    step_skip(x);
    x->state_before = x->request.state;
}

/* Has he read much lately? Then he begins where nobody waits behind him. */
static bool has_read_much(const Exchange *x, const Worker *worker)
{
    int64_t until = lately_until(&worker->lanes->heavy_readers, who(&x->task));

    return until != 0 && clock_monotonic_us() < until;
}

/* Known to be quick, and to ask before it takes. */
static bool may_be_gathered(Exchange *x)
{
    const Route *route = x->request.route;

    return route->lane == LANE_READ && !x->is_long && route->ask != NULL && x->step == 0 &&
           step_is_handler(x) && x->request.has_token && x->fault.code == ERROR_NONE &&
           step_pace(x) == PACE_QUICK && !step_is_scan(x);
}

/* The network thread waits for no database, and for nothing that takes long. */
static bool runs_here(const Worker *worker, Exchange *x)
{
    const Route *route = x->request.route;

    if (!step_is_read(x) || step_is_scan(x) || x->is_long)
        return false;
    return worker->lanes->setup.kind == DB_SQLITE ||
           (route->works_without_db && !route->asks_db_itself);
}

/* Whose place in the HASH lane it takes: the person's, and of those who are yet to say who they
 * are, their network's. */
static void name_sharer(Exchange *x)
{
    const Request *req = &x->request;
    bool is_person = req->user != NULL;

    x->task.whose = is_person ? (uint64_t)req->user->user_id : ~address_network(req->address);
    x->task.at_most = is_person ? LIMIT_HASH_OF_PERSON : LIMIT_HASH_OF_NETWORK;
    if (!req->app->config->rate_limit)
        x->task.at_most = 0;
}

/* There is a reply, and nothing to be done with it but to send it. */
static bool is_over(const Exchange *x)
{
    return x->has_reply && !is_to_be_packed_first(x);
}

/* By what is known beforehand: it changes or brings much, or had to look at much before. */
static bool is_long_write(const Exchange *x)
{
    const Step *before = x->request.route->before;
    bool has_looked =
        step_is_handler(x) && x->step > x->first_step && before[x->step - 1].lane == LANE_SCAN;

    return has_looked || x->request.route->changes_many ||
           x->content.length > LIMIT_LONG_WRITE_BYTES;
}

/* What takes long of one person's never has all threads of a lane. */
static bool takes_long(Exchange *x)
{
    if (x->task.lane == LANE_WRITE)
        return x->task.is_long;
    return x->has_reply || x->is_long || step_is_scan(x);
}

static void choose_lane(Exchange *x)
{
    Lane lane = x->has_reply ? LANE_SCAN : step_present(x).lane;

    x->task.lane = lane == LANE_READ ? LANE_SCAN : lane;
    x->task.whose = 0;
    x->task.is_long = lane == LANE_WRITE && is_long_write(x);
    if (lane == LANE_HASH)
        name_sharer(x);
    else if (x->request.has_token && takes_long(x))
        x->task.whose = (uint64_t)x->request.claims.user_id;
}

/* From a lane's thread to the next lane or back to the network. */
static void done(Task *task, Worker *worker)
{
    Exchange *x = exchange_of(task);

    go_on(x);
    if (is_over(x) || (!x->has_reply && runs_here(worker, x))) {
        exchange_resume(x);
        return;
    }
    choose_lane(x);
    lanes_put_or_fail(worker->lanes, task, worker);
}

static const TaskKind operation_kind = {
    .run = run,
    .ask = ask_before,
    .undo = undo,
    .fail = fail,
    .who = who,
    .done = done,
};

/* -- What came -------------------------------------------------------------------------------- */

/* Query and body, once and for all. */
static void read_input(Exchange *x)
{
    intake_read_input(x);
    x->is_input_read = true;
}

static Verdict decode(Task *task, Worker *worker)
{
    (void)worker;
    read_input(exchange_of(task));
    intake_digest(exchange_of(task));
    return TASK_GOOD;
}

static void decoded(Task *task, Worker *worker)
{
    Exchange *x = exchange_of(task);

    (void)worker;
    x->has_reply = x->reply.status != 0; /* the lane was too busy */
    exchange_resume(x);
}

static const TaskKind decoding_kind = {
    .run = decode,
    .fail = fail,
    .who = who,
    .done = decoded,
};

/* A long body takes long to decode, and may be refused in the end. */
static bool decode_apart(Worker *worker, Exchange *x)
{
    if (x->content.length <= LIMIT_DECODED_AT_ONCE)
        return false;
    x->task.kind = &decoding_kind;
    x->task.lane = LANE_SCAN;
    x->task.whose = x->request.has_token ? (uint64_t)x->request.claims.user_id : 0;
    exchange_suspend(x);
    lanes_put_or_fail(worker->lanes, &x->task, worker);
    return true;
}

bool operation_submit(Gather *gather, Exchange *x)
{
    Worker *worker = gather->worker;

    if (!x->has_reply && !x->is_input_read) {
        if (!x->request.route->works_without_db) /* what asks how the server is, is nobody */
            company_note(&worker->lanes->company, who(&x->task), x->started_us);
        if (decode_apart(worker, x))
            return false;
        read_input(x);
    }
    if (!x->has_reply && x->step == 0 && step_is_refused_early(x))
        exchange_reply(x, reply_error(&x->request));
    if (!x->has_reply)
        step_skip(x);
    x->is_long = x->is_long || has_read_much(x, worker);
    while (!x->has_reply && runs_here(worker, x)) {
        read_alone(x, worker);
        go_on(x);
    }
    if (is_over(x))
        return true;
    x->task.kind = &operation_kind;
    /* Before it is put anywhere: it may be resumed at once. */
    exchange_suspend(x);
    if (!x->has_reply && may_be_gathered(x)) {
        x->task.lane = LANE_READ;
        gather_add(gather, &x->task);
        return false;
    }
    choose_lane(x);
    lanes_put_or_fail(worker->lanes, &x->task, worker);
    return false;
}
