/* Window - the time that a view shows, as its query says it: `from` and `to`, half-open. */
#pragma once

#include "calendar/agenda.h"
#include "calendar/fair.h"
#include "http/request.h"

/* The rows of both for a view over many events: a month from now, unless something else is said
 * (window_fill_in). `query_` has the members `Instant from` and `Instant to`. */
#define WINDOW_FIELDS(query_)                                                                      \
    INSTANT(query_, from, .doc = "Still going on after this moment; left out, now.",               \
            .example = "\"2026-03-01T00:00:00Z\""),                                                \
        INSTANT(query_, to,                                                                        \
                .doc =                                                                             \
                    "Beginning before this moment, at most 400 days after `from`; left out, 31 "   \
                    "days after it.",                                                              \
                .example = "\"2026-04-01T00:00:00Z\"")

/* ["query","to"]: where all faults of a window are told. */
extern const Location window_end_location;

/* Is `to` later than `from`? Otherwise a fault, and false. */
bool window_check_order(Error *err, Arena *arena, Instant from, Instant to);

/* That, and is it not too long a time? */
bool window_check(Error *err, Arena *arena, Instant from, Instant to);

/* Fills in what was left out of WINDOW_FIELDS, and checks it. */
bool window_fill_in(Request *req, Instant *from, Instant *to);

/* Whose days all-day events take: the caller's. NULL: those of UTC. */
const Timezone *window_days(const Request *req);

/* Puts the events into the agenda, in rounds, as the budget has room for them; agenda->window has
 * its work_left. */
void window_add_events(const List *events, Fair *fair, Agenda *agenda);

/* What a view leaves out: the member `incomplete`. */
extern const Schema left_out_schema;
#define INCOMPLETE(struct_)                                                                        \
    ARRAY(struct_, incomplete, .schema = &left_out_schema,                                         \
          .doc = "What was left out because it would have taken too much work; nothing else is "   \
                 "missing.")
List window_left_out(const Fair *fair);
