/* Server - listens, guards, routes, runs the lanes. The only folder that knows libmicrohttpd.
 *
 *   server_start(&app, &server, err) … server_wait_for_signal … server_stop(&server)
 *
 * Stop: /readyz turns 503, no new connections, everything accepted is finished (at most 10 s),
 * the lanes drain, SQLite is checkpointed. */
#pragma once

#include "base/buffer.h"
#include "http/rate_limit.h"
#include "http/request.h"

bool server_start(const App *app, Server **ret_server, Error *err);
void server_stop(Server **server);

/* The port it listens on: of interest when it was asked for port 0. */
uint16_t server_port(const Server *server);

/* How many connections to the database it opens at most with these settings. */
size_t server_connections(const Config *config);

/* Has every thread of the network gone round since this was last asked? For a watchdog, from one
 * thread. What waits for a database is no matter of this: another process would wait for it too. */
bool server_is_alive(Server *server);

/* Counts one of a class of the whole node. False: there were too many, and another is allowed in
 * *ret_retry_after_s. True without a limit of the rate (FASTI_RATE_LIMIT). */
bool server_allows(Server *server, RateClass class, unsigned *ret_retry_after_s);

/* Takes back what was counted. */
void server_forgive(Server *server, RateClass class);

/* Counters in the Prometheus text format. */
void server_write_metrics(const Server *server, Buffer *out);
