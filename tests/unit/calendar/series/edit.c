#include <stdlib.h>
#include <string.h>

#include "../support.h"
#include "base/text.h"
#include "calendar/occurrences.h"
#include "calendar/series/edit.h"

/* The random part: the oracle has every occurrence of a series as one line of its own (the
 * wall-clock time the rule means, and what an override makes of it) and does each edit on the
 * lines, one by one. What the edited events yield must be the same. */

static int edits_per_scope = 100;

static const Location body = { .name = "body" };

/* -- The oracle ------------------------------------------------------------------------------- */

enum { MOST_LINES = 400, MOST_RDATES = 4 };

typedef struct Line {
    int64_t local_us; /* what the rule means */
    Instant original; /* when that is */
    Instant start;
    Instant end;
    bool is_cancelled;
    bool has_start; /* of its own */
    int title;      /* 0: the first one's */
} Line;

typedef struct Oracle {
    const Timezone *zone; /* NULL: all-day */
    Line lines[MOST_LINES];
    int count;
} Oracle;

static Instant at(const Oracle *oracle, int64_t local_us)
{
    return oracle->zone == NULL ? local_us : timezone_to_instant(oracle->zone, local_us);
}

static int compare_lines(const void *a, const void *b)
{
    const Line *left = a;
    const Line *right = b;

    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return (left->original > right->original) - (left->original < right->original);
}

/* -- A random series -------------------------------------------------------------------------- */

static uint64_t seed = 20260301;

static int64_t random_below(int64_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(seed >> 33) % bound;
}

typedef struct Kind {
    int frequency; /* 0 daily, 1 weekly, 2 monthly, 3 yearly */
    int interval;
    unsigned weekdays; /* weekly */
    int count;         /* of the lines; */
    int ending;        /* 0 COUNT, 1 UNTIL */
} Kind;

static int64_t local_midnight(int year, int month0, int day)
{
    return days_from_date(year + month0 / 12, (unsigned)(month0 % 12) + 1, (unsigned)day) * DAY_US;
}

/* The n-th candidate of a kind, at midnight; false where the rule has none. */
static bool candidate(const Kind *kind, int64_t start_day, int n, int64_t *ret_day)
{
    int64_t year;
    unsigned month;
    unsigned day;

    date_from_days(start_day, &year, &month, &day);
    int months = n * kind->interval;
    switch (kind->frequency) {
    case 0:
        *ret_day = start_day + (int64_t)n * kind->interval;
        return true;
    case 1: {
        int64_t weekday = (start_day + 3) % 7; /* 1970-01-01 was a Thursday */
        int64_t monday = start_day - weekday;
        *ret_day = monday + (n / 7) * 7 * kind->interval + n % 7;
        return (kind->weekdays >> (n % 7) & 1) != 0 && *ret_day >= start_day;
    }
    case 2:
        *ret_day = local_midnight((int)year, (int)month - 1 + months, (int)day) / DAY_US;
        return true;
    default:
        *ret_day = local_midnight((int)year + months, (int)month - 1, (int)day) / DAY_US;
        return true;
    }
}

