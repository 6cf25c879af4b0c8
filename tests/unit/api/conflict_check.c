/* What takes place at the same time, asked beforehand. */
#include "stage.h"

static const char conflicts[] = "/api/events/conflicts";

static void what_would_be_in_the_way_is_told_and_nothing_is_saved(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                 "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                 201, "");
    stage_expect(stage, &amira, "POST", conflicts,
                 "{\"start_time\":\"2026-03-07T09:30:00Z\",\"end_time\":\"2026-03-07T10:30:00Z\"}",
                 200, "\"title\":\"Market\"");
    stage_expect(stage, &amira, "POST", conflicts,
                 "{\"start_time\":\"2026-03-07T10:00:00Z\",\"end_time\":\"2026-03-07T10:30:00Z\"}",
                 200, "\"conflicts\":[]");
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "\"total\":1");
}

static void an_event_that_exists_is_in_no_conflict_with_itself(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                 "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                 201, "");
    stage_expect(stage, &amira, "POST", conflicts, "{\"event_id\":1}", 200, "\"conflicts\":[]");
    stage_expect(stage, &amira, "POST", conflicts, "{}", 422, "start_time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_would_be_in_the_way_is_told_and_nothing_is_saved),
        ON_BOTH(an_event_that_exists_is_in_no_conflict_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
