#include "api/window.h"

#include "api/event_input.h"

#include "base/budget.h"
#include "base/limits.h"

const Location window_end_location = { .parent = &query_location, .name = "to" };

bool window_check_order(Error *err, Arena *arena, Instant from, Instant to)
{
    return from < to || error_fault(err, arena, &window_end_location, "time_order",
                                    "`to` must be later than `from`.");
}

bool window_check(Error *err, Arena *arena, Instant from, Instant to)
{
    if (!window_check_order(err, arena, from, to))
        return false;
    return to - from <= LIMIT_WINDOW_DAYS * DAY_US ||
           error_fault(err, arena, &window_end_location, "window_too_long",
                       "`to` must be at most %d days after `from`.", LIMIT_WINDOW_DAYS);
}

bool window_fill_in(Request *req, Instant *from, Instant *to)
{
    if (*from == INSTANT_NULL)
        *from = req->now;
    if (*to == INSTANT_NULL)
        *to = *from + DEFAULT_WINDOW_DAYS * DAY_US;
    return window_check(&req->error, req->arena, *from, *to);
}

bool window_add_events(Request *req, const List *events, Agenda *agenda)
{
    for (size_t i = 0; i < events->count; i++) {
        Error problem = { 0 };
        if (!budget_allows(req->arena, &req->error))
            return false;
        if (!agenda_add(agenda, (const Event *)events->items + i, &problem) &&
            *agenda->window.work_left < 0)
            return refuse_complex(req, &window_end_location, &problem);
    }
    return true;
}
