#include "http/operation.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "http/entity_tag.h"
#include "http/idempotency.h"
#include "http/intake.h"
#include "http/response.h"

enum { STEPS = sizeof(((Route *)NULL)->before) / sizeof(Step) };

/* -- Steps ------------------------------------------------------------------------------------ */

static bool is_handler(const Exchange *x)
{
    return x->step == STEPS || x->request.route->before[x->step].run == NULL;
}

static Step present_step(const Exchange *x)
{
    const Route *route = x->request.route;

    if (is_handler(x))
        return (Step){ .lane = route->lane, .run = route->handler };
    return route->before[x->step];
}

/* Steps between the first and the handler run on what those two were permitted. What writes is
 * judged in its own transaction. */
static bool needs_permit(const Exchange *x)
{
    const Route *route = x->request.route;

    return x->step == x->first_step ||
           (is_handler(x) &&
            (route->lane == LANE_WRITE || route->before[x->step - 1].lane != route->lane));
}

/* Passes over those that nobody needs. A request with a fault passes over none: the first one
 * refuses it. */
static void skip_steps(Exchange *x)
{
    const Step *before = x->request.route->before;
    bool is_first = x->step == x->first_step;

    while (!is_handler(x) && x->fault.code == ERROR_NONE && before[x->step].is_needed != NULL &&
           !before[x->step].is_needed(&x->request))
        x->step++;
    if (is_first)
        x->first_step = x->step;
}

static Pace pace_of(Exchange *x)
{
    const Route *route = x->request.route;

    if (!x->is_prepared && route->prepare != NULL)
        x->pace = route->prepare(&x->request);
    x->is_prepared = true;
    return x->pace;
}

/* -- The order of answers --------------------------------------------------------------------- */

/* RFC 9110 13.1.1: If-Match uses the strong comparison, so a weak tag never matches. */
static bool check_if_match(Request *req)
{
    if (req->if_match == NULL) {
        if (!req->app->config->require_if_match)
            return true;
        return error_set(&req->error, ERROR_PRECONDITION_REQUIRED,
                         "Send `If-Match` with the ETag of the version you are changing.");
    }
    if (text_equal(req->if_match, "*"))
        return true;

    const char *present = arena_printf(req->arena, "\"%lld\"", (long long)req->subject_version);
    if (entity_tag_matches(req->if_match, present, TAG_STRONG))
        return true;
    return error_set(&req->error, ERROR_PRECONDITION_FAILED,
                     "It has changed since the version you saw: read it again.");
}

/* The order in which a request is refused: 401, 404, 403 (the need's), then 428 or 412, and only
 * then the faults of query and body, so that nobody learns about a thing they may not see; last who
 * has used too many keys. `early`: before there is a database, for what needs none to be refused:
 * nobody is asking, or anybody may and asks nonsense. */
static bool is_refused(Exchange *x, bool early)
{
    Request *req = &x->request;
    const Route *route = req->route;
    bool is_open = route_is_open(route);

    if (early && !is_open && req->has_token)
        return false;
    if (!is_open && !route->needs->permit(route->needs, req))
        return true;
    if (route->honours_if_match && !check_if_match(req))
        return true;
    if (x->fault.code == ERROR_NONE)
        return is_handler(x) && x->once != NULL && !idempotency_admits(x);
    req->error = x->fault;
    return true;
}

static Exchange *exchange_of(Task *task)
{
    return (Exchange *)task; /* it begins with it */
}

/* -- Running a step --------------------------------------------------------------------------- */

/* Our own mistakes and the database's troubles: the client gets a status, the log gets the words.
 */
static void log_failure(const Request *req)
{
    ErrorCode code = req->error.code;

    if (code != ERROR_INTERNAL && code != ERROR_UNAVAILABLE && code != ERROR_STORAGE_FULL)
        return;
    log_write(code == ERROR_INTERNAL ? LOG_ERROR : LOG_WARNING, "request failed", "id", req->id,
              "route", req->route->path, "detail", req->error.detail, "database",
              req->db != NULL ? db_last_message(req->db) : "", NULL);
}

/* Nobody who sends no token, or nonsense, costs more questions than it takes to refuse them. The
 * handler's come first: they may lock what is written, and it is judged after that who writes. */
static void ask_with(Exchange *x, const Need *need)
{
    Request *req = &x->request;
    const Route *route = req->route;

    req->lane = present_step(x).lane;
    if (is_handler(x) && route->ask != NULL && x->fault.code == ERROR_NONE &&
        request_may_be_heard(req)) {
        (void)pace_of(x);
        route->ask(req);
    }
    if (need != NULL && req->has_token && need->ask != NULL)
        need->ask(need, req);
}

static void ask(Exchange *x)
{
    ask_with(x, needs_permit(x) ? x->request.route->needs : NULL);
}

static Reply judge_and_run(Exchange *x)
{
    if (!x->is_asked)
        ask(x);
    if (needs_permit(x) && is_refused(x, false))
        return reply_error(&x->request);
    return present_step(x).run(&x->request);
}

static bool is_permitted(Exchange *x, const Need *need)
{
    ask_with(x, need);
    return need->permit(need, &x->request);
}

/* What was done already is not done again, and who asks for its reply is judged once more. */
static Reply give_again(Exchange *x)
{
    Request *req = &x->request;
    const Route *route = req->route;

    if (!is_permitted(x, route->needs_again != NULL ? route->needs_again : route->needs))
        return reply_error(req);
    return idempotency_replay(x);
}

