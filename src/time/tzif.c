#include "time/tzif.h"

#include <string.h>

#include "base/hash.h"
#include "time/tz_rule.h"

/* How it works: the version 1 block is passed over by its counts. The transitions of the second
 * block become spans; those before FIRST_YEAR only say what span 0's offset is. From the last
 * transition on, the footer's rule is played forward, year by year, to LAST_YEAR. */

enum {
    FIRST_YEAR = 1899, /* a year more than instant.h on this side … */
    LAST_YEAR = 2201,  /* … and two on that: local times, and occurrences that start in range */
    HEADER_BYTES = 44,
    COUNT_FIELDS = 20, /* where the six counts begin */
    TYPE_BYTES = 6,
    RULE_TRANSITIONS = 2 * (LAST_YEAR - FIRST_YEAR + 3),
};

typedef struct Header {
    unsigned char version;
    size_t is_ut_count;
    size_t is_standard_count;
    size_t leap_count;
    size_t time_count;
    size_t type_count;
    size_t char_count;
} Header;

typedef struct Spans {
    size_t count;
    int64_t *from_us;
    int32_t *offsets_s;
} Spans;

static uint64_t big_endian(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static bool read_header(const unsigned char *at, size_t length, Header *ret_header)
{
    size_t counts[6];

    if (length < HEADER_BYTES || memcmp(at, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++)
        counts[i] = (size_t)big_endian(at + COUNT_FIELDS + 4 * i, 4);
    *ret_header = (Header){
        .version = at[4],
        .is_ut_count = counts[0],
        .is_standard_count = counts[1],
        .leap_count = counts[2],
        .time_count = counts[3],
        .type_count = counts[4],
        .char_count = counts[5],
    };
    return true;
}

/* Of the block behind the header. Six 32-bit counts times small sizes: no overflow in 64 bits. */
static size_t block_bytes(const Header *h, size_t time_bytes)
{
    return h->time_count * (time_bytes + 1) + h->type_count * TYPE_BYTES + h->char_count +
           h->leap_count * (time_bytes + 4) + h->is_standard_count + h->is_ut_count;
}

/* RFC 9636 3.2: utoff "MUST NOT be -2**31" and "SHOULD be in the range [-89999, 93599]". */
static bool read_offset(const unsigned char *types, size_t index, int32_t *ret_offset_s)
{
    *ret_offset_s = (int32_t)(uint32_t)big_endian(types + index * TYPE_BYTES, 4);
    return *ret_offset_s >= -89999 && *ret_offset_s <= 93599;
}

/* What comes later about the same moment holds: a footer may contradict the last transition. */
static void add_span(Spans *spans, int64_t at_s, int32_t offset_s)
{
    if (at_s >= days_from_date(LAST_YEAR + 1, 1, 1) * 86400)
        return;
    if (spans->count > 1 && spans->from_us[spans->count - 1] == at_s * SECOND_US)
        spans->count--;
    if (at_s < days_from_date(FIRST_YEAR, 1, 1) * 86400) {
        spans->offsets_s[0] = offset_s;
    } else if (spans->offsets_s[spans->count - 1] != offset_s) {
        spans->from_us[spans->count] = at_s * SECOND_US;
        spans->offsets_s[spans->count] = offset_s;
        spans->count++;
    }
}

static bool add_listed(Spans *spans, const Header *h, const unsigned char *block,
                       int64_t *ret_last_s)
{
    const unsigned char *indexes = block + h->time_count * 8;
    const unsigned char *types = indexes + h->time_count;

    *ret_last_s = INT64_MIN;
    /* RFC 9636 3.2: before the first transition, type 0 holds. */
    if (!read_offset(types, 0, &spans->offsets_s[0]))
        return false;
    for (size_t i = 0; i < h->time_count; i++) {
        int64_t at_s = (int64_t)big_endian(block + i * 8, 8);
        int32_t offset_s;
        if (i > 0 && at_s <= *ret_last_s)
            return false;
        if (indexes[i] >= h->type_count || !read_offset(types, indexes[i], &offset_s))
            return false;
        add_span(spans, at_s, offset_s);
        *ret_last_s = at_s;
    }
    return true;
}

/* By insertion: each year's two are nearly in order already. At one moment the start of daylight
 * saving comes after its end, which is how RFC 9636 3.3.1 writes "all year":
 * "XXX3EDT4,0/0,J365/23".
 */
static size_t sort_year(TzTransition *all, size_t count, const TzTransition year[2])
{
    for (size_t k = 2; k-- > 0; count++) {
        size_t i = count;
        for (; i > 0 && all[i - 1].at_s > year[k].at_s; i--)
            all[i] = all[i - 1];
        all[i] = year[k];
    }
    return count;
}

static void add_rule(Arena *scratch, Spans *spans, const TzRule *rule, int64_t after_s)
{
    if (!rule->has_daylight) {
        if (after_s == INT64_MIN)
            spans->offsets_s[0] = rule->standard_s;
        else
            add_span(spans, after_s, rule->standard_s);
        return;
    }
    TzTransition *all = ARENA_ARRAY(scratch, TzTransition, RULE_TRANSITIONS);
    size_t count = 0;
    for (int64_t year = FIRST_YEAR - 1; year <= LAST_YEAR + 1; year++) {
        TzTransition pair[2];
        tz_rule_year(rule, year, pair);
        count = sort_year(all, count, pair);
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i].at_s <= after_s)
            continue;
        bool is_overtaken = i + 1 < count && all[i + 1].at_s == all[i].at_s;
        if (!is_overtaken)
            add_span(spans, all[i].at_s, all[i].offset_s);
    }
}

