#include "api/routes.h"

#include <stddef.h>

const RouteTable *const all_routes[] = {
    &setup_routes,    &account_routes,  &session_routes,      &me_routes,
    &block_routes,    &user_routes,     &managed_user_routes, &role_routes,
    &event_routes,    &batch_routes,    &sharing_routes,      &transfer_routes,
    &history_routes,  &series_routes,   &occurrence_routes,   &calendar_routes,
    &freebusy_routes, &conflict_routes, &recurrence_routes,   &zone_change_routes,
    &audit_routes,    &system_routes,   &docs_routes,         NULL,
};
