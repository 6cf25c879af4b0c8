/* When one event takes place. */
#include "stage.h"

static const char lessons[] =
    "{\"title\":\"Lesson\",\"timezone\":\"Europe/Zurich\",\"start_time\":\"2026-03-16T09:00:00Z\","
    "\"end_time\":\"2026-03-16T10:00:00Z\",\"is_recurring\":true,"
    "\"recurrence_pattern\":\"FREQ=WEEKLY;COUNT=3\"}";

static void occurrences_keep_the_wall_clock(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events", lessons, 201, "");
    /* Summer time begins on the 29th. */
    stage_expect(stage, &amira, "GET",
                 "/api/events/1/occurrences?from=2026-03-28T00:00:00Z&to=2026-04-10T00:00:00Z",
                 NULL, 200, "\"start_time\":\"2026-03-30T08:00:00Z\"");
    stage_expect(stage, &amira, "GET", "/api/events/1/occurrences?from=2026-03-30T09:00:00Z", NULL,
                 200, "\"items\":[]");
    stage_expect(stage, &amira, "GET",
                 "/api/events/1/occurrences?from=2026-03-30T09:00:00Z&to=2026-03-30T09:00:00Z",
                 NULL, 422, "time_order");
}

static void one_that_is_cancelled_is_left_out(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events", lessons, 201, "");
    stage_expect(stage, &amira, "DELETE", "/api/events/1/occurrences/2026-03-23T09:00:00Z", NULL,
                 200, "");
    stage_expect(stage, &amira, "GET",
                 "/api/events/1/occurrences?from=2026-03-20T00:00:00Z&to=2026-03-29T00:00:00Z",
                 NULL, 200, "\"items\":[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(occurrences_keep_the_wall_clock),
        ON_BOTH(one_that_is_cancelled_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
