/* Who may see and change an account. */
#include "../api/stage.h"

#include "base/text.h"

static const char *where(Stage *stage, const TokenClaims *claims)
{
    return arena_printf(&stage->bench->arena, "/api/users/%lld", (long long)claims->user_id);
}

static void strangers_are_not_there(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "GET", where(stage, &amira), NULL, 200, "\"email\"");
    stage_expect(stage, &amira, "GET", where(stage, &bela), NULL, 404, "not-found");
    stage_expect(stage, &amira, "PATCH", where(stage, &bela), "{\"timezone\":null}", 404,
                 "not-found");
    stage_expect(stage, &amira, "DELETE", where(stage, &bela), NULL, 404, "not-found");
}

/* Neither what is asked nor how says more of somebody than that. */
static void what_is_wrong_is_told_to_who_may(void **state)
{
    static const struct {
        const char *method;
        const char *query;
        const char *body;
    } wrong[] = {
        { "GET", "?x=1", NULL },
        { "PUT", "", "{\"timezone\":17}" },
        { "PATCH", "", "{\"timezone\":17}" },
        { "PATCH", "", "{\"password\":17}" },
        { "DELETE", "?events=maybe", NULL },
        { "DELETE", "?a=1&b=2&c=3&=&", NULL },
    };
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);
    TokenClaims chen = stage_sign_up(stage, "chen", false);
    TokenClaims chief = stage_sign_up(stage, "chief", true);

    stage_expect(stage, &bela, "POST", "/api/events",
                 "{\"title\":\"Choir\",\"start_time\":\"2026-03-03T09:00:00Z\","
                 "\"end_time\":\"2026-03-03T10:00:00Z\"}",
                 201, "Choir");
    stage_expect(stage, &bela, "POST", "/api/events/1/share",
                 "{\"users\":[{\"username\":\"chen\",\"role\":\"Viewer\"}]}", 200, "chen");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *method = wrong[i].method;
        bool reads = text_equal(method, "GET");
        const char *path =
            arena_printf(&stage->bench->arena, "%s%s", where(stage, &bela), wrong[i].query);
        stage_expect(stage, NULL, method, path, wrong[i].body, 401, "unauthenticated");
        stage_expect(stage, &amira, method, path, wrong[i].body, 404, "not-found");
        stage_expect(stage, &chen, method, path, wrong[i].body, reads ? 422 : 403, "");
        stage_expect(stage, &bela, method, path, wrong[i].body, 422, "");
        stage_expect(stage, &chief, method, path, wrong[i].body, 422, "");
    }
    const char *unreadable = arena_printf(&stage->bench->arena, "%s?to=%%", where(stage, &bela));
    stage_expect(stage, &bela, "DELETE", unreadable, NULL, 400, "");
    stage_expect(stage, &amira, "DELETE", unreadable, NULL, 404, "");
    stage_expect(stage, &chief, "PATCH", "/api/users/999", "{\"timezone\":17}", 404, "not-found");
    stage_expect(stage, &chief, "PATCH", where(stage, &bela), "{\"timezone\":null}", 200, "bela");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(strangers_are_not_there),
        ON_BOTH(what_is_wrong_is_told_to_who_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
