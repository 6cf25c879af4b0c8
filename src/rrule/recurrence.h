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

#include <stdbool.h>

#include "rrule/rrule.h"
#include "time/named_time.h"
#include "json/schema.h"

typedef struct Recurrence {
    const char *rrule;     /* canonical text; NULL when the old system's pattern cannot be read */
    const Instant *rdates; /* ascending, without repeats */
    size_t rdate_count;
    const NamedTime *local_rdates; /* more of them, as given by the clock: event_check takes them */
    size_t local_rdate_count;
    const char *original;      /* JSON text as the old system stored it, when it cannot be read */
    int64_t until_fraction_us; /* of the second after UNTIL, as given: event_check takes it */
    const char *merge;         /* JSON text of a merge patch, for recurrence_merge; NULL: a whole */
    bool keeps_rule;           /* what was merged said nothing of the rule, */
    bool keeps_rdates;         /* or of the dates */
} Recurrence;

/* The member type `const Recurrence *` of an event; NULL: does not repeat. Stored as it is shown;
 * what the old system stored is read too. `.beside` is where the struct has the name of the zone in
 * whose wall-clock time the sentence tells the end; without one it is told in UTC. */
extern const Type recurrence_type;
#define RECURRENCE(struct_, member_, ...)                                                          \
    FIELD(struct_, member_, const Recurrence *, recurrence_type, .schema = &recurrence_schema,     \
          __VA_ARGS__)

/* The members of the JSON object, for the description. */
extern const Schema recurrence_schema;

/* What `given` makes of the present pattern, which may be NULL, when it is a merge patch (RFC
 * 7396); otherwise `given`. A rule is one member, however it is spelled: its parts replace it
 * together. False: faults at d->location. */
bool recurrence_merge(const Decoder *d, const Recurrence *present, const Recurrence *given,
                      const Recurrence **ret_pattern);

/* A pattern with an `original` is a fault at d->location unless it equals `current`'s; NULL as
 * `current` where there is none, in a create. */
bool recurrence_check_original(const Decoder *d, const Recurrence *given,
                               const Recurrence *current);
