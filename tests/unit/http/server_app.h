/* The application under the server that tests/unit/http/server.c speaks to: a route table of its
 * own over a database of its own. */
#pragma once

#include <stdatomic.h>

#include "http/reply.h"
#include "http/server.h"

enum { MEETING = 4 }; /* network threads */

extern const RouteTable form_routes; /* forms_app.c */
extern Server *server;
extern atomic_int streams_stopped;
extern atomic_int setbacks;       /* how many handlers to come meet one … */
extern atomic_int setback_code;   /* … which is this ErrorCode */
extern atomic_int is_gate_closed; /* the handlers at the gate wait while it is */

int start_server(void **state);
int stop_server(void **state);
