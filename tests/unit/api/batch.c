/* Many events at once: all or none, and what their rules may cost together. */
#include "stage.h"

#include <string.h>

#include "base/limits.h"

/* Its last occurrence is found by counting 100,000 times. */
static const char counted[] =
    "{\"title\":\"Counted\",\"start_time\":\"1990-03-05T09:00:00Z\","
    "\"end_time\":\"1990-03-05T09:01:00Z\",\"recurrence_pattern\":{\"rrule\":"
    "\"FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=100000\"}}";

static const char market[] = "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

SQL(count_events, "SELECT count(*) AS n FROM events");

/* So many of one event, and another one in the end. */
static const char *list_of(Stage *stage, const char *event, size_t count, const char *last)
{
    Buffer text = buffer_start(&stage->bench->arena);

    buffer_add(&text, "[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, "%s,", event);
    buffer_printf(&text, "%s]", last);
    return text.data;
}

static void all_are_made_or_none(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events/batch", list_of(stage, market, 2, "{}"), 422,
                 "\"loc\":[\"body\",2,\"title\"]");
    assert_int_equal(bench_number(stage->bench->db, &count_events), 0);
    stage_expect(stage, &amira, "POST", "/api/events/batch", list_of(stage, market, 2, counted),
                 201, "Counted");
    assert_int_equal(bench_number(stage->bench->db, &count_events), 3);
}

static void new_rules_have_an_end_of_what_they_may_cost(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events/batch",
                 list_of(stage, counted, LIMIT_BATCH - 1, counted), 422, "recurrence_too_complex");
    assert_int_equal(bench_number(stage->bench->db, &count_events), 0);
}

/* The first may cost what one alone may, and who leaves the times as they are pays nothing. */
static void changed_rules_have_a_sooner_end(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events/batch", list_of(stage, counted, 2, counted),
                 201, "\"id\":3,");
    stage_expect(stage, &amira, "PATCH", "/api/events/batch",
                 "{\"items\":[{\"id\":1,\"end_time\":\"1990-03-05T09:02:00Z\"},"
                 "{\"id\":2,\"end_time\":\"1990-03-05T09:02:00Z\"}]}",
                 422, "\"loc\":[\"body\",\"items\",1,\"recurrence_pattern\"]");
    stage_expect(stage, &amira, "PATCH", "/api/events/batch",
                 "{\"items\":[{\"id\":1,\"end_time\":\"1990-03-05T09:02:00Z\"},"
                 "{\"id\":2,\"title\":\"Another\"},{\"id\":3,\"title\":\"Another\"}]}",
                 200, "Another");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(all_are_made_or_none),
        ON_SQLITE(new_rules_have_an_end_of_what_they_may_cost),
        ON_BOTH(changed_rules_have_a_sooner_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
