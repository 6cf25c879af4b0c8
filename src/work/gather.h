/* Gather - how a thread that must not wait reads from PostgreSQL.
 *
 *   gather_add … gather_add     tasks that read (kind->ask is there)
 *   gather_ask                  they ask together, in one round trip, unless one is on its way
 *   gather_watch, poll, gather_continue    when the answers are here, each task runs
 *
 * What is added meanwhile is the next round. Where no connection is open, where a round trip
 * failed, and where a task wants to know more than it has asked, it goes to the SCAN lane, whose
 * threads may wait; where no answer came in time, each fails. */
#pragma once

#include "work/lanes.h"

typedef struct Gather {
    Worker *worker;     /* its connection is the round trip's while one is on its way */
    Task *first, *last; /* not asked yet */
    Task *asked;        /* on their way; NULL: none */
} Gather;

void gather_add(Gather *gather, Task *task);
void gather_ask(Gather *gather);

/* What to poll for, and until when; a socket of -1 and INT64_MAX: nothing. */
AskWatch gather_watch(const Gather *gather);

/* Looks how far it is. */
void gather_continue(Gather *gather);

/* Fails what is still there. */
void gather_stop(Gather *gather);
