/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "time/timezone.h"
#include "time/tz_rule.h"
#include "time/tzif.h"
#include "time/zone_table.h"

enum { FILE_ROOM = 8192 };

static int64_t at(const char *text)
{
    Instant instant = INSTANT_NULL;
    const char *reason;

    if (!instant_parse(text, &instant, &reason))
        fail_msg("%s: %s", text, reason);
    return instant;
}

/* -- Names ------------------------------------------------------------------------------------ */

static void a_name_that_is_no_plain_zone_is_not_found(void **state)
{
    static const char *const names[] = {
        "",
        "/",
        "Europe",
        "Europe/",
        "/Europe/Zurich",
        "Europe//Zurich",
        "Europe/Nowhere",
        "europe/zurich",
        "../zoneinfo/UTC",
        "Europe/../UTC",
        "..",
        ".",
        "zone.tab",
        "tzdata.zi",
        "leapseconds",
        "posix/Europe/Zurich",
        "right/Europe/Zurich",
        "localtime",
        "posixrules",
        "Factory",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "TZ=UTC",
        ":UTC",
        " UTC",
        "UTC ",
        "Europe/Zürich",
        "Europe/Zurich\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    char *long_name = test_malloc(1025);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (timezone_find(names[i]) != NULL)
            fail_msg("\"%s\" was found", names[i]);
    }
    memset(long_name, 'A', 1024);
    long_name[1024] = '\0';
    assert_null(timezone_find(long_name));
    test_free(long_name);
}

static void a_zone_is_loaded_once(void **state)
{
    (void)state;
    assert_non_null(timezone_find("Europe/Zurich"));
    assert_ptr_equal(timezone_find("Europe/Zurich"), timezone_find("Europe/Zurich"));
    assert_non_null(timezone_find("Etc/GMT+12"));
    assert_non_null(timezone_find("America/Argentina/ComodRivadavia"));
}

static void utc_needs_no_file(void **state)
{
    const Timezone *utc = timezone_find("UTC");

    (void)state;
    assert_non_null(utc);
    assert_int_equal(timezone_offset_s(utc, INSTANT_MIN), 0);
    assert_int_equal(timezone_to_local(utc, INSTANT_END), INSTANT_END);
    assert_int_equal(timezone_to_instant(utc, -1), -1);
}

/* -- Both directions -------------------------------------------------------------------------- */

static void a_time_in_the_gap_is_read_with_the_offset_before_it(void **state)
{
    const Timezone *zurich = timezone_find("Europe/Zurich");

    (void)state;
    /* 2025-03-30 02:00 becomes 03:00. */
    assert_int_equal(timezone_to_instant(zurich, at("2025-03-30T01:59:59Z")),
                     at("2025-03-30T00:59:59Z"));
    assert_int_equal(timezone_to_instant(zurich, at("2025-03-30T02:30:00Z")),
                     at("2025-03-30T01:30:00Z"));
    assert_int_equal(timezone_to_instant(zurich, at("2025-03-30T03:00:00Z")),
                     at("2025-03-30T01:00:00Z"));
}

static void a_time_that_occurs_twice_is_its_first_occurrence(void **state)
{
    const Timezone *zurich = timezone_find("Europe/Zurich");

    (void)state;
    /* 2025-10-26 03:00 becomes 02:00. */
    assert_int_equal(timezone_to_instant(zurich, at("2025-10-26T02:30:00Z")),
                     at("2025-10-26T00:30:00Z"));
    assert_int_equal(timezone_to_instant(zurich, at("2025-10-26T03:00:00Z")),
                     at("2025-10-26T02:00:00Z"));
    assert_int_equal(timezone_to_local(zurich, at("2025-10-26T01:30:00Z")),
                     at("2025-10-26T02:30:00Z"));
}

static void the_rule_in_the_footer_serves_to_the_end_of_the_calendar(void **state)
{
    const Timezone *zurich = timezone_find("Europe/Zurich");

    (void)state;
    assert_int_equal(timezone_offset_s(zurich, at("2199-07-01T00:00:00Z")), 7200);
    assert_int_equal(timezone_offset_s(zurich, at("2199-12-31T00:00:00Z")), 3600);
    assert_int_equal(timezone_to_local(zurich, INSTANT_END), INSTANT_END + 3600 * SECOND_US);
}

