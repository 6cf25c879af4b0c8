/* The PostgreSQL driver: how it waits.
 *
 * A server that is there and does not answer (stopped, swapped out, behind a link that swallows)
 * keeps its connections open, and neither its own statement_timeout nor TCP ever says a word. So
 * this side counts too: what has not come some time after the statement should have been cut off
 * never comes, and the connection is of no use any more. */
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "store/driver/postgres.h"

enum { GRACE_MS = 1000 }; /* for the way there and back, and for a server that is slow to cut off */

void postgres_expect(PostgresDb *db)
{
    db->expected_us =
        db->timeout_ms == 0 ? INT64_MAX : clock_monotonic_us() + (db->timeout_ms + GRACE_MS) * 1000;
}

void postgres_look_at_clock(PostgresDb *db)
{
    if (clock_monotonic_us() < db->expected_us)
        return;
    db->is_late = true;
    (void)shutdown(PQsocket(db->connection), SHUT_RDWR); /* libpq finds the end there */
}

static void wait_for_bytes(const PostgresDb *db)
{
    int64_t left_us = db->expected_us - clock_monotonic_us();
    int64_t left_ms = left_us > 0 ? left_us / 1000 + 1 : 0;
    short writes = PQflush(db->connection) == 1 ? POLLOUT : 0;
    struct pollfd one = { .fd = PQsocket(db->connection), .events = (short)(POLLIN | writes) };

    (void)poll(&one, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
}

void postgres_wait(PostgresDb *db)
{
    PGconn *connection = db->connection;

    postgres_expect(db);
    while (PQstatus(connection) == CONNECTION_OK && PQisBusy(connection) == 1 && !db->is_late) {
        wait_for_bytes(db);
        postgres_look_at_clock(db);
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
