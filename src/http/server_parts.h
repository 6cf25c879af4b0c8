/* The parts of a server (http/server.h), for the two files that have them all in hand: server.c
 * makes and ends them, conversation.c leads requests through them. */
#pragma once

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
