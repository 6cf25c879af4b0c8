/* Step - runs one step of an operation, or its handler. */
#pragma once

#include "http/exchange.h"

/* Where the present step runs. */
Lane step_lane(const Exchange *x);

/* Is the present one the handler, and the first there is? */
bool step_is_only(const Exchange *x);

/* What the handler takes, told from the request alone. */
Pace step_pace(Exchange *x);

/* Asks the database what the present step takes (db_ask). */
void step_ask(Exchange *x);

/* Runs the present step on request.db. True: it gave the reply of the request (in x->reply, not
 * yet marked with has_reply). False: the next step is to come. */
bool step_run(Exchange *x);

/* Did the step go well enough for its transaction to be committed? */
bool step_is_good(const Exchange *x);

/* On to the next one. */
void step_advance(Exchange *x);

/* Back to where it was before the step ran, to run it again. */
void step_undo(Exchange *x);

/* A failure outside the handler: begin, commit, a full queue. */
void step_fail(Exchange *x, const Error *error);
