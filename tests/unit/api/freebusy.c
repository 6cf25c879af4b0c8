/* When people are busy. */
#include "stage.h"

static const char path[] =
    "/api/freebusy?user_ids=1&from=2026-03-07T09:30:00Z&to=2026-03-08T00:00:00Z";

static void times_are_merged_cut_to_the_window_and_say_nothing_else(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                 "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                 201, "");
    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Lunch\",\"start_time\":\"2026-03-07T10:00:00Z\","
                 "\"end_time\":\"2026-03-07T11:00:00Z\"}",
                 201, "");
    stage_expect(stage, &amira, "GET", path, NULL, 200,
                 "\"busy\":[{\"start_time\":\"2026-03-07T09:30:00Z\","
                 "\"end_time\":\"2026-03-07T11:00:00Z\"}]");
}

static void only_who_is_known_is_answered(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &bela, "GET", path, NULL, 404, "nothing here");
    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                 "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                 201, "");
    stage_expect(stage, &bela, "POST", "/api/events",
                 "{\"title\":\"Trap\",\"start_time\":\"2026-03-07T09:00:00Z\","
                 "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                 201, "");
    stage_expect(stage, &bela, "POST", "/api/events/2/share",
                 "{\"username\":\"amira\",\"role\":\"Viewer\"}", 200, "");
    stage_expect(stage, &bela, "GET", path, NULL, 404, "nothing here");
    stage_expect(stage, &amira, "POST", "/api/events/1/share",
                 "{\"username\":\"bela\",\"role\":\"Viewer\"}", 200, "");
    stage_expect(stage, &bela, "GET", path, NULL, 200, "\"user_id\":1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(times_are_merged_cut_to_the_window_and_say_nothing_else),
        ON_BOTH(only_who_is_known_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
