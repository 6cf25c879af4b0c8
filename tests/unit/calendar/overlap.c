#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "calendar/agenda.h"
#include "calendar/overlap.h"
#include "support.h"

/* How many random pairs; `overlap 10000` for the long form. */
static int pair_count = 1000;

static Event make_event(Arena *arena, const char *start, const char *end, const char *rrule)
{
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);

    pattern->rrule = rrule;
    return (Event){
        .id = 1,
        .start_time = moment(start),
        .end_time = moment(end),
        .timezone = "UTC",
        .is_recurring = rrule != NULL,
        .recurrence_pattern = rrule != NULL ? pattern : NULL,
    };
}

static OverlapList overlaps(Arena *arena, const Event *event, const Event *other, size_t limit)
{
    const OverlapLimits limits = { .starts = LIMIT_CONFLICT_STARTS, .pairs = limit };
    OverlapSide side;
    OverlapList list;
    Error err = { 0 };

    assert_true(overlap_prepare(arena, event, OVERLAP_FROM_THE_START, &limits, &side, &err));
    assert_true(overlap_find(arena, &side, other, &limits, &list, &err));
    return list;
}

static void what_touches_does_not_overlap(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z", NULL);
    Event before = make_event(&arena, "2025-03-03T08:00:00Z", "2025-03-03T09:00:00Z", NULL);
    Event after = make_event(&arena, "2025-03-03T10:00:00Z", "2025-03-03T11:00:00Z", NULL);
    Event last = make_event(&arena, "2025-03-03T09:59:59.999999Z", "2025-03-03T11:00:00Z", NULL);

    (void)state;
    assert_int_equal(overlaps(&arena, &event, &before, 10).count, 0);
    assert_int_equal(overlaps(&arena, &event, &after, 10).count, 0);
    assert_int_equal(overlaps(&arena, &event, &last, 10).count, 1);
    assert_int_equal(overlaps(&arena, &event, &event, 10).count, 1);
}

static void what_is_cancelled_overlaps_with_nothing(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event =
        make_event(&arena, "2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z", "FREQ=DAILY;COUNT=3");
    Event other = event;

    (void)state;
    assert_int_equal(overlaps(&arena, &event, &other, 10).count, 3);
    other.recurrence_overrides = "{\"2025-03-04T09:00:00Z\":{\"cancelled\":true},"
                                 "\"2025-03-05T09:00:00Z\":{\"status\":\"cancelled\"}}";
    assert_int_equal(overlaps(&arena, &event, &other, 10).count, 1);
    assert_int_equal(overlaps(&arena, &other, &event, 10).count, 1);
    other.status = EVENT_CANCELLED;
    assert_int_equal(overlaps(&arena, &event, &other, 10).count, 0);
    assert_int_equal(overlaps(&arena, &other, &event, 10).count, 0);
}

static void a_far_meeting_of_two_series_is_found(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event yearly =
        make_event(&arena, "2024-02-29T12:00:00Z", "2024-02-29T13:00:00Z", "FREQ=YEARLY;COUNT=20");
    Event dense = make_event(&arena, "2000-01-01T00:30:00Z", "2000-01-01T00:31:00Z",
                             "FREQ=HOURLY;UNTIL=20600101T000000Z");

    (void)state;
    OverlapList list = overlaps(&arena, &yearly, &dense, 100);
    assert_int_equal(list.count, 9); /* every fourth year up to 2056: the rest lies behind UNTIL */
    assert_int_equal(list.items[8].theirs.start, moment("2056-02-29T12:30:00Z"));
}

static void the_range_ends_where_occurrences_were_left_out(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event event = make_event(&arena, "2025-01-01T00:00:00Z", "2025-01-01T00:10:00Z", "FREQ=HOURLY");
    const OverlapLimits limits = { .starts = 50 };
    const Instant hour_us = INT64_C(3600) * SECOND_US;
    OverlapSide side;
    Error err = { 0 };

    (void)state;
    assert_true(overlap_prepare(&arena, &event, OVERLAP_FROM_THE_START, &limits, &side, &err));
    assert_int_equal(side.count, 50);
    assert_int_equal(side.until, event.start_time + 50 * hour_us);
    assert_int_equal(side.all_until, side.until);
    const Instant from = event.start_time + 30 * hour_us;
    assert_true(overlap_prepare(&arena, &event, from, &limits, &side, &err));
    assert_int_equal(side.items[0].occurrence.from, from);
    assert_int_equal(side.until, from + 50 * hour_us);

    OverlapList list = overlaps(&arena, &event, &event, 5);
    assert_int_equal(list.count, 5);
    assert_true(list.has_more);
}

