#include "calendar/event.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "json/reader.h"

/* What it costs to check events that repeat, and who pays. */

typedef struct Bench {
    Arena arena;
    Error err;
    int64_t work_left;
} Bench;

static void bench_finish(Bench *bench)
{
    arena_finish(&bench->arena);
}

static const Location body = { .name = "body" };

static Decoder decoder(Bench *bench)
{
    return (Decoder){
        .arena = &bench->arena,
        .location = &body,
        .err = &bench->err,
        .work_left = &bench->work_left,
    };
}

/* Title and times, and what `members` adds. */
static Event read(Bench *bench, const char *members)
{
    json_t *root AUTO(json_release) = NULL;
    Event event = { 0 };
    const char *json = arena_printf(&bench->arena,
                                    "{\"title\":\"x\",\"start_time\":\"2025-03-03T09:00:00Z\","
                                    "\"end_time\":\"2025-03-03T10:00:00Z\"%s}",
                                    members);

    if (!json_read(json, strlen(json), &root, &bench->err) ||
        !schema_decode(&event_schema, DECODE_CREATE, root, &bench->arena, &body, &event,
                       &bench->err))
        fail_msg("%s: %s", json, bench->err.detail);
    return event;
}

static bool check(Bench *bench, const char *members)
{
    const Decoder d = decoder(bench);
    Event event = read(bench, members);

    return event_check(&d, &event);
}

/* Its last occurrence is found by counting 100,000 times. */
static const char counted[] = ",\"recurrence_pattern\":{\"rrule\":"
                              "\"FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=100000\"}";

static void many_events_share_what_following_them_may_cost(void **state)
{
    Bench AUTO(bench_finish) bench = { .work_left = 1000 };

    (void)state;
    assert_true(check(&bench, counted)); /* the first one may */
    assert_true(bench.work_left < -100000);
    assert_true(check(&bench, ""));
    assert_false(check(&bench, ",\"recurrence_pattern\":{\"freq\":\"daily\"}"));
    assert_string_equal(bench.err.faults->location, "[\"body\",\"recurrence_pattern\"]");
    assert_string_equal(bench.err.faults->type, "recurrence_too_complex");
}

static void overrides_cost_what_is_read_of_them(void **state)
{
    Bench AUTO(bench_finish) bench = { .work_left = 50000 };
    char *description = arena_alloc(&bench.arena, 60001);

    (void)state;
    memset(description, 'x', 60000);
    assert_true(check(&bench, arena_printf(&bench.arena,
                                           ",\"recurrence_pattern\":{\"freq\":\"daily\"},"
                                           "\"recurrence_overrides\":{\"2025-03-04T09:00:00Z\":"
                                           "{\"description\":\"%s\"}}",
                                           description)));
    assert_true(bench.work_left < 0);
}

static void who_leaves_the_series_as_it_is_does_not_pay_for_following_it(void **state)
{
    Bench AUTO(bench_finish) bench = { .work_left = 1000000 };
    const Decoder d = decoder(&bench);
    Event before = read(&bench, counted);

    (void)state;
    assert_true(event_check(&d, &before));
    Event after = before;
    after.title = "y";
    bench.work_left = 1;
    assert_true(event_check_change(&d, &before, &after));
    assert_int_equal(bench.work_left, 1);
    assert_int_equal(after.series_end, before.series_end);
    after.start_time += INT64_C(3600000000);
    after.end_time += INT64_C(3600000000);
    assert_true(event_check_change(&d, &before, &after));
    assert_true(bench.work_left < 0);
    assert_true(after.series_end > before.series_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_events_share_what_following_them_may_cost),
        cmocka_unit_test(overrides_cost_what_is_read_of_them),
        cmocka_unit_test(who_leaves_the_series_as_it_is_does_not_pay_for_following_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
