/* An event gets another owner. */
#include "stage.h"

static const char event[] = "{\"title\":\"Town hall\",\"start_time\":\"2026-03-07T09:00:00Z\","
                            "\"end_time\":\"2026-03-07T10:00:00Z\"}";

static void only_who_knows_the_owner_becomes_one(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "POST", "/api/events", event, 201, "\"id\":1,");
    stage_expect(stage, &bela, "POST", "/api/events", event, 201, "\"id\":2,");
    stage_expect(stage, &amira, "POST", "/api/events/1/transfer", "{\"user_id\":2}", 409,
                 "not_known");
    stage_expect(stage, &amira, "POST", "/api/events/1/transfer", "{\"user_id\":99}", 409,
                 "not_known");
    stage_expect(stage, &amira, "POST", "/api/events/1/transfer", "{\"user_id\":1}", 409,
                 "owns the event already");
    stage_expect(stage, &bela, "POST", "/api/events/2/share", "{\"user_id\":1,\"role\":\"Viewer\"}",
                 200, "amira");
    stage_expect(stage, &amira, "POST", "/api/events/1/transfer", "{\"user_id\":2}", 200,
                 "\"owner_id\":2");
    stage_expect(stage, &amira, "POST", "/api/events/1/transfer", "{\"user_id\":2}", 403,
                 "forbidden");
    stage_expect(stage, &bela, "GET", "/api/events/1/permissions", NULL, 200, "Editor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(only_who_knows_the_owner_becomes_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
