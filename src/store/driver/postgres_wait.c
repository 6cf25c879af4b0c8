/* The PostgreSQL driver: how it waits.
 *
 * A server that is there and does not answer (stopped, swapped out, behind a link that swallows)
 * keeps its connections open, and neither its own statement_timeout nor TCP ever says a word. So
 * this side counts too: what has not come some time after the statement should have been cut off
 * never comes, and the connection is of no use any more. */
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "store/driver/postgres.h"

enum { GRACE_MS = 1000 }; /* for the way there and back, and for a server that is slow to cut off */

/* Bytes came or went; false: until then none did. */
static bool wait_for_bytes(PGconn *connection, int64_t end_us)
{
    int64_t left_us = end_us - clock_monotonic_us();
    short writes = PQflush(connection) == 1 ? POLLOUT : 0;
    struct pollfd one = { .fd = PQsocket(connection), .events = (short)(POLLIN | writes) };

    return left_us > 0 && poll(&one, 1, (int)(left_us / 1000) + 1) != 0;
}

void postgres_wait(PostgresDb *db)
{
    PGconn *connection = db->connection;
    int64_t end_us = clock_monotonic_us() + (db->timeout_ms + GRACE_MS) * 1000;

    if (db->timeout_ms == 0)
        return;
    while (PQstatus(connection) == CONNECTION_OK && PQisBusy(connection) == 1) {
        if (!wait_for_bytes(connection, end_us)) {
            db->is_late = true;
            (void)shutdown(PQsocket(connection), SHUT_RDWR); /* libpq finds the end there */
            return;
        }
        if (PQconsumeInput(connection) != 1)
            return;
    }
}

PGresult *postgres_script(PostgresDb *db, const char *script)
{
    PGresult *last = NULL;
    PGresult *next;

    if (PQsendQuery(db->connection, script) != 1)
        return NULL;
    for (postgres_wait(db); (next = PQgetResult(db->connection)) != NULL; postgres_wait(db)) {
        PQclear(last);
        last = next;
    }
    return last;
}
