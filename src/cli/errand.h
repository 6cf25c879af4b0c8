/* Errand - what a command wants done to the database.
 *
 *   code = errand_run(call, &user_disable, &input);
 *
 * It is run here, in a transaction, where the database can be opened for writing. On SQLite one
 * process alone may do so: beside a running server the errand goes through its socket, as a
 * request, and is run in its WRITE lane. The input travels as the JSON of its table, and the
 * sentence comes back, so that what the user sees and the exit code are the same. Whatever is asked
 * at the terminal, and bcrypt, come before.
 *
 * With curl:
 *
 *   curl --unix-socket fasti-data/fasti.db.sock http://fasti/commands/user-disable
 *        -H 'Content-Type: application/json' -d '{"name": "amira"}' */
#pragma once

#include "cli/command.h"
#include "http/reply.h"

typedef struct Errand {
    Route route; /* first, so that a request's route is the errand; `in.takes` is the input */
    /* Inside a transaction that whoever calls it ends; perhaps again after a rollback. `input` is
     * the struct of `in.takes`, and sound. Leaves a sentence for the user; one that leaves none has
     * done a piece of what is long, and is run again, in the next transaction. */
    bool (*run)(Db *db, Arena *arena, const void *input, Buffer *out, Error *err);
} Errand;

/* Runs it as a request, for the row. */
Reply errand_reply(Request *req);

#define ERRAND(path_, run_, input_)                                                                \
    {                                                                                              \
        .route = { METHOD_POST,                                                                    \
                   (path_),                                                                        \
                   errand_reply,                                                                   \
                   LANE_WRITE,                                                                     \
                   .needs = &need_nobody,                                                          \
                   .in.takes = (input_),                                                           \
                   .out.shape = GIVES_OTHER,                                                       \
                   .out.content_type = "text/plain" },                                             \
        .run = (run_)                                                                              \
    }

/* Has it done, here or by the server; prints the sentence. Returns the exit code. */
int errand_run(Call *call, const Errand *errand, const void *input);

typedef enum ErrandEnd {
    ERRAND_DONE,        /* *ret_left is what it left */
    ERRAND_REFUSED,     /* *err says why; the database is as it was */
    ERRAND_NO_DATABASE, /* *err: it cannot be reached, or nobody knows whether it was done */
    ERRAND_LOCKED,      /* *err: somebody has it open, and does not answer */
} ErrandEnd;

/* The same once, for a command that does something with what is left. *ret_db, NULL at first, is
 * the database where it could be opened, for the next time. */
ErrandEnd errand_run_once(Call *call, Db **ret_db, const Errand *errand, const void *input,
                          Arena *arena, const char **ret_left, Error *err);

/* Says why it did not end well; returns the exit code. */
int errand_fail(Call *call, ErrandEnd end, const Error *err);
