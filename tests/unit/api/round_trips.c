/* Round trips - how often each GET waits for PostgreSQL: once, but for those that say why not. */
#include "../store/bench.h"

#include <jansson.h>
#include <string.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/router.h"
#include "http/step.h"
#include "store/migrations.h"
#include "store/sessions.h"
#include "store/users.h"
#include "json/reader.h"

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
    { "/api/auth/sessions", 1, NULL },
    { "/api/auth/sessions/{}", 1, NULL },
    { "/api/roles", 1, NULL },
    { "/api/events/999999", 1, NULL },
    { "/api/freebusy", 3, "asks for one person after another, page after page" },
    { "/api/users/me", 1, NULL },
    { "/api/users/{}", 1, NULL },
    { "/api/users/lookup?username=amira", 1, NULL },
    { "/api/users", 3, "lists everybody for administrators, and for others whom they know" },
};

enum { READS = sizeof(reads) / sizeof(reads[0]) };

typedef struct Stage {
    Bench *bench;
    const Router *router;
    App app;
    Config config;
    TokenClaims claims;
    int64_t event_id;
} Stage;

static const Instant now = INT64_C(1772355600000000); /* 2026-03-01T09:00:00Z */

/* As the network side leaves a request: routed and decoded. */
static Exchange *make_exchange(Stage *stage, const char *method, const char *target)
{
    Arena *arena = &stage->bench->arena;
    Exchange *x = ARENA_NEW(arena, Exchange);
    Request *req = &x->request;
    size_t length = strcspn(target, "?");
    TextPair pairs[8];
    size_t count = 0;
    Path path;
    Match match;

    *req = (Request){ .arena = arena, .app = &stage->app, .now = now, .id = "test" };
    req->has_token = true;
    req->claims = stage->claims;
    req->query_text = target[length] == '?' ? target + length + 1 : "";
    assert_true(uri_read_path(target, length, arena, &path, &req->error));
    assert_true(router_find(stage->router, method, &path, arena, &match, &req->error));
    req->path = path.text;
    req->route = match.route;
    memcpy(req->path_values, match.values, sizeof(match.values));
    assert_true(uri_read_pairs(req->query_text, strlen(req->query_text), arena, pairs, &count,
                               &req->error));
    if (req->route->query == NULL)
        return x;
    req->query = arena_alloc(arena, req->route->query->size);
    assert_true(schema_parse(req->route->query, pairs, count, arena, &query_location, req->query,
                             &req->error));
    return x;
}

static void sign_up(Stage *stage)
{
    Bench *bench = stage->bench;
    User user = {
        .username = "amira",
        .email = "amira@example.org",
        .hashed_password = "none",
        .is_active = true,
        .created_at = now,
        .updated_at = now,
    };
    Session session = {
        .nonce = "nonce",
        .created_at = now,
        .expires_at = INSTANT_END,
        .address = "127.0.0.1",
    };

    bench_must(bench, bench->db,
               users_insert(bench->db, &user, "amira", "amira@example.org", &bench->err));
    session.user_id = user.id;
    bench_must(bench, bench->db, sessions_insert(bench->db, &session, &bench->err));
    stage->claims = (TokenClaims){ .user_id = user.id, .session_id = session.id };
}

static void create_event(Stage *stage)
{
    static const char body[] = "{\"title\":\"Market day\",\"timezone\":\"UTC\","
                               "\"start_time\":\"2026-03-07T09:00:00Z\","
                               "\"end_time\":\"2026-03-07T10:00:00Z\"}";
    Bench *bench = stage->bench;
    Exchange *x = make_exchange(stage, "POST", "/api/events");
    Request *req = &x->request;
    const Route *route = req->route;
    json_t *value = NULL;

    assert_true(json_read(body, strlen(body), &value, &bench->err));
    req->body = arena_alloc(req->arena, route->takes->size);
    assert_true(schema_decode(route->takes, route->mode, value, req->arena, &body_location,
                              req->body, &bench->err));
    json_decref(value);
    req->db = bench->db;
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    assert_true(step_run(x));
    assert_int_equal(x->reply.status, 201);
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    stage->event_id = ((const Event *)req->body)->id;
}

static Stage set_stage(void **state)
{
    Bench *bench = bench_of(state);
    Stage stage = { .bench = bench, .router = router_create(all_routes, &bench->arena) };
    int from;
    int to;

    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
    stage.config = (Config){ .database_url = bench->url };
    return stage;
}

/* {} is the event's id where the path is an event's, otherwise the session's or the person's. */
static const char *fill_in(const Stage *stage, const char *target)
{
    Arena *arena = &stage->bench->arena;
    const char *hole = strstr(target, "{}");
    int64_t id = text_starts_with(target, "/api/events")   ? stage->event_id
                 : text_starts_with(target, "/api/users/") ? stage->claims.user_id
                                                           : stage->claims.session_id;

    if (hole == NULL)
        return target;
    return arena_printf(arena, "%.*s%lld%s", (int)(hole - target), target, (long long)id, hole + 2);
}

static int64_t run(Stage *stage, const char *target)
{
    Exchange *x = make_exchange(stage, "GET", fill_in(stage, target));
    Db *db = stage->bench->reader;
    int64_t before = db_round_trips(db);

    x->request.db = db;
    assert_true(step_run(x));
    db_drop_asks(db);
    if (x->reply.status >= 500)
        fail_msg("%s: %s", target, db_last_message(db));
    return db_round_trips(db) - before;
}

static void each_read_waits_once(void **state)
{
    Stage stage = set_stage(state);

    stage.app.config = &stage.config;
    sign_up(&stage);
    create_event(&stage);
    for (size_t i = 0; i < READS; i++) {
        int64_t trips = run(&stage, reads[i].target);
        if (trips != reads[i].trips)
            fail_msg("%s: %lld round trips, not %d", reads[i].target, (long long)trips,
                     reads[i].trips);
        assert_true(trips == 1 || reads[i].reason != NULL);
    }
}

/* A new one is found by this test's failing. */
static void each_read_is_in_the_table(void **state)
{
    Arena arena = { 0 };
    Stage stage = { .router = router_create(all_routes, &arena) };
    Bench bench = { .arena = { 0 } };

    (void)state;
    stage.bench = &bench;
    stage.event_id = 1;
    stage.claims = (TokenClaims){ .user_id = 1, .session_id = 1 };
    for (size_t i = 0; i < router_count(all_routes); i++) {
        const Route *route = router_route(all_routes, i);
        bool is_there = route->method != METHOD_GET || route->needs == NEEDS_NOBODY;
        for (size_t j = 0; j < READS && !is_there; j++) {
            const char *target = fill_in(&stage, reads[j].target);
            is_there = make_exchange(&stage, "GET", target)->request.route == route;
        }
        if (!is_there)
            fail_msg("%s %s is not in the table", method_name(route->method), route->path);
    }
    arena_finish(&bench.arena);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(each_read_waits_once),
        cmocka_unit_test(each_read_is_in_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
