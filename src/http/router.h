/* Router - which row of the route tables a request is for. */
#pragma once

#include "http/request.h"
#include "http/uri.h"

typedef struct Match {
    const Route *route; /* NULL with OPTIONS */
    size_t index;       /* of the route, counted over all tables */
    const char *values[REQUEST_PATH_VALUES];
    const char *allow; /* the methods that this path knows, in the arena */
} Match;

typedef struct Router Router;

/* Reads the tables, which stay where they are, once. No two routes have both address and method in
 * common. */
Router *router_create(const RouteTable *const *tables, Arena *arena);

/* Finds the route. False with ERROR_NOT_FOUND, ERROR_METHOD_NOT_ALLOWED (ret_match->allow is set)
 * or ERROR_NOT_IMPLEMENTED. HEAD is GET. OPTIONS succeeds without a route. */
bool router_find(const Router *router, const char *method, const Path *path, Arena *arena,
                 Match *ret_match, Error *err);

/* Routes in all tables. */
size_t router_count(const RouteTable *const *tables);
/* NULL behind the last one. */
const Route *router_route(const RouteTable *const *tables, size_t index);
