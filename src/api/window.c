#include "api/window.h"

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

const Timezone *window_days(const Request *req)
{
    return req->user->timezone != NULL ? timezone_find(req->user->timezone) : NULL;
}

void window_add_events(const List *events, Fair *fair, Agenda *agenda)
{
    const Event *items = events->items;

    do {
        for (size_t i = 0; i < events->count; i++) {
            Error problem = { 0 };
            if (fair_begin(fair, &items[i]))
                fair_end(fair, &items[i], agenda_add(agenda, &items[i], &problem));
        }
    } while (fair_next_round(fair));
}

static const Field left_out_fields[] = {
    INTEGER(LeftOut, event_id, .flags = NULLABLE,
            .doc = "The event that was left out; `null`: several of its owner's.", .example = "17"),
    INTEGER(LeftOut, owner_id, .doc = "Whose it is.", .example = "7"),
    TEXT(LeftOut, reason, .max = 64,
         .doc = "`recurrence_too_complex`: of this event alone. `too_much_work`: of this owner's "
                "events together; look at a shorter time. `too_many_series` and "
                "`too_many_occurrences`: of this owner's.",
         .example = "\"too_much_work\""),
};

const Schema left_out_schema =
    SCHEMA(LeftOut, left_out_fields, .doc = "What a view does not show, and why.");

List window_left_out(const Fair *fair)
{
    LeftOut *items;
    size_t count = fair_left_out(fair, &items);

    return (List){ .items = items, .count = count };
}
