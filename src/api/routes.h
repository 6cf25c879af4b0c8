/* Routes - all operations, a table for each resource. */
#pragma once

#include "http/route.h"

#define ROUTE_TABLE(routes_)                                                                       \
    {                                                                                              \
        .routes = (routes_), .count = sizeof(routes_) / sizeof((routes_)[0])                       \
    }

extern const RouteTable setup_routes;
extern const RouteTable account_routes;
extern const RouteTable session_routes;
extern const RouteTable me_routes;
extern const RouteTable block_routes;
extern const RouteTable user_routes;
extern const RouteTable managed_user_routes;
extern const RouteTable role_routes;
extern const RouteTable event_routes;
extern const RouteTable batch_routes;
extern const RouteTable sharing_routes;
extern const RouteTable transfer_routes;
extern const RouteTable history_routes;
extern const RouteTable series_routes;
extern const RouteTable calendar_routes;
extern const RouteTable occurrence_routes;
extern const RouteTable freebusy_routes;
extern const RouteTable conflict_routes;
extern const RouteTable recurrence_routes;
extern const RouteTable zone_change_routes;
extern const RouteTable audit_routes;
extern const RouteTable system_routes;
extern const RouteTable docs_routes;

/* Ended by NULL. */
extern const RouteTable *const all_routes[];
