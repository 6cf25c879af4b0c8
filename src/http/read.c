#include "http/read.h"

#include "http/step.h"

/* A round trip wakes two processes, and costs more than the statements of a read. What all of them
 * want to know is asked and sent together; then each runs as if it were alone, and takes its own
 * answers. */
bool read_group(Db *db, Exchange *first)
{
    Error error = { .code = ERROR_NONE };

    for (Exchange *x = first; x != NULL; x = exchange_next(x)) {
        x->request.db = db;
        step_ask(x);
    }
    bool came = db_send_asks(db, &error);
    for (Exchange *x = first; x != NULL; x = exchange_next(x)) {
        x->is_asked = came;
        if (came)
            x->has_reply = step_run(x);
        x->request.db = NULL;
    }
    db_drop_asks(db);
    return came;
}
