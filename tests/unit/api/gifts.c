/* Gifts: what a share answers is what is read afterwards, and it waits no more than it must. */
#include "stage.h"

#include <string.h>

static const char event[] = "{\"title\":\"Town hall\",\"start_time\":\"2026-03-07T09:00:00Z\","
                            "\"end_time\":\"2026-03-07T10:00:00Z\"}";

static const char *body_of(const Stage *stage, const Reply *reply)
{
    return arena_printf(&stage->bench->arena, "%.*s", (int)reply->length, reply->body);
}

static void what_a_share_answers_is_what_is_read(void **state)
{
    static const char *const grantees[] = {
        "{\"user_id\":2,\"role_id\":3}",
        "{\"username\":\"chen\",\"role\":\"Editor\"}",
        "{\"email\":\"dora@example.org\",\"role\":\"Viewer\"}",
    };
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    (void)stage_sign_up(stage, "bela", false);
    (void)stage_sign_up(stage, "chen", false);
    (void)stage_sign_up(stage, "dora", false);
    stage_expect(stage, &amira, "POST", "/api/events", event, 201, "\"id\":1,");
    for (size_t i = 0; i < sizeof(grantees) / sizeof(grantees[0]); i++) {
        Reply given = stage_ask(stage, &amira, "POST", "/api/events/1/share", grantees[i]);
        const char *one = body_of(stage, &given);
        assert_int_equal(given.status, 200);
        Reply list = stage_ask(stage, &amira, "GET", "/api/events/1/permissions", NULL);
        assert_non_null(strstr(body_of(stage, &list), one));
    }
}

static void who_is_named_twice_is_given_nothing(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "POST", "/api/events", event, 201, "\"id\":1,");
    stage_expect(stage, &amira, "POST", "/api/events/1/share",
                 "{\"users\":[{\"user_id\":2,\"role\":\"Viewer\"},"
                 "{\"username\":\"bela\",\"role\":\"Editor\"}]}",
                 409, "already has a role");
    stage_expect(stage, &bela, "GET", "/api/events/1", NULL, 404, "");
}

/* Who may, who gets it, and the commit. */
static void a_share_waits_three_times(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    (void)stage_sign_up(stage, "bela", false);
    stage_expect(stage, &amira, "POST", "/api/events", event, 201, "\"id\":1,");
    int64_t before = db_round_trips(stage->bench->db);
    stage_expect(stage, &amira, "POST", "/api/events/1/share", "{\"user_id\":2,\"role_id\":3}", 200,
                 "bela");
    assert_int_equal(db_round_trips(stage->bench->db) - before, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_a_share_answers_is_what_is_read),
        ON_BOTH(who_is_named_twice_is_given_nothing),
        ON_POSTGRES(a_share_waits_three_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