/* -- Rules ------------------------------------------------------------------------------------ */

static bool parse_rule(const char *text, TzRule *rule)
{
    return tz_rule_parse(text, strlen(text), rule);
}

static void a_rule_gives_the_two_changes_of_a_year(void **state)
{
    static const struct {
        const char *rule;
        int64_t year;
        const char *start;
        const char *end;
    } rows[] = {
        { "CET-1CEST,M3.5.0,M10.5.0/3", 2025, "2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z" },
        { "EST5EDT,M3.2.0,M11.1.0", 2025, "2025-03-09T07:00:00Z", "2025-11-02T06:00:00Z" },
        { "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 2025, "2025-03-30T01:00:00Z",
          "2025-10-26T01:00:00Z" },
        /* Ireland: winter time is the "daylight saving" one, and earlier. */
        { "IST-1GMT0,M10.5.0,M3.5.0/1", 2025, "2025-10-26T01:00:00Z", "2025-03-30T01:00:00Z" },
        { "AAA0BBB,J60,J365", 2024, "2024-03-01T02:00:00Z", "2024-12-31T01:00:00Z" },
        { "AAA0BBB,J60,J365", 2025, "2025-03-01T02:00:00Z", "2025-12-31T01:00:00Z" },
        { "AAA0BBB,J1/0,J59/0", 2024, "2024-01-01T00:00:00Z", "2024-02-27T23:00:00Z" },
        { "AAA0BBB,59,365", 2024, "2024-02-29T02:00:00Z", "2024-12-31T01:00:00Z" },
        { "AAA0BBB,0/0,59/0", 2025, "2025-01-01T00:00:00Z", "2025-02-28T23:00:00Z" },
        { "AAA0BBB,M1.1.0/-167,M12.5.6/167", 2025, "2024-12-29T01:00:00Z", "2026-01-02T22:00:00Z" },
        { "AAA0:30:15BBB,M2.5.6/1:02:03,M9.4.3", 2025, "2025-02-22T01:32:18Z",
          "2025-09-24T01:30:15Z" },
        { "XXX3EDT4,0/0,J365/23", 2025, "2025-01-01T03:00:00Z", "2026-01-01T03:00:00Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TzRule rule;
        TzTransition year[2];
        if (!parse_rule(rows[i].rule, &rule))
            fail_msg("%s was refused", rows[i].rule);
        tz_rule_year(&rule, rows[i].year, year);
        assert_int_equal(year[0].at_s * SECOND_US, at(rows[i].start));
        assert_int_equal(year[1].at_s * SECOND_US, at(rows[i].end));
    }
}

static void a_rule_that_breaks_the_grammar_is_refused(void **state)
{
    static const char *const rules[] = {
        "",
        "CET",
        "CE-1",
        "-1",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,",
        "CET-1CEST,M3.5.0,M10.5.0/3 ",
        "CET-1CEST,M3.5.0,M10.5.0/3,",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5,M10.5.0",
        "CET-1CEST,J0,J100",
        "CET-1CEST,J366,J100",
        "CET-1CEST,366,100",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0/-168,M10.5.0",
        "CET-1CEST,M3.5.0/99999999999999999999,M10.5.0",
        "CET-1CEST,M3.5.0/2:60,M10.5.0",
        "CET-1CEST,M3.5.0/2:,M10.5.0",
        "CET-25",
        "CET--1",
        "<CET-1",
        "<-03",
        "CET-1:",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        TzRule rule;
        if (parse_rule(rules[i], &rule))
            fail_msg("\"%s\" was taken", rules[i]);
    }
}

/* -- Files ------------------------------------------------------------------------------------ */

/* A TZif file in the making. */
typedef struct Draft {
    unsigned char bytes[FILE_ROOM];
    size_t length;
} Draft;

static void add(Draft *draft, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        draft->bytes[draft->length++] = (unsigned char)(value >> (8 * i));
}

static void add_header(Draft *draft, char version, size_t leaps, size_t times, size_t types)
{
    memcpy(draft->bytes + draft->length, "TZif", 4);
    draft->length += 4;
    add(draft, (unsigned char)version, 1);
    draft->length += 15;
    add(draft, 0, 4);
    add(draft, 0, 4);
    add(draft, leaps, 4);
    add(draft, times, 4);
    add(draft, types, 4);
    add(draft, 4, 4); /* one abbreviation */
}

/* Type 0 is UTC, type i is i hours east; transition i goes to type i + 1. */
static void draft_zone_with_leaps(Draft *draft, const int64_t *times, size_t count,
                                  const char *rule, size_t leaps)
{
    memset(draft, 0, sizeof(*draft));
    add_header(draft, '2', 0, 0, 0);
    draft->length += 4;
    add_header(draft, '2', leaps, count, count + 1);
    for (size_t i = 0; i < count; i++)
        add(draft, (uint64_t)times[i], 8);
    for (size_t i = 0; i < count; i++)
        add(draft, i + 1, 1);
    for (size_t i = 0; i <= count; i++) {
        add(draft, i * 3600, 4);
        add(draft, 0, 2);
    }
    draft->length += 4 + 12 * leaps;
    draft->length += (size_t)snprintf((char *)draft->bytes + draft->length,
                                      FILE_ROOM - draft->length, "\n%s\n", rule);
}

static void draft_zone(Draft *draft, const int64_t *times, size_t count, const char *rule)
{
    draft_zone_with_leaps(draft, times, count, rule, 0);
}

/* In memory of exactly that size, so that the sanitizer sees one byte more. */
static const Timezone *read_exact(Arena *arena, const unsigned char *bytes, size_t length)
{
    unsigned char *exact = malloc(length == 0 ? 1 : length);
    const Timezone *zone;

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    zone = tzif_read(arena, exact, length);
    free(exact);
    return zone;
}

static void a_file_without_a_rule_keeps_its_last_offset(void **state)
{
    static const int64_t times[] = { -(INT64_C(1) << 59), 1000000000, 1500000000 };
    Arena AUTO(arena_finish) arena = { 0 };
    Draft draft;

    (void)state;
    draft_zone(&draft, times, 3, "");
    const Timezone *zone = read_exact(&arena, draft.bytes, draft.length);
    assert_non_null(zone);
    assert_int_equal(timezone_offset_s(zone, 0), 3600);
    assert_int_equal(timezone_offset_s(zone, 999999999 * SECOND_US), 3600);
    assert_int_equal(timezone_offset_s(zone, 1000000000 * SECOND_US), 7200);
    assert_int_equal(timezone_offset_s(zone, 1500000000 * SECOND_US), 10800);
    assert_int_equal(timezone_offset_s(zone, INSTANT_END), 10800);
}

/* RFC 9636 3.3 forbids such a file; ours is one that the fuzzer made. */
static void a_rule_wins_over_the_last_transition(void **state)
{
    static const int64_t times[] = { 1000000000, 1500000000 };
    Arena AUTO(arena_finish) arena = { 0 };
    Draft draft;

    (void)state;
    draft_zone(&draft, times, 2, "<+05>-5");
    const Timezone *zone = read_exact(&arena, draft.bytes, draft.length);
    assert_non_null(zone);
    assert_int_equal(zone->count, 3);
    assert_int_equal(timezone_offset_s(zone, 1500000000 * SECOND_US - 1), 3600);
    assert_int_equal(timezone_offset_s(zone, 1500000000 * SECOND_US), 5 * 3600);

    draft_zone(&draft, times, 2, "<+01>-1");
    zone = read_exact(&arena, draft.bytes, draft.length);
    assert_non_null(zone);
    assert_int_equal(zone->count, 2);
    assert_int_equal(timezone_offset_s(zone, INSTANT_END), 3600);
}

static void a_rule_of_daylight_saving_all_year_never_changes(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Draft draft;

    (void)state;
    draft_zone(&draft, NULL, 0, "XXX3EDT4,0/0,J365/23");
    const Timezone *zone = read_exact(&arena, draft.bytes, draft.length);
    assert_non_null(zone);
    assert_int_equal(zone->count, 1);
    assert_int_equal(timezone_offset_s(zone, 0), -4 * 3600);
}

static void a_file_that_breaks_the_format_is_refused(void **state)
{
    static const int64_t ascending[] = { 1, 2 };
    static const int64_t repeated[] = { 2, 2 };
    Arena AUTO(arena_finish) arena = { 0 };
    Draft good;
    Draft bad;

    (void)state;
    draft_zone(&good, ascending, 2, "AAA0");
    assert_non_null(read_exact(&arena, good.bytes, good.length));

    draft_zone(&bad, repeated, 2, "AAA0");
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    draft_zone(&bad, ascending, 2, "nonsense");
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    bad = good;
    bad.bytes[4] = 0; /* version 1 */
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    draft_zone_with_leaps(&bad, ascending, 2, "AAA0", 1);
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    bad = good;
    memset(bad.bytes + 48 + 32, 0xff, 4); /* 2^32 - 1 transitions */
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    bad = good;
    bad.bytes[48 + 44 + 16] = 3; /* a type that is not there */
    assert_null(read_exact(&arena, bad.bytes, bad.length));
    bad = good;
    bad.bytes[48 + 44 + 18] = 0x80; /* an offset of -2^31 */
    assert_null(read_exact(&arena, bad.bytes, bad.length));
}

static size_t read_system_zone(const char *path, unsigned char *bytes)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t length = fread(bytes, 1, FILE_ROOM, file);
    fclose(file);
    return length;
}