/* RFC 9636 3.3: a newline, the rule, a newline; the rule may be empty. */
static bool read_footer(const unsigned char *at, size_t length, const char **ret_text,
                        size_t *ret_length)
{
    const unsigned char *end;

    if (length < 2 || at[0] != '\n')
        return false;
    end = memchr(at + 1, '\n', length - 1);
    if (end == NULL)
        return false;
    *ret_text = (const char *)at + 1;
    *ret_length = (size_t)(end - at) - 1;
    return true;
}

/* A clock that jumps from offset b to a at the moment t shows t + max(a, b) as the first time that
 * belongs to the new span alone: behind a gap, and behind the second run of a fold. Before it, a
 * time in the gap is read with the offset before, and one in the fold is its first occurrence. */
static void set_walls(const Spans *spans, int64_t *ret_walls_us)
{
    ret_walls_us[0] = INT64_MIN;
    for (size_t i = 1; i < spans->count; i++) {
        int32_t before_s = spans->offsets_s[i - 1];
        int32_t after_s = spans->offsets_s[i];
        ret_walls_us[i] = spans->from_us[i] + (before_s > after_s ? before_s : after_s) * SECOND_US;
        if (ret_walls_us[i] < ret_walls_us[i - 1])
            ret_walls_us[i] = ret_walls_us[i - 1];
    }
}

/* The hash of the table. It lies in databases: never change it. */
static int64_t number_of(const Spans *spans)
{
    uint64_t hash = HASH_START;

    for (size_t i = 0; i < spans->count; i++) {
        hash = hash_number(hash, (uint64_t)spans->from_us[i]);
        hash = hash_number(hash, (uint32_t)spans->offsets_s[i]);
    }
    return (int64_t)(hash >> 1) | 1; /* neither 0 nor below */
}

static const Timezone *make_zone(Arena *arena, const Spans *spans)
{
    Timezone *zone = ARENA_NEW(arena, Timezone);
    int64_t *from_us = ARENA_ARRAY(arena, int64_t, spans->count);
    int64_t *walls_us = ARENA_ARRAY(arena, int64_t, spans->count);
    int32_t *offsets_s = ARENA_ARRAY(arena, int32_t, spans->count);

    memcpy(from_us, spans->from_us, spans->count * sizeof(*from_us));
    memcpy(offsets_s, spans->offsets_s, spans->count * sizeof(*offsets_s));
    set_walls(spans, walls_us);
    *zone = (Timezone){
        .count = spans->count,
        .rules = number_of(spans),
        .from_us = from_us,
        .walls_us = walls_us,
        .offsets_s = offsets_s,
    };
    return zone;
}

const Timezone *tzif_read(Arena *arena, const unsigned char *bytes, size_t length)
{
    Header h;
    const char *rule_text;
    size_t rule_length;

    if (!read_header(bytes, length, &h) || h.version < '2' ||
        block_bytes(&h, 4) > length - HEADER_BYTES)
        return NULL;
    size_t second = HEADER_BYTES + block_bytes(&h, 4);
    if (!read_header(bytes + second, length - second, &h))
        return NULL;
    const unsigned char *block = bytes + second + HEADER_BYTES;
    size_t left = length - second - HEADER_BYTES;
    if (block_bytes(&h, 8) > left || h.type_count == 0 || h.leap_count != 0)
        return NULL;
    size_t footer = block_bytes(&h, 8);
    if (!read_footer(block + footer, left - footer, &rule_text, &rule_length))
        return NULL;

    Arena AUTO(arena_finish) scratch = { 0 };
    size_t capacity = 1 + h.time_count + RULE_TRANSITIONS;
    Spans spans = {
        .count = 1,
        .from_us = ARENA_ARRAY(&scratch, int64_t, capacity),
        .offsets_s = ARENA_ARRAY(&scratch, int32_t, capacity),
    };
    int64_t last_s;
    spans.from_us[0] = INT64_MIN;
    if (!add_listed(&spans, &h, block, &last_s))
        return NULL;
    if (rule_length > 0) {
        TzRule rule;
        if (!tz_rule_parse(rule_text, rule_length, &rule))
            return NULL;
        add_rule(&scratch, &spans, &rule, last_s);
    }
    return make_zone(arena, &spans);
}