static Reply refuse_key(Exchange *x)
{
    Request *req = &x->request;

    if (is_permitted(x, req->route->needs))
        idempotency_blame(x);
    return reply_error(req);
}

/* What writes of a request with an Idempotency-Key: the handler, or a step before it, which counts
 * something and is not needed for a reply that is given again. */
static Reply run_once(Exchange *x)
{
    Request *req = &x->request;
    Reply reply;

    switch (idempotency_find(x)) {
    case KEY_IS_NEW:
        reply = judge_and_run(x);
        return !is_handler(x) || idempotency_keep(x, &reply) ? reply : reply_error(req);
    case KEY_IS_KEPT:
        return is_handler(x) ? give_again(x) : reply_go_on();
    case KEY_IS_TAKEN:
        return refuse_key(x);
    case KEY_REFUSED:
        break;
    }
    return reply_error(req);
}

/* Who may not ask or asks nonsense is refused quickly. */
static bool is_scan(Exchange *x)
{
    const Need *need = x->request.route->needs;

    if (!x->request.has_token)
        return false;
    if (need != NULL && need->takes_long != NULL && need->takes_long(&x->request))
        return true;
    if (x->fault.code != ERROR_NONE)
        return false;
    return present_step(x).lane == LANE_SCAN || (is_handler(x) && pace_of(x) == PACE_SCAN);
}

/* Runs the present step on request.db. What it replies is the reply of the request, unless its
 * status is 0. */
static void run_step(Exchange *x)
{
    Request *req = &x->request;
    size_t budget = x->arena.budget;

    req->is_brief = present_step(x).lane == LANE_READ && !x->is_long && !is_scan(x);
    req->change_set = ARENA_NEW(req->arena, ChangeSet); /* begun anew where it runs again */
    req->work_left = req->is_brief ? LIMIT_BRIEF_WORK : LIMIT_VIEW_WORK;
    if (req->is_brief)
        x->arena.budget = x->arena.total + LIMIT_BRIEF_MEMORY;
    bool is_once = x->once != NULL && present_step(x).lane == LANE_WRITE;
    x->reply = is_once ? run_once(x) : judge_and_run(x);
    x->is_overspent = req->is_brief && (req->work_left < 0 || x->arena.total > x->arena.budget);
    x->arena.budget = budget;
    if (x->reply.status >= 500 && !x->is_overspent)
        log_failure(req);
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
    log_failure(req);
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

static bool is_read(const Exchange *x)
{
    Lane lane = present_step(x).lane;

    return lane == LANE_READ || lane == LANE_SCAN;
}

static bool takes_db(const Exchange *x)
{
    const Route *route = x->request.route;

    return is_read(x) ? !route->works_without_db : !route_is_open(route) && needs_permit(x);
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
static void note_reader(const Exchange *x, Worker *worker, size_t memory, int64_t thread_us)
{
    int64_t now_us = clock_monotonic_us();

    if (x->is_overspent ||
        (has_taken_much(x, memory, thread_us) && company_is_there(&worker->lanes->company, now_us)))
        lately_note(&worker->lanes->heavy_readers, who(&x->task), now_us + LIMIT_HEAVY_READER_US);
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
        is_snapshot = is_read(x) && begin_snapshot(req->db);
    }
    size_t before = x->arena.total;
    int64_t began_us = clock_thread_us();
    run_step(x);
    note_reader(x, worker, x->arena.total - before, clock_thread_us() - began_us);
    req->db = NULL;
    req->worker = NULL;
    if (is_snapshot)
        db_keep_snapshot(worker->db);
}

static Verdict change(Exchange *x, Worker *worker)
{
    x->request.db = worker->db;
    run_step(x);
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
    ask(x);
    x->is_asked = true;
}

static void undo(Task *task)
{
    Exchange *x = exchange_of(task);
    Request *req = &x->request;

    error_clear(&req->error);
    req->problem_members = NULL;
    req->state = x->state_before;
    req->db = NULL;
    x->reply = (Reply){ .status = 0 };
    x->is_asked = x->is_overspent = false;
    /* What was made in vain stays where it is, and does not count. */
    x->arena.budget = x->arena.total + LIMIT_REQUEST_MEMORY;
}

/* The step has its reply, or the next one comes; or this one once more. */
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
    x->step++;
    x->is_asked = false;
    skip_steps(x);
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
           is_handler(x) && x->request.has_token && x->fault.code == ERROR_NONE &&
           pace_of(x) == PACE_QUICK && !is_scan(x);
}

/* The network thread waits for no database, and for nothing that takes long. */
static bool runs_here(const Worker *worker, Exchange *x)
{
    const Route *route = x->request.route;

    if (!is_read(x) || is_scan(x) || x->is_long)
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
        is_handler(x) && x->step > x->first_step && before[x->step - 1].lane == LANE_SCAN;

    return has_looked || x->request.route->changes_many ||
           x->content.length > LIMIT_LONG_WRITE_BYTES;
}

/* What takes long of one person's never has all threads of a lane. */
static bool takes_long(Exchange *x)
{
    if (x->task.lane == LANE_WRITE)
        return x->task.is_long;
    return x->has_reply || x->is_long || is_scan(x);
}

static void choose_lane(Exchange *x)
{
    Lane lane = x->has_reply ? LANE_SCAN : present_step(x).lane;

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
    if (!x->has_reply && x->step == 0 && is_refused(x, true))
        exchange_reply(x, reply_error(&x->request));
    if (!x->has_reply)
        skip_steps(x);
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
