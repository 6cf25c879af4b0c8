#include "time/timezone.h"

#include "base/limits.h"
#include "base/text.h"
#include "time/tzif.h"
#include "time/zone_table.h"

static ZoneTable system_zones = {
    .directory = "/usr/share/zoneinfo",
    .recheck_us = LIMIT_ZONE_RECHECK_S * SECOND_US,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

/* UTC must be there even where tzdata is not. */
static const int64_t utc_from_us[] = { INT64_MIN };
static const int32_t utc_offsets_s[] = { 0 };
static const Timezone utc = {
    .count = 1,
    .from_us = utc_from_us,
    .walls_us = utc_from_us,
    .offsets_s = utc_offsets_s,
};

const Timezone *timezone_find(const char *name)
{
    return text_equal(name, "UTC") ? &utc : zone_table_find(&system_zones, name);
}

void timezone_set_directory(const char *directory)
{
    if (directory != NULL && *directory == '/')
        system_zones.directory = directory;
}

const char *timezone_directory(void)
{
    return system_zones.directory;
}

uint64_t timezone_look(void)
{
    return zone_table_look(&system_zones);
}

const char *timezone_release(void)
{
    return zone_table_release(&system_zones);
}

/* The last span that begins at or before `time_us`. */
static size_t span_at(const int64_t *from_us, size_t count, int64_t time_us)
{
    size_t low = 0;

    while (count > 1) {
        size_t half = count / 2;
        if (from_us[low + half] <= time_us)
            low += half;
        count -= half;
    }
    return low;
}

int32_t timezone_offset_s(const Timezone *zone, Instant instant)
{
    return zone->offsets_s[span_at(zone->from_us, zone->count, instant)];
}

int64_t timezone_to_local(const Timezone *zone, Instant instant)
{
    return instant + timezone_offset_s(zone, instant) * SECOND_US;
}

Instant timezone_to_instant(const Timezone *zone, int64_t local_us)
{
    size_t span = span_at(zone->walls_us, zone->count, local_us);

    return local_us - zone->offsets_s[span] * SECOND_US;
}

WallTime timezone_wall_time(const Timezone *zone, Instant instant)
{
    int64_t local_us = timezone_to_local(zone, instant);

    return (WallTime){ local_us, .is_second = timezone_to_instant(zone, local_us) < instant };
}

Instant timezone_of_wall_time(const Timezone *zone, WallTime wall)
{
    size_t next = span_at(zone->walls_us, zone->count, wall.local_us) + 1;

    if (wall.is_second && next < zone->count) {
        Instant second = wall.local_us - zone->offsets_s[next] * SECOND_US;
        if (second >= zone->from_us[next])
            return second;
    }
    return timezone_to_instant(zone, wall.local_us);
}

bool timezone_was_pushed(const Timezone *zone, Instant instant, int64_t *ret_local_us)
{
    size_t span = span_at(zone->from_us, zone->count, instant);

    if (span == 0)
        return false;
    int64_t gap_us = (zone->offsets_s[span] - zone->offsets_s[span - 1]) * SECOND_US;
    *ret_local_us = instant + zone->offsets_s[span - 1] * SECOND_US;
    return instant - zone->from_us[span] < gap_us;
}

bool timezone_is_unambiguous(const Timezone *zone, Instant instant, int64_t *ret_local_us)
{
    size_t span = span_at(zone->from_us, zone->count, instant);

    *ret_local_us = instant + zone->offsets_s[span] * SECOND_US;
    return span == 0 || instant >= zone->from_us[span] + 2 * DAY_US;
}

int64_t timezone_rules(const Timezone *zone)
{
    return zone->rules;
}
