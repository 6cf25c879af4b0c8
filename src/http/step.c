#include "http/step.h"

#include <string.h>

#include "base/log.h"
#include "http/permit.h"

enum { STEPS = sizeof(((Route *)NULL)->before) / sizeof(Step) };

static Step step_at(const Route *route, size_t index)
{
    size_t count = 0;

    while (count < STEPS && route->before[count].run != NULL)
        count++;
    if (index < count)
        return route->before[index];
    return (Step){ .lane = route->lane, .run = route->handler };
}

static bool is_handler(const Exchange *x)
{
    return x->step == STEPS || x->request.route->before[x->step].run == NULL;
}

bool step_is_only(const Exchange *x)
{
    return x->step == 0 && is_handler(x);
}

/* Steps between the first and the handler run on what those two were permitted. */
static bool needs_permit(const Exchange *x)
{
    const Route *route = x->request.route;

    if (x->step == 0)
        return true;
    return is_handler(x) && step_at(route, x->step - 1).lane != route->lane;
}

Lane step_lane(const Exchange *x)
{
    return step_at(x->request.route, x->step).lane;
}

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

Pace step_pace(Exchange *x)
{
    const Route *route = x->request.route;

    if (!x->is_prepared && route->prepare != NULL)
        x->pace = route->prepare(&x->request);
    x->is_prepared = true;
    return x->pace;
}

/* Nobody who sends no token, or nonsense, costs more questions than it takes to refuse him. */
void step_ask(Exchange *x)
{
    Request *req = &x->request;
    const Route *route = req->route;

    if (needs_permit(x))
        permit_ask(req);
    if (!is_handler(x) || route->ask == NULL || x->fault.code != ERROR_NONE ||
        (route->needs != NEEDS_NOBODY && !req->has_token))
        return;
    step_pace(x);
    route->ask(req);
}

bool step_run(Exchange *x)
{
    Request *req = &x->request;

    if (!x->is_asked)
        step_ask(x);
    if (needs_permit(x) && !permit_request(req)) {
        x->reply = reply_error(req);
    } else if (x->fault.code != ERROR_NONE) {
        req->error = x->fault;
        x->reply = reply_error(req);
    } else {
        x->reply = step_at(req->route, x->step).run(req);
    }
    if (x->reply.status >= 500)
        log_failure(req);
    return x->reply.status != 0;
}

bool step_is_good(const Exchange *x)
{
    return x->reply.status < 400;
}

void step_advance(Exchange *x)
{
    x->step++;
    x->state_before = x->request.state;
}

void step_undo(Exchange *x)
{
    Request *req = &x->request;

    error_clear(&req->error);
    req->problem_members = NULL;
    req->state = x->state_before;
    x->reply = (Reply){ .status = 0 };
}

void step_fail(Exchange *x, const Error *error)
{
    x->request.error = *error;
    x->reply = reply_error(&x->request);
    log_failure(&x->request);
}
