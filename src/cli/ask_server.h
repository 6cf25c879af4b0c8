/* Ask server - one POST to the server that has the database, through its Unix socket: as much of
 * HTTP/1.1 as that takes, and no more than the server sends. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

typedef enum Asked {
    ASKED_NOBODY,   /* nobody listens there */
    ASKED_ANSWERED, /* *ret_answer is what it says it did */
    ASKED_REFUSED,  /* *err is what it says why not */
    ASKED_LOST,     /* *err: there was no answer, and nobody knows whether it was done */
} Asked;

/* Waits for at most half a minute. `json` is the body. */
Asked ask_server(const char *socket_path, const char *path, const char *json, Arena *arena,
                 const char **ret_answer, Error *err);
