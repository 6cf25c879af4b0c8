/* Timezone - the rules of one IANA zone, from the system's TZif files (RFC 9636).
 *
 * Zones are loaded once, shared by all threads and never freed while the process lives; when the
 * file on disk is newer (tzdata was upgraded) the next look-up reads it again. The footer's POSIX
 * rule serves moments after the table ends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "time/instant.h"

typedef struct Timezone Timezone;

/* The zone with this IANA name ("Europe/Zurich", "UTC"), or NULL: unknown, or no plain name (only
 * letters, digits, '_', '-', '+', '/', no "..", at most 64 bytes; "posix/", "right/" and POSIX TZ
 * strings are refused). */
const Timezone *timezone_find(const char *name);

/* Seconds east of UTC at a moment. */
int32_t timezone_offset_s(const Timezone *zone, Instant instant);

/* A wall-clock time is microseconds since 1970-01-01T00:00:00 on the zone's own clock. */
int64_t timezone_to_local(const Timezone *zone, Instant instant);

/* RFC 5545 3.3.5: "If the local time described does not occur (when changing from standard to
 * daylight time), the DATE-TIME value is interpreted using the UTC offset before the gap in local
 * times"; a time that occurs twice is its first occurrence. */
Instant timezone_to_instant(const Timezone *zone, int64_t local_us);

/* A wall-clock time, and which of two equal ones: the clock shows some twice. */
typedef struct WallTime {
    int64_t local_us;
    bool is_second;
} WallTime;

/* What the clock shows at a moment; and the moment of that under rules that may be others since:
 * where these show it once, that one. */
WallTime timezone_wall_time(const Timezone *zone, Instant instant);
Instant timezone_of_wall_time(const Timezone *zone, WallTime wall);

/* Did a gap push this moment on? Then the wall-clock time that it stands for, beside the one that
 * the clock shows. */
bool timezone_was_pushed(const Timezone *zone, Instant instant, int64_t *ret_local_us);

/* Was the clock last changed so long before this moment that it shows its time once, and none that
 * a gap pushed on? No clock has been moved by more than a day. *ret_local_us is what it shows. */
bool timezone_is_unambiguous(const Timezone *zone, Instant instant, int64_t *ret_local_us);

/* A number that tells the rules: equal for equal ones, 0 for UTC. It is kept in databases. */
int64_t timezone_rules(const Timezone *zone);

/* The directory of the zones, before any is asked for; NULL: the system's. */
void timezone_set_directory(const char *directory);
const char *timezone_directory(void);

/* Looks at the files of all zones in use; a number that grows when the rules of one changed. */
uint64_t timezone_look(void);

/* The release of the system's zones ("2025b"), or "unknown". */
const char *timezone_release(void);
