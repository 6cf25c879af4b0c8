/* The PostgreSQL driver: a round trip that nobody waits for (libpq, "Asynchronous Command
 * Processing"). What is sent goes out, and what comes is read, as the socket lets it, for a thread
 * that waits for much else beside it. */
#include <poll.h>

#include "store/driver/postgres.h"

bool postgres_is_open(const Db *base)
{
    return postgres_is_alive(postgres_of(base));
}

bool postgres_start(Db *base, const Ask *first, Error *err)
{
    PostgresDb *db = postgres_of(base);
    Error ignored = { .code = ERROR_NONE };

    /* Else libpq waits until a full socket takes more. */
    if (PQsetnonblocking(db->connection, 1) != 0)
        return postgres_fail(db, NULL, NULL, err);
    if (!postgres_send_all(db, first, err)) {
        (void)PQsetnonblocking(db->connection, 0);
        postgres_collect(db, &ignored); /* nothing may land in their rows later */
        return false;
    }
    postgres_expect(db);
    return postgres_push(db) || (postgres_end(db, err), false);
}

bool postgres_continue(Db *base, bool *ret_done, Error *err)
{
    PostgresDb *db = postgres_of(base);

    postgres_look_at_clock(db);
    if (PQflush(db->connection) >= 0)
        (void)PQconsumeInput(
            db->connection); /* when it fails the connection is bad, and it shows */
    size_t landed = db->landed;
    *ret_done = postgres_land(db);
    if (!*ret_done) {
        if (db->landed > landed)
            postgres_expect(db); /* the time is that of one statement */
        return true;
    }
    (void)PQsetnonblocking(db->connection, 0);
    return postgres_end(db, err);
}

AskWatch postgres_watch(const Db *base)
{
    const PostgresDb *db = postgres_of(base);

    return (AskWatch){
        .socket = PQsocket(db->connection),
        .events = (short)(PQflush(db->connection) == 1 ? POLLIN | POLLOUT : POLLIN),
        .until_us = db->expected_us,
    };
}
