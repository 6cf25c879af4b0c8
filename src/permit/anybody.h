/* What a route that is open to everybody asks for all the same, where no account says it: from
 * where somebody comes, what secret they bring, what the settings allow. A step of such a route
 * calls these; each is false with the error that says why not. */
#pragma once

#include "http/request.h"

/* Registering: while FASTI_SIGNUP is open. */
bool permit_signup(Request *req);

/* Making the first administrator: by the link that `fasti serve` printed, from the machine it runs
 * on, for LIMIT_SETUP_MINUTES, while there is none. */
bool permit_setup(Request *req, const char *token);
bool refuse_setup(Request *req); /* what everybody else is told; false */

/* Reading the metrics, which tell how busy an organisation is: from this machine itself, or by the
 * token of FASTI_METRICS_TOKEN. */
bool permit_metrics(Request *req);
