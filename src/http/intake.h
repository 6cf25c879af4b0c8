/* Intake - from bytes to a Request: everything that the route's row says about what comes in. */
#pragma once

#include "http/exchange.h"

/* Before the head is even checked: the request's id, its moment, who is at the other end. */
void intake_introduce(Exchange *x);

/* From the checked head: the route, the values in the path, the token, what is decided by a header
 * field. False: x->request.error. With OPTIONS there is no route. */
bool intake_read_head(Exchange *x);

/* From the query and the body, when all of it is there, and from somebody: without a genuine token
 * where one is needed nothing is read. Faults go to x->fault, because only those learn them who may
 * do what they ask for. */
void intake_read_input(Exchange *x);

/* What the route does of a long body beforehand, where it is sound. */
void intake_digest(Exchange *x);
