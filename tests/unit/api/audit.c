/* The audit trail as administrators read it. */
#include "stage.h"

#include <string.h>

#define MARKET                                                                                     \
    "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","                           \
    "\"end_time\":\"2026-03-07T10:00:00Z\"}"

typedef struct Scene {
    Stage *stage;
    TokenClaims chief; /* user 1 */
    TokenClaims amira; /* user 2, who gives user 3 a role and takes it back */
} Scene;

static Scene set_scene(void **state)
{
    Scene scene = { .stage = stage_set(state) };
    Stage *stage = scene.stage;

    scene.chief = stage_sign_up(stage, "chief", true);
    scene.amira = stage_sign_up(stage, "amira", false);
    stage_sign_up(stage, "bela", false);
    stage_expect(stage, &scene.amira, "POST", "/api/events", MARKET, 201, "Market");
    stage_expect(stage, &scene.amira, "POST", "/api/events/1/share",
                 "{\"users\":[{\"user_id\":3,\"role\":\"Viewer\"}]}", 200, "bela");
    stage_expect(stage, &scene.amira, "PUT", "/api/events/1/permissions/3", "{\"role\":\"Editor\"}",
                 200, "Editor");
    stage_expect(stage, &scene.amira, "DELETE", "/api/events/1/permissions/3", NULL, 204, "");
    stage_expect(stage, &scene.chief, "PATCH", "/api/users/3", "{\"is_admin\":true}", 200, "bela");
    return scene;
}

static void administrators_read_it_and_nobody_else(void **state)
{
    Scene scene = set_scene(state);

    stage_expect(scene.stage, NULL, "GET", "/api/admin/audit", NULL, 401, "Sign in");
    stage_expect(scene.stage, &scene.amira, "GET", "/api/admin/audit", NULL, 403, "administrators");
    stage_expect(scene.stage, &scene.chief, "GET", "/api/admin/audit", NULL, 200, "\"total\":4");
}

static void rights_that_are_given_changed_and_taken_are_in_it_newest_first(void **state)
{
    static const char *const order[] = {
        "\"user_name\":\"chief\",\"action\":\"user.promote\",\"subject\":\"user 3\"",
        ("\"user_name\":\"amira\",\"action\":\"event.unshare\",\"subject\":\"event 1\","
         "\"address\":\"127.0.0.1\""),
        "\"action\":\"event.permission_change\",\"subject\":\"event 1\"",
        "\"action\":\"event.share\",\"subject\":\"event 1\"",
    };
    Scene scene = set_scene(state);
    const char *at = stage_ask(scene.stage, &scene.chief, "GET", "/api/admin/audit", NULL).body;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const char *found = strstr(at, order[i]);
        if (found == NULL)
            fail_msg("%s is not in %s", order[i], at);
        at = found;
    }
}

static void a_filter_leaves_what_it_says(void **state)
{
    static const struct {
        const char *query, *words;
    } cases[] = {
        { "?user_id=2", "\"total\":3" },
        { "?action=event.share", "\"total\":1" },
        { "?subject=event%201", "\"total\":3" },
        { "?subject=user%203&user_id=1", "\"total\":1" },
        { "?subject=user%203&user_id=2", "\"total\":0" },
        { "?from=2026-03-01T09:00:00Z", "\"total\":4" },
        { "?from=2026-03-01T09:00:01Z", "\"total\":0" },
        { "?to=2026-03-01T09:00:00Z", "\"total\":0" },
        { "?limit=1&skip=3", "event.share" },
    };
    Scene scene = set_scene(state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        stage_expect(scene.stage, &scene.chief, "GET",
                     arena_printf(&scene.stage->bench->arena, "/api/admin/audit%s", cases[i].query),
                     NULL, 200, cases[i].words);
}

static void sign_outs_are_in_it(void **state)
{
    Scene scene = set_scene(state);

    stage_expect(scene.stage, &scene.amira, "POST", "/api/auth/logout", NULL, 200,
                 "Successfully logged out");
    stage_expect(scene.stage, &scene.chief, "GET", "/api/admin/audit?action=user.sign_out", NULL,
                 200, "\"subject\":\"user 2\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(administrators_read_it_and_nobody_else),
        ON_BOTH(rights_that_are_given_changed_and_taken_are_in_it_newest_first),
        ON_BOTH(a_filter_leaves_what_it_says),
        ON_BOTH(sign_outs_are_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