static void a_file_cut_short_anywhere_is_refused(void **state)
{
    unsigned char bytes[FILE_ROOM];
    size_t length = read_system_zone("/usr/share/zoneinfo/Europe/Zurich", bytes);

    (void)state;
    for (size_t i = 0; i < length; i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        assert_null(read_exact(&arena, bytes, i));
    }
}

static void a_file_damaged_anywhere_is_refused_or_gives_some_zone(void **state)
{
    unsigned char bytes[FILE_ROOM];
    size_t length = read_system_zone("/usr/share/zoneinfo/America/New_York", bytes);
    static const unsigned char damages[] = { 0x01, 0x80, 0xff };

    (void)state;
    for (size_t i = 0; i < 3 * length; i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        unsigned char kept = bytes[i / 3];
        bytes[i / 3] ^= damages[i % 3];
        const Timezone *zone = read_exact(&arena, bytes, length);
        bytes[i / 3] = kept;
        for (Instant instant = 0; zone != NULL && instant < INSTANT_END; instant += 3000 * DAY_US)
            timezone_to_instant(zone, timezone_to_local(zone, instant));
    }
}

/* -- The table -------------------------------------------------------------------------------- */

static void write_zone(const char *directory, const char *name, const char *rule)
{
    char path[256];
    char made[256];
    Draft draft;

    draft_zone(&draft, NULL, 0, rule);
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    snprintf(made, sizeof(made), "%s/.new", directory);
    FILE *file = fopen(made, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(draft.bytes, 1, draft.length, file), draft.length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(made, path), 0);
}

