/* Recurrence - how an event repeats, as a client gives and sees it (`recurrence_pattern`).
 *
 * In: {"rrule": "FREQ=…"}, or the text of a rule alone, or RFC 5545's parts spelled out ("freq",
 * "frequency" or "type"; "interval"; "by_day" or "days_of_week"; "by_month", …; "count"; "until" or
 * "end_date"); each optionally with "rdates". Those alone are dates beside the start, which then
 * has a rule that yields it once. Out: {"rrule": canonical, "rdates": […], "text":
 * plain English}, which is also taken in.
 *
 * What the old system stored and no rule can be read from goes out as {"rrule": null, "rdates": [],
 * "text": null, "original": …}. It may be given back, but only as it is: recurrence_check_original.
 */
#pragma once

#include "rrule/recurrence_input.h"

/* The member type `const Recurrence *` of an event; NULL: does not repeat. Stored as it is shown;
 * what the old system stored is read too. `.beside` is where the struct has the name of the zone in
 * whose wall-clock time the sentence tells the end; without one it is told in UTC. */
extern const Type recurrence_type;
#define RECURRENCE(struct_, member_, ...)                                                          \
    FIELD(struct_, member_, const Recurrence *, recurrence_type, .schema = &recurrence_schema,     \
          __VA_ARGS__)

/* A pattern with an `original` is a fault at d->location unless it equals `current`'s; NULL as
 * `current` where there is none, in a create. */
bool recurrence_check_original(const Decoder *d, const Recurrence *given,
                               const Recurrence *current);