static const char *rule_of(Arena *arena, const Oracle *oracle, const Kind *kind)
{
    static const char *const frequencies[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
    static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    char *text =
        arena_printf(arena, "FREQ=%s;INTERVAL=%d", frequencies[kind->frequency], kind->interval);

    for (int day = 0, any = 0; kind->frequency == 1 && day < 7; day++) {
        if ((kind->weekdays >> day & 1) != 0)
            text = arena_printf(arena, "%s%s%s", text, any++ > 0 ? "," : ";BYDAY=", days[day]);
    }
    if (kind->ending == 0)
        return arena_printf(arena, "%s;COUNT=%d", text, kind->count);
    const char *last = instant_text(arena, oracle->lines[kind->count - 1].original);
    char until[32];
    char *out = until;
    for (const char *c = last; *c != '\0' && (oracle->zone != NULL || *c != 'T'); c++) {
        if (*c != '-' && *c != ':')
            *out++ = *c;
    }
    *out = '\0';
    return arena_printf(arena, "%s;UNTIL=%s", text, until);
}

static void make_lines(Oracle *oracle, const Kind *kind, int64_t start_day, int64_t time_us,
                       int64_t length_us)
{
    int64_t day;

    oracle->count = 0;
    for (int n = 0; oracle->count < kind->count; n++) {
        if (!candidate(kind, start_day, n, &day))
            continue;
        int64_t local_us = day * DAY_US + time_us;
        Instant start = at(oracle, local_us);
        oracle->lines[oracle->count++] = (Line){
            .local_us = local_us, .original = start, .start = start, .end = start + length_us
        };
    }
}

/* Some overrides: cancelled, with another title, or moved by some hours (days). */
static const char *override_some(Arena *arena, Oracle *oracle)
{
    OverrideEntry entries[MOST_LINES];
    size_t count = 0;

    for (int i = 0; i < oracle->count; i++) {
        Line *line = &oracle->lines[i];
        OverrideEntry *entry = &entries[count];
        if (random_below(6) != 0)
            continue;
        *entry = (OverrideEntry){ .original_start = line->original,
                                  .key = instant_text(arena, line->original) };
        schema_set_nulls(&override_schema, &entry->override);
        int64_t way = random_below(3);
        if (way == 0) {
            entry->override.given = 1 << 1;
            entry->override.cancelled = line->is_cancelled = true;
        } else if (way == 1) {
            entry->override.given = 1 << 8;
            entry->override.title = "Other";
            line->title = 1;
        } else {
            int64_t by_us =
                (oracle->zone == NULL ? DAY_US : 3600 * SECOND_US) * (random_below(5) - 2);
            entry->override.given = 1 << 5;
            line->end += by_us;
            line->start += by_us;
            line->has_start = true;
            entry->override.start_time = line->start;
        }
        count++;
    }
    return overrides_text(arena, entries, count);
}

static Event random_event(Arena *arena, Oracle *oracle)
{
    static const char *const zones[] = { "UTC",
                                         "Europe/Zurich",
                                         "America/New_York",
                                         "Australia/Lord_Howe",
                                         "Africa/Casablanca",
                                         "Asia/Kolkata" };
    bool all_day = random_below(4) == 0;
    const char *name = zones[random_below(6)];
    Kind kind = { .frequency = (int)random_below(4),
                  .interval = 1 + (int)random_below(3),
                  .weekdays = 1 + (unsigned)random_below(127),
                  .count = 2 + (int)random_below(60),
                  .ending = (int)random_below(2) };
    int64_t start_day =
        local_midnight(2024, (int)random_below(24), 1 + (int)random_below(28)) / DAY_US;
    /* Every second one at 01:00 … 03:30, where the clocks are changed. */
    int64_t time_us = all_day                ? 0
                      : random_below(2) == 0 ? (2 + random_below(6)) * 1800 * SECOND_US
                                             : random_below(86400) * SECOND_US;
    int64_t length_us =
        all_day ? (1 + random_below(2)) * DAY_US : (1 + random_below(40)) * 900 * SECOND_US;
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    Error err = { 0 };
    const Decoder d = { .arena = arena, .location = &body, .err = &err };

    if (kind.frequency == 3)
        kind.count = 2 + (int)random_below(12);
    if (kind.frequency == 1) { /* the start is one of them */
        kind.weekdays |= 1u << (start_day + 3) % 7;
        kind.weekdays &= 127;
    }
    oracle->zone = all_day ? NULL : timezone_find(name);
    /* A start in a gap would be another wall-clock time. */
    while (oracle->zone != NULL &&
           timezone_to_local(oracle->zone, at(oracle, start_day * DAY_US + time_us)) !=
               start_day * DAY_US + time_us)
        time_us = 12 * 3600 * SECOND_US;
    make_lines(oracle, &kind, start_day, time_us, length_us);
    pattern->rrule = rule_of(arena, oracle, &kind);
    Event event = {
        .title = "First",
        .start_time = oracle->lines[0].original,
        .end_time = oracle->lines[0].original + length_us,
        .timezone = name,
        .all_day = all_day,
        .is_recurring = true,
        .recurrence_pattern = pattern,
        .recurrence_overrides = override_some(arena, oracle),
    };
    if (!event_check(&d, &event))
        fail_msg("%s: %s", pattern->rrule, err.faults != NULL ? err.faults->message : err.detail);
    return event;
}

/* -- Edits, and the comparison ---------------------------------------------------------------- */

/* A change of title, and for some a move by hours and days or another length. */
static OccurrenceChange random_change(const Event *event, const Oracle *oracle, const Line *line,
                                      int64_t *ret_move_us, int64_t *ret_length)
{
    OccurrenceChange change = { .given = 1 << 0, .title = "Changed" };
    const char *rule = event->recurrence_pattern->rrule;
    /* Another day of the month is another matter: see the tests below. */
    bool is_monthly = strstr(rule, "MONTHLY") != NULL || strstr(rule, "YEARLY") != NULL;
    int64_t days = is_monthly ? 0 : random_below(15) - 7;
    int64_t to_us = line->local_us + days * DAY_US;

    *ret_move_us = 0;
    *ret_length = event->end_time - event->start_time;
    if (random_below(3) > 0) {
        if (oracle->zone != NULL)
            to_us += -(to_us % DAY_US) + random_below(48) * 1800 * SECOND_US;
        Instant start = at(oracle, to_us);
        if (oracle->zone != NULL)
            to_us = timezone_to_local(oracle->zone, start);
        change.given |= 1 << 3;
        change.start_time = start;
        *ret_move_us = to_us - line->local_us;
    }
    if (random_below(3) == 0) {
        Instant start = line->start;
        if ((change.given >> 3 & 1) != 0)
            start = change.start_time;
        *ret_length = (1 + random_below(5)) * (oracle->zone == NULL ? DAY_US : 1800 * SECOND_US);
        change.given |= 1 << 4;
        change.end_time = start + *ret_length;
    }
    return change;
}

static void edit_lines(Oracle *oracle, SeriesScope scope, int place, int64_t move_us,
                       int64_t length_us, Members given)
{
    for (int i = 0; i < oracle->count; i++) {
        Line *line = &oracle->lines[i];
        bool is_meant =
            i == place || (scope == SERIES_FOLLOWING && i > place) || scope == SERIES_ALL;
        if (!is_meant)
            continue;
        line->local_us += move_us;
        if (scope != SERIES_THIS)
            line->original = at(oracle, line->local_us);
        if (i == place) {
            line->is_cancelled = false;
            line->title = 2;
            if ((given >> 3 & 1) != 0)
                line->has_start = false;
        } else if (line->title == 0) {
            line->title = 2;
        }
        if (!line->has_start)
            line->start = at(oracle, line->local_us);
        line->end = line->start + length_us;
    }
}

static int title_of(const Event *event, const Occurrence *occurrence)
{
    const char *title = event->title;

    if (occurrence->override != NULL && OVERRIDE_HAS(occurrence->override, title))
        title = occurrence->override->title;
    return text_equal(title, "First") ? 0 : text_equal(title, "Other") ? 1 : 2;
}

static int collect(Arena *arena, const Event *event, Line *lines)
{
    const OccurrenceWindow window = { .to = INSTANT_END, .limit = MOST_LINES };
    OccurrenceList list;
    Error err = { 0 };

    if (!occurrences_find(arena, event, &window, &list, &err))
        fail_msg("%s", err.detail);
    for (size_t i = 0; i < list.count; i++)
        lines[i] = (Line){ .original = list.items[i].original_start,
                           .start = list.items[i].start,
                           .end = list.items[i].end,
                           .title = title_of(event, &list.items[i]) };
    return (int)list.count;
}

static void check_lines(Arena *arena, const Oracle *oracle, const SeriesAfter *after,
                        const char *what)
{
    Line expected[MOST_LINES];
    Line found[2 * MOST_LINES];
    int expected_count = 0;
    int count = after->is_trashed ? 0 : collect(arena, &after->event, found);

    if (after->is_split)
        count += collect(arena, &after->next, found + count);
    for (int i = 0; i < oracle->count; i++) {
        if (!oracle->lines[i].is_cancelled)
            expected[expected_count++] = oracle->lines[i];
    }
    qsort(expected, (size_t)expected_count, sizeof(Line), compare_lines);
    qsort(found, (size_t)count, sizeof(Line), compare_lines);
    for (int i = 0; i < expected_count && i < count; i++) {
        if (expected[i].start != found[i].start || expected[i].end != found[i].end ||
            expected[i].title != found[i].title)
            fail_msg("%s\n%d: expected %s to %s (%d), found %s to %s (%d)", what, i,
                     instant_text(arena, expected[i].start), instant_text(arena, expected[i].end),
                     expected[i].title, instant_text(arena, found[i].start),
                     instant_text(arena, found[i].end), found[i].title);
    }
    if (expected_count != count)
        fail_msg("%s\nexpected %d, found %d", what, expected_count, count);
}

/* Any, and half of the time one that a gap has pushed on, where there is one. */
static int random_place(const Oracle *oracle)
{
    bool seeks_gap = random_below(2) == 0;

    for (int i = 0; seeks_gap && oracle->zone != NULL && i < oracle->count; i++) {
        const Line *line = &oracle->lines[i];
        if (timezone_to_local(oracle->zone, line->original) != line->local_us)
            return i;
    }
    return (int)random_below(oracle->count);
}

static void one_random_edit(SeriesScope scope)
{
    static Oracle oracle; /* large */
    Arena AUTO(arena_finish) arena = { 0 };
    uint64_t first_seed = seed;
    Event event = random_event(&arena, &oracle);
    int place = random_place(&oracle);
    const Line *line = &oracle.lines[place];
    Instant original = line->original;
    int64_t move_us;
    int64_t length_us;
    bool removes = random_below(4) == 0;
    OccurrenceChange change = random_change(&event, &oracle, line, &move_us, &length_us);
    SeriesAfter after = edited(&arena, &event, scope, original, removes ? NULL : &change);
    const char *what = arena_printf(
        &arena, "seed %llu: %s, %s in %s%s, overrides %s, scope %s at %s, moved by %lld min%s",
        (unsigned long long)first_seed, instant_text(&arena, event.start_time),
        event.recurrence_pattern->rrule, event.timezone, event.all_day ? ", all day" : "",
        event.recurrence_overrides != NULL ? event.recurrence_overrides : "none",
        series_scope_names[scope], instant_text(&arena, original),
        (long long)(move_us / SECOND_US / 60), removes ? ", removed" : "");

    if (after.dropped_count != 0)
        fail_msg("%s\nan override was dropped", what);
    if (removes) {
        for (int i = 0; i < oracle.count; i++) {
            if (i == place || scope == SERIES_ALL || (scope == SERIES_FOLLOWING && i > place))
                oracle.lines[i].is_cancelled = true;
        }
    } else {
        edit_lines(&oracle, scope, place, move_us, length_us, change.given);
    }
    assert_int_equal(after.is_split, scope == SERIES_FOLLOWING && place > 0 && !removes);
    assert_int_equal(after.is_trashed,
                     removes && scope != SERIES_THIS && (scope == SERIES_ALL || place == 0));
    check_lines(&arena, &oracle, &after, what);
}

static void random_edits_of_one_occurrence(void **state)
{
    (void)state;
    for (int i = 0; i < edits_per_scope; i++)
        one_random_edit(SERIES_THIS);
}

static void random_edits_of_what_follows(void **state)
{
    (void)state;
    for (int i = 0; i < edits_per_scope; i++)
        one_random_edit(SERIES_FOLLOWING);
}

static void random_edits_of_all(void **state)
{
    (void)state;
    for (int i = 0; i < edits_per_scope; i++)
        one_random_edit(SERIES_ALL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_of_one_occurrence),
        cmocka_unit_test(random_edits_of_what_follows),
        cmocka_unit_test(random_edits_of_all),
    };

    if (argc > 1)
        edits_per_scope = atoi(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