static void a_newer_file_is_read_at_the_next_check(void **state)
{
    char directory[] = "/tmp/fasti-zones-XXXXXX";
    char path[256];
    static ZoneTable table = { .lock = PTHREAD_MUTEX_INITIALIZER };

    (void)state;
    assert_non_null(mkdtemp(directory));
    table.directory = directory;
    table.recheck_us = 0;
    assert_null(zone_table_find(&table, "Test"));
    write_zone(directory, "Test", "AAA-1");
    const Timezone *old = zone_table_find(&table, "Test");
    assert_non_null(old);
    assert_ptr_equal(zone_table_find(&table, "Test"), old);
    write_zone(directory, "Test", "AAA-2");
    const Timezone *new = zone_table_find(&table, "Test");
    assert_int_equal(timezone_offset_s(new, 0), 7200);
    assert_int_equal(timezone_offset_s(old, 0), 3600);

    table.recheck_us = 3600 * SECOND_US;
    write_zone(directory, "Test", "AAA-3");
    assert_ptr_equal(zone_table_find(&table, "Test"), new);

    table.recheck_us = 0;
    write_zone(directory, "Test", "half an upgrade");
    assert_ptr_equal(zone_table_find(&table, "Test"), new);
    snprintf(path, sizeof(path), "%s/Test", directory);
    assert_int_equal(unlink(path), 0);
    assert_ptr_equal(zone_table_find(&table, "Test"), new);
    assert_int_equal(rmdir(directory), 0);
}

