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
