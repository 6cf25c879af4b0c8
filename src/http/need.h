/* Need - who may do what a route does. A route's row names one; src/permit/ has them. Like a Type
 * for a field, it does everything about its matter: it asks the database, judges, and describes
 * itself, so that the rest of http/ does not know what there is to be permitted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct Request Request;
typedef struct Need Need;

struct Need {
    /* NULL: open to all. False: req->error says why not, the first of 401, 404 (no right at all)
     * and 403 that is true. True: req->user is filled in, and req->subject and req->subject_version
     * where it is about one thing. Without a genuine token (req->has_token) it is 401 at once,
     * before there is a database. In the WRITE lane what is judged is locked first. */
    bool (*permit)(const Need *need, Request *req);
    /* Asks what `permit` takes (db_ask), and leaves it in req->asked_user and req->asked_subject:
     * called with a genuine token only. */
    void (*ask)(const Need *need, Request *req);
    /* NULL: never. May it take long to judge this one? Then no network thread does it, not even of
     * a request with a fault. */
    bool (*takes_long)(const Request *req);
    /* One sentence for the documentation. */
    const char *(*who_may)(const Need *need, Arena *arena);

    uint64_t failures;  /* FAILS_1(FORBIDDEN), as in a Route */
    const char *action; /* its name in the documentation, or NULL */
    const void *rule;   /* what tells needs of one kind apart; theirs alone */
};
