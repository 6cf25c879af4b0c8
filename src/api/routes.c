#include "api/routes.h"

void routes_all(RouteTable ret_tables[ROUTE_TABLES])
{
    const RouteTable tables[ROUTE_TABLES] = {
        account_routes,    session_routes, user_routes,   event_routes,    batch_routes,
        sharing_routes,    history_routes, series_routes, calendar_routes, conflict_routes,
        recurrence_routes, system_routes,  docs_routes,   { 0 },
    };

    for (int i = 0; i < ROUTE_TABLES; i++)
        ret_tables[i] = tables[i];
}
