/* Who may do what with an event, and in which order he is refused. */
#include "../api/stage.h"

#include "http/idempotency.h"

typedef struct Scene {
    Stage *stage;
    TokenClaims owner;
    TokenClaims viewer;
    TokenClaims stranger;
} Scene;

static const char market[] = "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

/* Event 1, shared with the viewer. */
static Scene scene_set(void **state)
{
    Stage *stage = stage_set(state);
    Scene scene = {
        .stage = stage,
        .owner = stage_sign_up(stage, "amira", false),
        .viewer = stage_sign_up(stage, "bela", false),
        .stranger = stage_sign_up(stage, "chen", false),
    };

    stage_expect(stage, &scene.owner, "POST", "/api/events", market, 201, "\"id\":1");
    stage_expect(stage, &scene.owner, "POST", "/api/events/1/share",
                 "{\"username\":\"bela\",\"role\":\"Viewer\"}", 200, "Viewer");
    return scene;
}

static void each_is_told_what_he_may_know(void **state)
{
    Scene scene = scene_set(state);
    const struct {
        const TokenClaims *who;
        int read, patch, nonsense, missing;
    } rows[] = {
        { NULL, 401, 401, 401, 401 },
        { &scene.stranger, 404, 404, 404, 404 },
        { &scene.viewer, 200, 403, 403, 404 },
        { &scene.owner, 200, 200, 422, 404 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stage_expect(scene.stage, rows[i].who, "GET", "/api/events/1", NULL, rows[i].read, "");
        stage_expect(scene.stage, rows[i].who, "PATCH", "/api/events/1", "{\"location\":\"Hall\"}",
                     rows[i].patch, "");
        stage_expect(scene.stage, rows[i].who, "PATCH", "/api/events/1", "{\"title\":1}",
                     rows[i].nonsense, "");
        stage_expect(scene.stage, rows[i].who, "PATCH", "/api/events/7", "{\"title\":1}",
                     rows[i].missing, "");
    }
}

static int patch_seeing(const Scene *scene, const TokenClaims *who, const char *etag)
{
    Exchange *x = stage_make(scene->stage, who, "PATCH", "/api/events/1", "{\"title\":1}");

    x->request.if_match = etag;
    stage_run(scene->stage, x);
    int status = x->reply.status;
    exchange_destroy(&x);
    return status;
}

static void a_stale_version_is_told_after_403_and_before_faults(void **state)
{
    Scene scene = scene_set(state);

    assert_int_equal(patch_seeing(&scene, &scene.stranger, "\"9\""), 404);
    assert_int_equal(patch_seeing(&scene, &scene.viewer, "\"9\""), 403);
    assert_int_equal(patch_seeing(&scene, &scene.owner, "\"9\""), 412);
    assert_int_equal(patch_seeing(&scene, &scene.owner, "W/\"1\""), 412);
    assert_int_equal(patch_seeing(&scene, &scene.owner, "\"1\""), 422);
    assert_int_equal(patch_seeing(&scene, &scene.owner, "*"), 422);
    scene.stage->config.require_if_match = true;
    assert_int_equal(patch_seeing(&scene, &scene.owner, NULL), 428);
    assert_int_equal(patch_seeing(&scene, &scene.viewer, NULL), 403);
}

static void the_trash_is_its_owners_and_only_where_it_is_looked_for(void **state)
{
    Scene scene = scene_set(state);
    Stage *stage = scene.stage;

    stage_expect(stage, &scene.owner, "DELETE", "/api/events/1", NULL, 200, "");
    stage_expect(stage, &scene.owner, "GET", "/api/events/1", NULL, 404, "no such event");
    stage_expect(stage, &scene.owner, "GET", "/api/events/1/history", NULL, 200, "amira");
    stage_expect(stage, &scene.viewer, "GET", "/api/events/1/history", NULL, 404, "no such event");
    stage_expect(stage, &scene.viewer, "POST", "/api/events/1/restore", NULL, 404, "");
    stage_expect(stage, &scene.owner, "POST", "/api/events/1/restore", NULL, 200, "Market day");
    stage_expect(stage, &scene.viewer, "GET", "/api/events/1/history", NULL, 200, "amira");
}

static int patch_with_key(const Scene *scene, const TokenClaims *who)
{
    static const char items[] = "{\"items\":[{\"id\":1,\"location\":\"Hall\"}]}";
    Exchange *x = stage_make(scene->stage, who, "PATCH", "/api/events/batch", items);

    idempotency_take_key(x, "k");
    stage_run(scene->stage, x);
    int status = x->reply.status;
    exchange_destroy(&x);
    return status;
}

static void the_reply_of_a_batch_comes_again_for_who_may_still_change_all_of_it(void **state)
{
    Scene scene = scene_set(state);
    const char *role = "/api/events/1/permissions/2";

    assert_int_equal(patch_with_key(&scene, &scene.viewer), 403);
    stage_expect(scene.stage, &scene.owner, "PUT", role, "{\"role\":\"Editor\"}", 200, "");
    assert_int_equal(patch_with_key(&scene, &scene.viewer), 200);
    assert_int_equal(patch_with_key(&scene, &scene.viewer), 200);
    stage_expect(scene.stage, &scene.owner, "GET", "/api/events/1", NULL, 200,
                 "\"version_number\":2");
    stage_expect(scene.stage, &scene.owner, "PUT", role, "{\"role\":\"Viewer\"}", 200, "");
    assert_int_equal(patch_with_key(&scene, &scene.viewer), 403);
    assert_int_equal(patch_with_key(&scene, NULL), 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_is_told_what_he_may_know),
        ON_BOTH(a_stale_version_is_told_after_403_and_before_faults),
        ON_BOTH(the_reply_of_a_batch_comes_again_for_who_may_still_change_all_of_it),
        ON_BOTH(the_trash_is_its_owners_and_only_where_it_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
