#include "http/read.h"

#include "http/step.h"

/* A round trip wakes two processes, and costs more than the statements of a read. What all of them
 * are going to ask is sent together; then each runs as if it were alone, and finds its answers. */
bool read_group(Db *db, Exchange *first)
{
    Error error = { .code = ERROR_NONE };
    size_t count = 0;

    for (Exchange *x = first; x != NULL; x = exchange_next(x)) {
        db_turn_to(db, count++);
        x->request.db = db;
        step_foresee(x);
    }
    bool came = db_ask_foreseen(db, count, &error);
    size_t slot = 0;
    for (Exchange *x = first; x != NULL; x = exchange_next(x)) {
        db_turn_to(db, slot++);
        x->is_foreseen = came;
        if (came)
            x->has_reply = step_run(x);
        db_forget(db);
        x->request.db = NULL;
    }
    db_turn_to(db, 0);
    return came;
}
