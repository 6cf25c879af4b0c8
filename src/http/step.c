#include "http/step.h"

#include <assert.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "http/entity_tag.h"
#include "http/idempotency.h"

enum { STEPS = sizeof(((Route *)NULL)->before) / sizeof(Step) };

/* -- Steps ------------------------------------------------------------------------------------ */

bool step_is_handler(const Exchange *x)
{
    return x->step == STEPS || x->request.route->before[x->step].run == NULL;
}

Step step_present(const Exchange *x)
{
    const Route *route = x->request.route;

    if (step_is_handler(x))
        return (Step){ .lane = route->lane, .run = route->handler };
    return route->before[x->step];
}

bool step_needs_permit(const Exchange *x)
{
    const Route *route = x->request.route;

    return x->step == x->first_step ||
           (step_is_handler(x) &&
            (route->lane == LANE_WRITE || route->before[x->step - 1].lane != route->lane));
}

bool step_is_read(const Exchange *x)
{
    Lane lane = step_present(x).lane;

    return lane == LANE_READ || lane == LANE_SCAN;
}

void step_skip(Exchange *x)
{
    const Step *before = x->request.route->before;
    bool is_first = x->step == x->first_step;

    while (!step_is_handler(x) && x->fault.code == ERROR_NONE &&
           before[x->step].is_needed != NULL && !before[x->step].is_needed(&x->request))
        x->step++;
    if (is_first)
        x->first_step = x->step;
}

void step_go_back(Exchange *x)
{
    const Step *before = x->request.route->before;
    size_t last = STEPS - 1;

    while (last > 0 && before[last].run == NULL)
        last--;
    assert(step_is_handler(x) && before[last].run != NULL);
    x->step = x->first_step = last;
}

Pace step_pace(Exchange *x)
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
 * has used too many keys. `early`: before there is a database, for what needs none to be refused.
 */
static bool is_refused(Exchange *x, bool early)
{
    Request *req = &x->request;
    const Route *route = req->route;
    bool is_open = route_is_open(route);

    if (early && !is_open && req->has_token)
        return false;
    x->is_barred = !is_open && !route->needs->permit(route->needs, req);
    if (x->is_barred)
        return true;
    if (route->honours_if_match && !check_if_match(req))
        return true;
    if (x->fault.code == ERROR_NONE)
        return step_is_handler(x) && x->once != NULL && !idempotency_admits(x);
    req->error = x->fault;
    return true;
}

bool step_is_refused_early(Exchange *x)
{
    return is_refused(x, true);
}

/* -- Running a step --------------------------------------------------------------------------- */

void step_log_failure(const Request *req)
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

    req->lane = step_present(x).lane;
    if (step_is_handler(x) && route->ask != NULL && x->fault.code == ERROR_NONE &&
        request_may_be_heard(req)) {
        (void)step_pace(x);
        route->ask(req);
    }
    if (need != NULL && req->has_token && need->ask != NULL)
        need->ask(need, req);
}

void step_ask(Exchange *x)
{
    ask_with(x, step_needs_permit(x) ? x->request.route->needs : NULL);
}

static Reply judge_and_run(Exchange *x)
{
    if (!x->is_asked)
        step_ask(x);
    if (step_needs_permit(x) && is_refused(x, false))
        return reply_error(&x->request);
    return step_present(x).run(&x->request);
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
        if (x->is_done) {
            (void)error_set(&req->error, ERROR_KEY_IN_USE,
                            "The reply to this key has just been forgotten: send it again.");
            break;
        }
        reply = judge_and_run(x);
        return !step_is_handler(x) || idempotency_keep(x, &reply) ? reply : reply_error(req);
    case KEY_IS_KEPT:
        return step_is_handler(x) ? give_again(x) : reply_go_on();
    case KEY_IS_TAKEN:
        return refuse_key(x);
    case KEY_REFUSED:
        break;
    }
    return reply_error(req);
}

/* Who was refused may have done it already. A need that judges the reply given again, too, is as
 * good a judge here. */
static bool may_be_done(const Exchange *x)
{
    const Request *req = &x->request;
    bool is_barred = x->is_barred && req->route->needs_again == NULL;

    return x->once != NULL && req->has_token && req->db != NULL && step_is_read(x) &&
           !step_is_handler(x) && !is_barred && x->fault.code == ERROR_NONE &&
           x->reply.status >= 400 && x->reply.status < 500;
}

/* What a step finds in the way may be what this very request has done when it was sent before: the
 * handler gives the reply of then. It has nothing else to go by, so it is run for that alone. */
static void pass_to_handler_if_done(Exchange *x)
{
    Request *req = &x->request;
    const Step *before = req->route->before;

    if (!may_be_done(x) || !idempotency_is_kept(x))
        return;
    error_clear(&req->error);
    req->problem_members = NULL;
    x->reply = reply_go_on();
    x->is_done = true;
    while (x->step + 1 < STEPS && before[x->step + 1].run != NULL)
        x->step++;
}

bool step_is_scan(Exchange *x)
{
    const Need *need = x->request.route->needs;

    if (!x->request.has_token)
        return false;
    if (need != NULL && need->takes_long != NULL && need->takes_long(&x->request))
        return true;
    if (x->fault.code != ERROR_NONE)
        return false;
    return step_present(x).lane == LANE_SCAN || (step_is_handler(x) && step_pace(x) == PACE_SCAN);
}

void step_run(Exchange *x)
{
    Request *req = &x->request;
    size_t budget = x->arena.budget;

    req->is_brief = step_present(x).lane == LANE_READ && !x->is_long && !step_is_scan(x);
    req->change_set = ARENA_NEW(req->arena, ChangeSet); /* begun anew where it runs again */
    req->work_left = req->is_brief ? LIMIT_BRIEF_WORK : LIMIT_VIEW_WORK;
    if (req->is_brief)
        x->arena.budget = x->arena.total + LIMIT_BRIEF_MEMORY;
    bool is_once = x->once != NULL && step_present(x).lane == LANE_WRITE;
    x->is_barred = false;
    x->reply = is_once ? run_once(x) : judge_and_run(x);
    x->is_overspent = req->is_brief && (req->work_left < 0 || x->arena.total > x->arena.budget);
    x->arena.budget = budget;
    if (!x->is_overspent)
        pass_to_handler_if_done(x);
    if (x->reply.status >= 500 && !x->is_overspent)
        step_log_failure(req);
}
