/* Round trips - how often each GET waits for PostgreSQL: once, but for those that say why not. */
#include "stage.h"

#include <string.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/router.h"

static const struct {
    const char *target; /* in which {} is the event, the session or the person */
    int trips;
    const char *reason; /* of more than one */
} reads[] = {
    { "/api/events", 1, NULL },
    { "/api/events?limit=1&sort_by=-title&q=day", 1, NULL },
    { "/api/events?cursor=forged", 1, NULL },
    { "/api/events/{}", 1, NULL },
    { "/api/events/{}/permissions", 1, NULL },
    { "/api/events/{}/history", 1, NULL },
    { "/api/events/{}/history?limit=1&skip=1", 1, NULL },
    { "/api/events/{}/history/1", 1, NULL },
    { "/api/events/{}/history/9", 1, NULL },
    { "/api/events/{}/diff/1/1", 1, NULL },
    { "/api/events/{}/changelog?order=desc", 1, NULL },
    { "/api/events/{}/occurrences", 1, NULL },
    { "/api/calendar", 1, NULL },
    { "/api/occurrences", 1, NULL },
    { "/api/auth/sessions", 1, NULL },
    { "/api/auth/sessions/{}", 1, NULL },
    { "/api/roles", 1, NULL },
    { "/api/events/999999", 1, NULL },
    { "/api/freebusy", 3, "asks for one person after another, page after page" },
    { "/api/users/me", 1, NULL },
    { "/api/users/me/blocks", 1, NULL },
    { "/api/users/{}", 1, NULL },
    { "/api/users/lookup?username=amira", 1, NULL },
    { "/api/admin/audit", 1, NULL },
    { "/api/zone-changes", 2, "whose is asked for depends on who asks" },
    { "/api/users", 2, "lists everybody for administrators, and for others whom they know" },
};

enum { READS = sizeof(reads) / sizeof(reads[0]) };

typedef struct Scene {
    Stage *stage;
    TokenClaims amira;
    int64_t event_id;
} Scene;

static const char market[] = "{\"title\":\"Market day\",\"timezone\":\"UTC\","
                             "\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

/* 30 February. */
#define NEVER                                                                                      \
    "{\"title\":\"Never\",\"start_time\":\"2026-03-07T09:00:00Z\","                                \
    "\"end_time\":\"2026-03-07T10:00:00Z\",\"recurrence_pattern\":"                                \
    "{\"rrule\":\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"}}"
static const char never[] = NEVER;
static const char nevers[] = "[" NEVER "]";

/* {} is the event's id where the path is an event's, otherwise the session's or the person's. */
static const char *fill_in(const Scene *scene, const char *target)
{
    Arena *arena = &scene->stage->bench->arena;
    const char *hole = strstr(target, "{}");
    int64_t id = text_starts_with(target, "/api/events")   ? scene->event_id
                 : text_starts_with(target, "/api/users/") ? scene->amira.user_id
                                                           : scene->amira.session_id;

    if (hole == NULL)
        return target;
    return arena_printf(arena, "%.*s%lld%s", (int)(hole - target), target, (long long)id, hole + 2);
}

static int64_t run(const Scene *scene, const char *target)
{
    Db *db = scene->stage->bench->reader;
    int64_t before = db_round_trips(db);
    Reply reply = stage_ask(scene->stage, &scene->amira, "GET", fill_in(scene, target), NULL);

    if (reply.status >= 500)
        fail_msg("%s: %s", target, db_last_message(db));
    return db_round_trips(db) - before;
}

static void each_read_waits_once(void **state)
{
    Scene scene = { .stage = stage_set(state) };

    scene.amira = stage_sign_up(scene.stage, "amira", false);
    scene.event_id = 1;
    stage_expect(scene.stage, &scene.amira, "POST", "/api/events", market, 201, "\"id\":1,");
    for (size_t i = 0; i < READS; i++) {
        int64_t trips = run(&scene, reads[i].target);
        if (trips != reads[i].trips)
            fail_msg("%s: %lld round trips, not %d", reads[i].target, (long long)trips,
                     reads[i].trips);
        assert_true(trips == 1 || reads[i].reason != NULL);
    }
}

/* A new one is found by this test's failing. */
static void each_read_is_in_the_table(void **state)
{
    Bench bench = { .arena = { 0 } };
    const Scene scene = {
        .stage = stage_without_db(&bench),
        .amira = { .user_id = 1, .session_id = 1 },
        .event_id = 1,
    };

    (void)state;
    for (size_t i = 0; i < router_count(all_routes); i++) {
        const Route *route = router_route(all_routes, i);
        bool is_there = route->method != METHOD_GET || route_is_open(route);
        for (size_t j = 0; j < READS && !is_there; j++) {
            const char *target = fill_in(&scene, reads[j].target);
            is_there = stage_route(scene.stage, "GET", target) == route;
        }
        if (!is_there)
            fail_msg("%s %s is not in the table", method_name(route->method), route->path);
    }
    arena_finish(&bench.arena);
}

/* What only looks, and what is looked for before a write, does not keep the writer waiting. */
static void what_only_looks_asks_nothing_of_the_writer(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *body;
        int status;
    } looks[] = {
        { "PATCH", "/api/events/1/occurrences/2026-03-07T09:00:00Z?dry_run=true",
          "{\"title\":\"Fair\"}", 200 },
        { "DELETE", "/api/events/1/occurrences/2026-03-07T09:00:00Z?dry_run=true&scope=all", NULL,
          200 },
        { "POST", "/api/events?conflicts=reject", market, 409 },
        { "POST", "/api/events", never, 422 },
        { "POST", "/api/events/batch", nevers, 422 },
        { "POST", "/api/events/conflicts", "{\"event_id\":1}", 200 },
    };
    Scene scene = { .stage = stage_set(state) };
    Bench *bench = scene.stage->bench;

    scene.amira = stage_sign_up(scene.stage, "amira", false);
    int64_t looked = db_round_trips(bench->reader);
    stage_expect(scene.stage, &scene.amira, "POST", "/api/events", market, 201, "\"id\":1,");
    assert_int_equal(db_round_trips(bench->reader), looked); /* a plain create does not look */
    int64_t writes = db_round_trips(bench->db);
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        stage_expect(scene.stage, &scene.amira, looks[i].method, looks[i].target, looks[i].body,
                     looks[i].status, "");
        assert_true(db_round_trips(bench->reader) > looked);
        assert_int_equal(db_round_trips(bench->db), writes);
        looked = db_round_trips(bench->reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(each_read_waits_once),
        ON_POSTGRES(what_only_looks_asks_nothing_of_the_writer),
        cmocka_unit_test(each_read_is_in_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
