#include "http/exchange.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/limits.h"
#include "http/network.h"

Exchange *exchange_create(struct MHD_Connection *connection, const char *uri)
{
    Arena arena = { .budget = LIMIT_REQUEST_MEMORY };
    Exchange *x = ARENA_NEW(&arena, Exchange);
    x->arena = arena;
    x->connection = connection;
    x->uri = arena_strdup(&x->arena, uri);
    x->route_index = SIZE_MAX;
    x->started_us = clock_monotonic_us();
    x->content_limit = LIMIT_BODY_BYTES;
    x->request.arena = &x->arena;
    return x;
}

void exchange_destroy(Exchange **x)
{
    Arena arena = (*x)->arena; /* it holds the exchange itself */

    arena_finish(&arena);
    *x = NULL;
}

void exchange_suspend(Exchange *x)
{
    MHD_suspend_connection(x->connection);
}

void request_resume(Request *req)
{
    exchange_resume((Exchange *)((char *)req - offsetof(Exchange, request)));
}

void exchange_resume(Exchange *x)
{
    NetworkThread *thread = x->thread; /* x is the thread's from the next line on */

    MHD_resume_connection(x->connection);
    network_wake(thread);
}
