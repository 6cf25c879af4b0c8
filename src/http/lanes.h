/* Lanes - where the steps of a request run (route.h says what each lane is).
 *
 *   READ    SQLite: the network thread that read the request. PostgreSQL: there too when it says
 *           what it will ask and that is quick, together with others that came with it (read.h);
 *           else some threads, so that nobody waits behind what takes long
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
    Queue reads;
    Queue writes;
    Queue slow;
    struct LaneThread *threads; /* writers first, then readers */
    size_t writer_count;
    size_t reader_count; /* 0: network threads run all that reads */
    size_t thread_count;
    size_t group_limit; /* how many writes share a commit */
} Lanes;

/* Opens the database for writing and starts the threads. `network_threads`: how many will call
 * lanes_run. */
bool lanes_start(Lanes *lanes, const App *app, DbKind kind, size_t network_threads, Arena *arena,
                 Error *err);

/* Finishes what is queued, refuses the rest, and closes the database. */
void lanes_stop(Lanes *lanes);

/* On the network thread: runs what belongs here. True: x->reply is ready. False: the connection is
 * suspended, and a lane will resume it; then call again. */
bool lanes_run(Lanes *lanes, Exchange *x);

/* On the network thread: a list (by `next`) of at most DB_SLOTS that lanes_run left to
 * exchange_keep. True: each x->reply is ready, and the caller resumes the connections. False: lanes
 * will. */
bool lanes_answer(Lanes *lanes, Exchange *first);