/* A thousand seconds of ours behind which theirs goes on for ten years without a pause. */
static void looks_beyond_the_range_are_not_made(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event ours =
        make_event(&arena, "2027-06-01T00:00:00Z", "2037-05-01T00:00:00Z", "FREQ=SECONDLY");
    Event theirs = make_event(&arena, "2027-05-31T00:00:00Z", "2027-05-31T00:00:01Z",
                              "FREQ=SECONDLY;BYDAY=MO,WE,TH,FR,SA,SU");
    int64_t work_left = 100000;
    const OverlapLimits limits = { .starts = LIMIT_CONFLICT_STARTS,
                                   .pairs = 101,
                                   .work_left = &work_left };
    OverlapSide side;
    OverlapList list;
    Error err = { 0 };

    (void)state;
    assert_true(overlap_prepare(&arena, &ours, OVERLAP_FROM_THE_START, &limits, &side, &err));
    assert_true(overlap_find(&arena, &side, &theirs, &limits, &list, &err));
    assert_int_equal(list.count, 0); /* 1 June 2027 is a Tuesday */
    assert_true(work_left > 80000);
}

static void every_look_at_a_pair_is_work(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event ours =
        make_event(&arena, "2027-06-01T00:00:00Z", "2027-06-01T10:00:00Z", "FREQ=MINUTELY");
    Event theirs =
        make_event(&arena, "2027-05-31T00:00:00Z", "2037-05-31T00:00:00Z", "FREQ=SECONDLY");
    int64_t work_left = 50000;
    const OverlapLimits all = { .starts = LIMIT_CONFLICT_STARTS };
    const OverlapLimits limits = { .pairs = 10000000, .work_left = &work_left };
    OverlapSide side;
    OverlapList list;
    Error err = { 0 };

    (void)state;
    assert_true(overlap_prepare(&arena, &ours, OVERLAP_FROM_THE_START, &all, &side, &err));
    assert_false(overlap_find(&arena, &side, &theirs, &limits, &list, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_true(work_left < 0);
    assert_true(list.count <= 50000);
}

static void events_that_are_joined_are_held_against_each_other(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event events[] = {
        make_event(&arena, "2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z", "FREQ=DAILY;COUNT=2"),
        make_event(&arena, "2025-03-03T10:00:00Z", "2025-03-03T11:00:00Z", NULL),
        make_event(&arena, "2025-03-04T09:30:00Z", "2025-03-04T12:00:00Z", NULL),
    };
    OverlapSide side = OVERLAP_NOTHING;
    OverlapList list;
    int64_t work_left = 1000;
    const OverlapLimits limits = { .starts = 10, .pairs = 10, .work_left = &work_left };
    Error err = { 0 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        OverlapSide one;
        assert_true(
            overlap_prepare(&arena, &events[i], OVERLAP_FROM_THE_START, &limits, &one, &err));
        one.items[0].is_new = i == 2;
        overlap_add(&arena, &one, i, &side);
    }
    overlap_sort(&side);
    assert_int_equal(side.count, 4);
    assert_int_equal(side.until, moment("2025-03-04T12:00:00Z"));
    assert_true(side.all_until > side.until);
    assert_true(overlap_find_within(&arena, &side, &limits, &list, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].of, 2);
    assert_int_equal(list.items[0].theirs_of, 0);
    assert_true(list.items[0].is_new);
    assert_true(overlap_find(&arena, &side, &events[1], &limits, &list, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].of, 1);
    work_left = 2;
    assert_false(overlap_find_within(&arena, &side, &limits, &list, &err));
}

/* Of some every occurrence is there only to where the first one was left out. */
static void what_is_joined_says_how_far_all_of_it_is_there(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Event events[] = {
        make_event(&arena, "2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z", "FREQ=DAILY"),
        make_event(&arena, "2025-03-03T09:00:00Z", "2025-03-03T10:00:00Z", "FREQ=WEEKLY"),
    };
    const OverlapLimits limits = { .starts = 10 };
    OverlapSide side = OVERLAP_NOTHING;
    Error err = { 0 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        OverlapSide one;
        assert_true(
            overlap_prepare(&arena, &events[i], OVERLAP_FROM_THE_START, &limits, &one, &err));
        overlap_add(&arena, &one, i, &side);
    }
    assert_int_equal(side.all_until, moment("2025-03-13T09:00:00Z"));
    assert_int_equal(side.until, moment("2025-05-12T09:00:00Z"));
}

/* -- Against brute force ---------------------------------------------------------------------- */

/* xorshift64*, so that a seed names the same pair everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static int64_t below(uint64_t *seed, uint64_t end)
{
    return (int64_t)(next_random(seed) % end);
}

static const char *random_rule(Arena *arena, uint64_t *seed)
{
    static const char *const rules[] = {
        "FREQ=DAILY",
        "FREQ=DAILY;BYDAY=MO,WE,FR",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=9,15",
        "FREQ=MONTHLY;BYMONTHDAY=-1,13",
        "FREQ=MONTHLY;BYDAY=2TU,-1FR",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYDAY=MO;BYWEEKNO=10,20,53",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;BYHOUR=10",
    };
    enum { RULES = sizeof(rules) / sizeof(rules[0]) };
    const char *rule = rules[below(seed, RULES)];

    return arena_printf(arena, "%s;INTERVAL=%d;COUNT=%d", rule, (int)below(seed, 7) + 1,
                        (int)below(seed, 60) + 1);
}

/* Moves, stretches or cancels some of the occurrences. */
static const char *random_overrides(Arena *arena, const Event *event, uint64_t *seed)
{
    const OccurrenceWindow window = { .from = INSTANT_MIN, .to = INSTANT_END, .limit = 100 };
    OverrideEntry *entries = ARENA_ARRAY(arena, OverrideEntry, window.limit);
    OccurrenceList list;
    size_t count = 0;
    Error err = { 0 };

    assert_true(occurrences_find(arena, event, &window, &list, &err));
    for (size_t i = 0; i < list.count; i++) {
        Override override = { .start_time = INSTANT_NULL, .end_time = INSTANT_NULL };
        Instant start = list.items[i].start;
        if (below(seed, 4) != 0)
            continue;
        if (below(seed, 3) == 0) {
            override.cancelled = true;
            override.given = 1;
        } else {
            override.start_time = start + (below(seed, 4000) - 2000) * 60 * SECOND_US;
            override.end_time = override.start_time + (below(seed, 3000) + 1) * 60 * SECOND_US;
            for (size_t f = 0; f < override_schema.field_count; f++) {
                size_t offset = override_schema.fields[f].offset;
                if (offset == offsetof(Override, start_time) ||
                    offset == offsetof(Override, end_time))
                    override.given |= UINT64_C(1) << f;
            }
        }
        entries[count++] = (OverrideEntry){ .original_start = start,
                                            .key = instant_text(arena, start),
                                            .override = override };
    }
    return overrides_text(arena, entries, count);
}

static Event random_event(Arena *arena, uint64_t *seed)
{
    static const char *const zones[] = { "UTC", "Europe/Zurich", "America/New_York" };
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    Event event = {
        .start_time = moment("2025-03-01T00:00:00Z") + below(seed, 40 * 24 * 4) * 900 * SECOND_US,
        .timezone = zones[below(seed, 3)],
        .is_recurring = below(seed, 5) != 0,
    };

    event.end_time = event.start_time + (below(seed, 40) + 1) * 900 * SECOND_US;
    if (event.is_recurring) {
        pattern->rrule = random_rule(arena, seed);
        event.recurrence_pattern = pattern;
        if (below(seed, 3) == 0)
            event.recurrence_overrides = random_overrides(arena, &event, seed);
    }
    return event;
}

static size_t brute_force(Arena *arena, const Event *event, const Event *other, Overlap *ret_pairs,
                          size_t limit)
{
    const OccurrenceWindow window = { .from = INSTANT_MIN, .to = INSTANT_END, .limit = 1000 };
    OccurrenceList ours;
    OccurrenceList theirs;
    Error err = { 0 };
    size_t count = 0;

    assert_true(occurrences_find(arena, event, &window, &ours, &err));
    assert_true(occurrences_find(arena, other, &window, &theirs, &err));
    for (size_t j = 0; j < theirs.count; j++) {
        for (size_t i = 0; i < ours.count; i++) {
            bool meets = ours.items[i].start < theirs.items[j].end &&
                         theirs.items[j].start < ours.items[i].end;
            if (meets && count < limit)
                ret_pairs[count++] = (Overlap){ .ours = ours.items[i], .theirs = theirs.items[j] };
        }
    }
    return count;
}

static void random_pairs_overlap_as_brute_force_says(void **state)
{
    enum { LIMIT = 20000 };
    size_t met = 0;

    (void)state;
    for (int number = 1; number <= pair_count; number++) {
        Arena AUTO(arena_finish) arena = { 0 };
        uint64_t seed = (uint64_t)number * UINT64_C(0x9E3779B97F4A7C15);
        Event event = random_event(&arena, &seed);
        Event other = random_event(&arena, &seed);
        Overlap *expected = ARENA_ARRAY(&arena, Overlap, LIMIT);
        size_t count = brute_force(&arena, &event, &other, expected, LIMIT);
        OverlapList list = overlaps(&arena, &event, &other, LIMIT);

        if (list.count != count)
            fail_msg("pair %d: %zu overlaps, expected %zu", number, list.count, count);
        for (size_t i = 0; i < count; i++) {
            if (list.items[i].ours.original_start != expected[i].ours.original_start ||
                list.items[i].theirs.original_start != expected[i].theirs.original_start)
                fail_msg("pair %d: overlap %zu is another one", number, i);
        }
        met += count > 0;
    }
    assert_true(met > (size_t)pair_count / 10); /* else this shows nothing */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_touches_does_not_overlap),
        cmocka_unit_test(what_is_cancelled_overlaps_with_nothing),
        cmocka_unit_test(a_far_meeting_of_two_series_is_found),
        cmocka_unit_test(the_range_ends_where_occurrences_were_left_out),
        cmocka_unit_test(looks_beyond_the_range_are_not_made),
        cmocka_unit_test(every_look_at_a_pair_is_work),
        cmocka_unit_test(events_that_are_joined_are_held_against_each_other),
        cmocka_unit_test(what_is_joined_says_how_far_all_of_it_is_there),
        cmocka_unit_test(random_pairs_overlap_as_brute_force_says),
    };

    if (argc > 1)
        pair_count = atoi(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
