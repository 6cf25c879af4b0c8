/* Fuzzes the reader of TZif files: any bytes are read, as they are and as the inside of a file
 * whose counts are right.
 *
 *   CC=clang meson setup build-fuzz && ninja -C build-fuzz tests/fuzz/tzif_fuzz
 *   build-fuzz/tests/fuzz/tzif_fuzz -max_len=1024 corpus/ /usr/share/zoneinfo/Europe */
#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "time/timezone.h"
#include "time/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void add_header(Buffer *out, uint8_t times, uint8_t types)
{
    static const char magic[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    uint8_t counts[24] = { 0 };

    counts[15] = times;
    counts[19] = types;
    buffer_add_bytes(out, magic, 20);
    buffer_add_bytes(out, (const char *)counts, sizeof(counts));
}

/* A file whose second block and footer are these bytes; the first two say how many transitions and
 * types it has. */
static void read_inside(Arena *arena, const uint8_t *bytes, size_t length,
                        const Timezone **ret_zone)
{
    Buffer out = buffer_start(arena);

    add_header(&out, 0, 1);
    buffer_add_bytes(&out, "\0\0\0\0\0", 6);
    add_header(&out, bytes[0], bytes[1]);
    buffer_add_bytes(&out, (const char *)bytes + 2, length - 2);
    *ret_zone = tzif_read(arena, (const unsigned char *)out.data, out.length);
}

static void check_zone(const Timezone *zone)
{
    assert(zone->count >= 1 && zone->from_us[0] == INT64_MIN && zone->walls_us[0] == INT64_MIN);
    for (size_t i = 0; i < zone->count; i++) {
        int32_t offset_s = zone->offsets_s[i];
        assert(offset_s > -2 * 86400 && offset_s < 2 * 86400);
        assert(i == 0 || zone->from_us[i] > zone->from_us[i - 1]);
        assert(i == 0 || zone->walls_us[i] >= zone->walls_us[i - 1]);
        if (i == 0)
            continue;
        assert(timezone_offset_s(zone, zone->from_us[i]) == offset_s);
        assert(timezone_offset_s(zone, zone->from_us[i] - 1) == zone->offsets_s[i - 1]);
        int64_t local_us = timezone_to_local(zone, zone->from_us[i]);
        Instant first = timezone_to_instant(zone, local_us);
        assert(first - zone->from_us[i] < 4 * DAY_US && zone->from_us[i] - first < 4 * DAY_US);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Timezone *zone = tzif_read(&arena, bytes, length);

    if (zone != NULL)
        check_zone(zone);
    if (length < 2)
        return 0;
    read_inside(&arena, bytes, length, &zone);
    if (zone != NULL)
        check_zone(zone);
    return 0;
}
