/* Conversation - libmicrohttpd's callbacks: a connection, its requests, their replies.
 *
 *   connection  → conversation_on_connection
 *   request line → conversation_on_request_line    makes the Exchange
 *   head, body, all of it → conversation_on_request   guard, intake, operation, response
 *   sent or given up → conversation_on_end         counts, logs, frees the Exchange
 *
 * A request that is refused is still read to its end before it is answered, if it is not too long:
 * closing a socket with unread bytes makes the kernel throw the reply away. Only what breaks the
 * framing is answered at once, and then the connection ends. */
#pragma once

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/exchange.h"
#include "http/metrics.h"
#include "http/network.h"
#include "http/peers.h"
#include "http/rate_limit.h"
#include "http/router.h"
#include "work/schedule.h"

struct Server {
    Arena arena; /* holds the server too */
    const App *app;
    Network network;
    Lanes lanes;
    Schedule schedule;
    Peers peers;
    Router *router;
    TokenCache *tokens;
    Metrics *metrics;
    RateLimiter *limiter; /* NULL: off */
    atomic_size_t in_flight;
    uint16_t port;
};

/* Not from an address that has LIMIT_CONNECTIONS_PER_IP open. */
enum MHD_Result conversation_accepts(void *server, const struct sockaddr *address,
                                     socklen_t length);

void conversation_on_connection(void *server, struct MHD_Connection *connection, void **peer,
                                enum MHD_ConnectionNotificationCode code);
void *conversation_on_request_line(void *server, const char *uri,
                                   struct MHD_Connection *connection);
/* `thread` is the NetworkThread that calls; the others get the Server. */
enum MHD_Result conversation_on_request(void *thread, struct MHD_Connection *connection,
                                        const char *uri, const char *method, const char *version,
                                        const char *content, size_t *content_length,
                                        void **exchange);
void conversation_on_end(void *server, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode code);

/* libmicrohttpd would decode the address in place; it is decoded once, by uri.c. */
size_t conversation_leave_escapes(void *context, struct MHD_Connection *connection, char *text);
