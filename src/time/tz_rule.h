/* TzRule - the POSIX TZ string at the end of a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * It says what a zone's clock does after the last change that the file lists. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One day of every year, and a time on it. */
typedef struct TzDate {
    enum {
        TZ_JULIAN,  /* Jn: 1…365, 29 February is never counted */
        TZ_ORDINAL, /* n: 0…365, 29 February is counted */
        TZ_WEEKDAY, /* Mm.w.d: the w-th weekday d of month m, 5 for the last one */
    } kind;
    unsigned day;
    unsigned week;
    unsigned month;
    int32_t time_s; /* on the clock in force until then; RFC 9636 3.3.1: -167 to 167 hours */
} TzDate;

typedef struct TzRule {
    int32_t standard_s; /* seconds east of UTC */
    int32_t daylight_s;
    bool has_daylight; /* else the rest is empty */
    TzDate start;      /* of daylight saving */
    TzDate end;
} TzRule;

/* The moment from which an offset holds, in seconds since 1970. */
typedef struct TzTransition {
    int64_t at_s;
    int32_t offset_s;
} TzTransition;

/* Reads `length` bytes. RFC 9636 3.3: what POSIX lets an implementation choose, a daylight name
 * without its rule, is refused. */
bool tz_rule_parse(const char *text, size_t length, TzRule *ret_rule);

/* The two transitions of one year, start of daylight saving first. Needs has_daylight. */
void tz_rule_year(const TzRule *rule, int64_t year, TzTransition ret_transitions[2]);
