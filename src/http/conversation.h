/* Conversation - libmicrohttpd's callbacks: a connection, its requests, their replies.
 *
 *   connection  → on_connection
 *   request line → on_request_line    makes the Exchange
 *   head, body, all of it → on_request   guard, intake, operation, response
 *   sent or given up → on_end         counts, logs, frees the Exchange
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
#include "work/backups.h"
#include "work/cleaner.h"
#include "work/forgetting.h"
#include "work/zone_watch.h"

struct Server {
    Arena arena; /* holds the server too */
    const App *app;
    Network network;
    Lanes lanes;
    Schedule schedule;
    Forgetting forgetting;
    Cleaner cleaner;
    ZoneWatch zone_watch;
    Backups backups;
    Peers peers;
    Router *router;
    Router *socket_router; /* NULL without a socket */
    TokenCache *tokens;
    Metrics *metrics;
    RateLimiter *limiter; /* NULL: off */
    atomic_size_t in_flight;
    uint16_t port;
};

/* Their context is the Server. */
extern const NetworkCallbacks conversation_callbacks;
