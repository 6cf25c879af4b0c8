/* Classes of extents, and where series begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "calendar/extent.h"
#include "calendar/occurrences.h"

static const Instant start = INT64_C(1750000000000000);

static Event lasting(int64_t us)
{
    return (Event){
        .start_time = start,
        .end_time = start + us,
        .series_start = start,
        .series_end = start + us,
    };
}

static void a_class_ends_with_its_longest(void **state)
{
    int64_t days = 1;

    (void)state;
    for (int k = 0; k < EXTENT_LIMITED_CLASSES; k++, days *= 8) {
        const Event longest = lasting(days * DAY_US);
        const Event longer = lasting(days * DAY_US + 1);
        assert_int_equal(extent_longest_us(k), days * DAY_US);
        assert_int_equal(extent_class(&longest), k);
        assert_int_equal(extent_class(&longer), k + 1);
    }
}

static void what_has_no_end_is_long(void **state)
{
    Event event = lasting(DAY_US);

    (void)state;
    event.series_end = INSTANT_NULL;
    assert_int_equal(extent_class(&event), EXTENT_LONG);
}

static void what_begins_before_its_start_is_early(void **state)
{
    Event event = lasting(DAY_US);

    (void)state;
    event.series_start = start - 1;
    assert_int_equal(extent_class(&event), EXTENT_EARLY);
    event.series_end = INSTANT_NULL;
    assert_int_equal(extent_class(&event), EXTENT_EARLY);
}

/* What the old system let through ends before it starts. */
static void what_ends_before_its_start_is_short(void **state)
{
    const Event event = lasting(-DAY_US);

    (void)state;
    assert_int_equal(extent_class(&event), 0);
}

static void a_series_begins_with_its_first_occurrence(void **state)
{
    const Instant rdates[] = { start - 5 * DAY_US, start + DAY_US };
    const Recurrence pattern = { .rrule = "FREQ=DAILY;COUNT=3",
                                 .rdates = rdates + 1,
                                 .rdate_count = 1 };
    const Recurrence early = { .rrule = pattern.rrule, .rdates = rdates, .rdate_count = 2 };
    Event event = lasting(DAY_US / 2);

    (void)state;
    assert_int_equal(occurrences_series_start(&event), start);
    event.recurrence_pattern = &pattern;
    assert_int_equal(occurrences_series_start(&event), start);
    event.recurrence_pattern = &early;
    assert_int_equal(occurrences_series_start(&event), rdates[0]);
}

static void a_moved_occurrence_may_be_the_first(void **state)
{
    const Recurrence pattern = { .rrule = "FREQ=DAILY;COUNT=3" };
    Event event = {
        .start_time = INT64_C(1735722000000000), /* 2025-01-01T09:00:00Z */
        .end_time = INT64_C(1735725600000000),
        .recurrence_pattern = &pattern,
    };

    (void)state;
    event.recurrence_overrides = "{\"2025-01-02T09:00:00Z\":{\"start_time\":"
                                 "\"2024-12-31T09:00:00Z\"}}";
    assert_int_equal(occurrences_series_start(&event), event.start_time - DAY_US);
    event.recurrence_overrides = "{\"2025-01-02T09:00:00Z\":{\"cancelled\":true,\"start_time\":"
                                 "\"2024-12-31T09:00:00Z\"}}";
    assert_int_equal(occurrences_series_start(&event), event.start_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_ends_with_its_longest),
        cmocka_unit_test(what_has_no_end_is_long),
        cmocka_unit_test(what_begins_before_its_start_is_early),
        cmocka_unit_test(what_ends_before_its_start_is_short),
        cmocka_unit_test(a_series_begins_with_its_first_occurrence),
        cmocka_unit_test(a_moved_occurrence_may_be_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
