/* RecurrenceInput - a recurrence pattern, and how it is read from what a client sent, in any of its
 * forms. What else it is: rrule/recurrence.h. */
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

/* The members of the JSON object, for the description. */
extern const Schema recurrence_schema;

/* Fills the zeroed `ret_recurrence`. Faults stand at d->location or at the member that has it. */
bool recurrence_read(const Decoder *d, const json_t *value, Recurrence *ret_recurrence);

/* Reads the value as a merge patch, as far as it can be read without what it is to be merged with:
 * all faults that do not depend on that are told. */
bool recurrence_read_merge(const Decoder *d, const json_t *value, Recurrence *ret_recurrence);

/* What `given` makes of the present pattern, which may be NULL, when it is a merge patch (RFC
 * 7396); otherwise `given`. A rule is one member, however it is spelled: its parts replace it
 * together. False: faults at d->location. */
bool recurrence_merge(const Decoder *d, const Recurrence *present, const Recurrence *given,
                      const Recurrence **ret_pattern);

/* Are days of the week given as later releases learned to read them: under `days`, as one text with
 * commas, or by their first three letters? So are an empty object, which is no pattern, and rdates
 * alone. */
bool recurrence_has_new_words(const json_t *value);
