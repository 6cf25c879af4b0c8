/* Lanes - where the steps of a request run (route.h says what each lane is).
 *
 *   READ    the network thread that read the request
 *   WRITE   SQLite: one thread, many requests in one commit; PostgreSQL: some threads, one
 *           transaction each
 *   SLOW    a few threads of low priority, no transaction
 *
 * An operation is its steps and then its handler; each goes to its own lane. Who asks and whether
 * he may is settled before the first step, and again where the handler runs in another lane, so
 * that what was revoked in between is seen. */
#pragma once

#include "http/db_pool.h"
#include "http/queue.h"

typedef struct Lanes {
    const App *app;
    DbPool readers;
    Queue writes;
    Queue slow;
    struct LaneThread *threads; /* writers first */
    size_t writer_count;
    size_t thread_count;
    size_t group_limit; /* how many writes share a commit */
} Lanes;

/* Opens the database for writing and starts the threads. `network_threads`: how many will call
 * lanes_run. */
bool lanes_start(Lanes *lanes, const App *app, DbKind kind, size_t network_threads, Arena *arena,
                 Error *err);

/* Finishes what is queued, refuses the rest, and ends the threads. */
void lanes_stop(Lanes *lanes);

/* Closes the database, when they are stopped and nobody calls lanes_run or lanes_rest any more. */
void lanes_finish(Lanes *lanes);

/* On the network thread: runs what belongs here. True: x->reply is ready. False: the connection is
 * suspended, and a lane will resume it; then call again. `reader` is this thread's ({ 0 } at
 * first); what it borrows stays there for what comes next, until lanes_rest. */
bool lanes_run(Lanes *lanes, Reader *reader, Exchange *x);

/* The network thread has nothing more to do for the moment, and gives its connection back. */
void lanes_rest(Lanes *lanes, Reader *reader);
