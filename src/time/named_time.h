/* NamedTime - the start of an occurrence as a client may call it: a moment (RFC 3339), or what the
 * clock of the event's zone shows then, "2027-07-05T09:00:00", of a date "2027-07-05". */
#pragma once

#include "time/instant.h"
#include "time/timezone.h"

typedef enum NamedForm { NAMED_MOMENT, NAMED_LOCAL, NAMED_DATE } NamedForm;

typedef struct NamedTime {
    NamedForm form;
    int64_t us; /* an Instant; otherwise wall-clock time, of a date its midnight */
} NamedTime;

/* False with the reason as a constant sentence. */
bool named_time_parse(const char *text, NamedTime *ret_named, const char **ret_reason);

/* The moment on the clock of `zone`, NULL: UTC; of two the first (timezone_to_instant). `all_day`:
 * the date, as its midnight in UTC. A moment is as it is. INSTANT_NULL: there is no such start, nor
 * are there any out of the calendar's years. */
Instant named_time_moment(NamedTime named, const Timezone *zone, bool all_day);

extern const Type named_time_type; /* NamedTime, for input */
