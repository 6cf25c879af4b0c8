/* Step - one part of an operation: the handler of its route, or what the route does before it.
 *
 * Who may is judged here, in the order of answers of the contract, and here a request with an
 * Idempotency-Key is done once. Which lane a step waits for, and what comes after it, is the
 * operation's (http/operation.h). */
#pragma once

#include "http/exchange.h"

/* Of the present step, which x->step names. */
bool step_is_handler(const Exchange *x);
Step step_present(const Exchange *x);

/* Is it judged who may, before it is run? Steps between the first and the handler run on what those
 * two were permitted; what writes is judged in its own transaction. */
bool step_needs_permit(const Exchange *x);

/* It only looks, whether it takes long or not … */
bool step_is_read(const Exchange *x);

/* … and it takes long, so that no network thread does it. Who may not ask or asks nonsense is
 * refused quickly. */
bool step_is_scan(Exchange *x);

/* What the route's `prepare` says, which is asked once. */
Pace step_pace(Exchange *x);

/* Goes on to the next step that this request needs. A request with a fault passes over none: the
 * first one refuses it. */
void step_skip(Exchange *x);

/* From the handler to the step before it, which is the first one then. */
void step_go_back(Exchange *x);

/* Before there is a database: nobody is asking, or anybody may and asks nonsense. The refusal is in
 * x->request.error. */
bool step_is_refused_early(Exchange *x);

/* Sends the questions of the step and of its need, so that those of several requests share a round
 * trip; x->is_asked is the caller's. */
void step_ask(Exchange *x);

/* Runs it on request.db, which a step that asks no database has not: x->reply is the reply of the
 * request, unless its status is 0. x->is_overspent: a brief read took more than it may, and is to
 * begin anew. */
void step_run(Exchange *x);

/* Our own mistakes and the database's troubles: the client gets a status, the log gets the words.
 */
void step_log_failure(const Request *req);
