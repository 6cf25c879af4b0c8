/* Operation - a request as work: its steps and its handler, each in its own lane.
 *
 * Who asks and whether they may is settled before the first step, and again where the handler runs
 * in another lane, so that what was revoked in between is seen. */
#pragma once

#include "http/exchange.h"
#include "work/gather.h"

/* On the network thread, when all of the request is here, and again when it was resumed: runs what
 * runs here. True: x->reply is ready. False: the connection is suspended, and the thread's own
 * `gather` or a lane has the exchange; when it is resumed, submit it again. */
bool operation_submit(Gather *gather, Exchange *x);