static void what_is_no_ordinary_file_is_no_zone(void **state)
{
    char directory[] = "/tmp/fasti-zones-XXXXXX";
    char path[256];
    static ZoneTable table = { .lock = PTHREAD_MUTEX_INITIALIZER };

    (void)state;
    assert_non_null(mkdtemp(directory));
    table.directory = directory;
    snprintf(path, sizeof(path), "%s/Pipe", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(zone_table_find(&table, "Pipe"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(zone_table_find(&table, "Pipe"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(directory), 0);
}

static void *look_up_zones(void *table)
{
    static const char *const names[] = { "Europe/Zurich", "America/New_York", "Asia/Tokyo",
                                         "Nowhere",       "Africa/Cairo",     "Etc/GMT-14" };
    int64_t sum = 0;

    for (size_t i = 0; i < 3000; i++) {
        const Timezone *zone = zone_table_find(table, names[i % 6]);
        if (zone != NULL)
            sum += timezone_offset_s(zone, (Instant)i * DAY_US);
    }
    return (void *)(intptr_t)sum;
}

static void many_threads_may_ask_at_once(void **state)
{
    static ZoneTable table = {
        .directory = "/usr/share/zoneinfo",
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    pthread_t threads[4];
    void *results[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_zones, &table), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], &results[i]), 0);
    for (size_t i = 1; i < 4; i++)
        assert_ptr_equal(results[i], results[0]);
}

/* Wherever it is unambiguous the exact functions say so, too; hour by hour around the changes. */
static void an_unambiguous_clock_shows_its_time_once(void **state)
{
    static const char *const names[] = { "Europe/Zurich",       "Pacific/Apia",
                                         "Australia/Lord_Howe", "Africa/Casablanca",
                                         "America/New_York",    "UTC" };
    size_t unambiguous = 0;
    size_t ambiguous = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const Timezone *zone = timezone_find(names[i]);
        for (Instant at = days_from_date(1900, 1, 1) * DAY_US;
             at < days_from_date(2040, 1, 1) * DAY_US; at += 5400 * SECOND_US) {
            int64_t local_us;
            int64_t pushed_us;
            if (!timezone_is_unambiguous(zone, at, &local_us)) {
                ambiguous++;
                continue;
            }
            const WallTime wall = timezone_wall_time(zone, at);
            assert_true(wall.local_us == local_us && !wall.is_second);
            assert_false(timezone_was_pushed(zone, at, &pushed_us));
            unambiguous++;
        }
    }
    assert_true(unambiguous > 50 * ambiguous && ambiguous > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_no_plain_zone_is_not_found),
        cmocka_unit_test(a_zone_is_loaded_once),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(a_time_in_the_gap_is_read_with_the_offset_before_it),
        cmocka_unit_test(a_time_that_occurs_twice_is_its_first_occurrence),
        cmocka_unit_test(the_rule_in_the_footer_serves_to_the_end_of_the_calendar),
        cmocka_unit_test(a_rule_gives_the_two_changes_of_a_year),
        cmocka_unit_test(a_rule_that_breaks_the_grammar_is_refused),
        cmocka_unit_test(a_file_without_a_rule_keeps_its_last_offset),
        cmocka_unit_test(a_rule_wins_over_the_last_transition),
        cmocka_unit_test(a_rule_of_daylight_saving_all_year_never_changes),
        cmocka_unit_test(a_file_that_breaks_the_format_is_refused),
        cmocka_unit_test(a_file_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_file_damaged_anywhere_is_refused_or_gives_some_zone),
        cmocka_unit_test(a_newer_file_is_read_at_the_next_check),
        cmocka_unit_test(what_is_no_ordinary_file_is_no_zone),
        cmocka_unit_test(many_threads_may_ask_at_once),
        cmocka_unit_test(an_unambiguous_clock_shows_its_time_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
