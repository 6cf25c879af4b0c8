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

/* Finishes what is queued, refuses the rest, and ends the threads. */
void lanes_stop(Lanes *lanes);

/* Closes the database, when they are stopped and nobody calls lanes_run or lanes_rest any more. */
void lanes_finish(Lanes *lanes);

typedef enum LaneVerdict {
    LANES_ANSWERED, /* x->reply is ready */
    LANES_TAKEN,    /* the connection is suspended, and a lane will resume it; then run it again */
    LANES_GROUP,    /* to be suspended, kept, and given to lanes_answer with others like it */
} LaneVerdict;

/* On the network thread: runs what belongs here. `reader` is this thread's ({ 0 } at first); what
 * it borrows stays there for what comes next, until lanes_rest. */
LaneVerdict lanes_run(Lanes *lanes, Reader *reader, Exchange *x);

/* On the network thread: a list (by `next`) of at most READ_GROUP. True: each x->reply is ready,
 * and the caller resumes the connections. False: lanes will. */
bool lanes_answer(Lanes *lanes, Reader *reader, Exchange *first);

/* The network thread has nothing more to do for the moment, and gives its connection back. */
void lanes_rest(Lanes *lanes, Reader *reader);
