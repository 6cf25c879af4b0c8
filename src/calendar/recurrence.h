/* Recurrence - how an event repeats, as a client gives and sees it (`recurrence_pattern`).
 *
 * In: {"rrule": "FREQ=…"}, optionally with "rdates", or RFC 5545's parts spelled out ("freq",
 * "frequency" or "type"; "interval"; "by_day" or "days_of_week"; "by_month", …; "count"; "until" or
 * "end_date"). Out: {"rrule": canonical, "rdates": […], "text": plain English}. */
#pragma once

#include <stdbool.h>

#include "calendar/instant.h"
#include "calendar/rrule.h"
#include "json/schema.h"

typedef struct Recurrence {
    const char *rrule;    /* canonical text; NULL when the old system's pattern cannot be read */
    Instant *rdates;      /* ascending, without repeats */
    size_t rdate_count;
    const char *original; /* JSON text as the old system stored it, when it cannot be read */
} Recurrence;

/* The member type `const Recurrence *` of an event; NULL: does not repeat. Stored as JSON
 * {"rrule", "rdates"} or, when unreadable, as it is. */
extern const Type recurrence_type;
#define RECURRENCE(struct_, member_, ...)                                                          \
    FIELD(struct_, member_, const Recurrence *, recurrence_type, __VA_ARGS__)
