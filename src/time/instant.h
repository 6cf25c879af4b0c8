/* Instant - a moment, as int64 microseconds UTC; RFC 3339 in and out.
 *
 * Range 1900-01-01T00:00:00Z up to, not including, 2200-01-01T00:00:00Z. INSTANT_NULL is "none". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "json/schema.h"

typedef int64_t Instant;

#define INSTANT_NULL INTEGER_NULL
#define INSTANT_MIN  INT64_C(-2208988800000000) /* 1900-01-01T00:00:00Z */
#define INSTANT_END  INT64_C(7258118400000000)  /* 2200-01-01T00:00:00Z, the first one outside */
#define DAY_US       (INT64_C(86400) * SECOND_US)

/* RFC 3339 5.6 date-time with an offset; false with the reason as a constant sentence. `24:00`,
 * `:60`, `-00:00`, comma, more than 9 fraction digits (6 are kept, the rest must be zero or is
 * cut), a missing offset and everything outside the range are refused. Lower-case `t` and `z`, a
 * space for the T, no seconds and `+0530` are fine. */
bool instant_parse(const char *text, Instant *ret_instant, const char **ret_reason);

/* "2025-03-01T09:30:00Z"; fraction only when it is not zero, without trailing zeros. Gives
 * the length. `ret_text` holds at least INSTANT_TEXT bytes. */
enum { INSTANT_TEXT = 32 };
size_t instant_format(Instant instant, char ret_text[INSTANT_TEXT]);
const char *instant_text(Arena *arena, Instant instant);
void instant_write(Writer *w, Instant instant); /* the same as a JSON text, or null */

/* A wall-clock time, as microseconds since 1970-01-01T00:00:00 on that clock: as an instant is
 * written, without the Z. Reading takes an offset behind it, which says nothing but that it is
 * there; false: that is none. */
bool local_parse(const char *text, int64_t *ret_local_us, bool *ret_has_offset);
size_t local_format(int64_t local_us, char ret_text[INSTANT_TEXT]);

/* Proleptic Gregorian days since 1970-01-01 and back (Howard Hinnant, "chrono-compatible low-level
 * date algorithms"). month 1…12, day 1…31. */
int64_t days_from_date(int64_t year, unsigned month, unsigned day);
void date_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

extern const Type instant_type; /* Instant */
#define INSTANT(struct_, member_, ...) FIELD(struct_, member_, Instant, instant_type, __VA_ARGS__)
