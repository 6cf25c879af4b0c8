/* Requests with an Idempotency-Key: what is kept, for whom, and what it costs. */
#include "../api/stage.h"

#include <string.h>

#include "api/routes.h"
#include "base/limits.h"
#include "http/idempotency.h"
#include "http/router.h"

SQL(count_events, "SELECT count(*) AS n FROM events");
SQL(count_kept, "SELECT count(*) AS n FROM idempotency_keys");

static const char market[] = "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

/* As stage_ask, with a key; the headers in one text. */
static Reply ask(Stage *stage, const TokenClaims *claims, const char *target, const char *body,
                 const char *key, const char **ret_headers)
{
    Exchange *x = stage_make(stage, claims, "POST", target, body);
    Arena *arena = &stage->bench->arena;
    Buffer headers = buffer_start(arena);

    if (key != NULL && route_honours_key(x->request.route))
        idempotency_take_key(x, key);
    stage_run(stage, x);
    Reply reply = x->reply;
    for (size_t i = 0; i < reply.header_count; i++)
        buffer_printf(&headers, "%s: %s\n", reply.headers[i].name, reply.headers[i].value);
    reply.body = arena_strndup(arena, reply.body != NULL ? reply.body : "", reply.length);
    *ret_headers = headers.data;
    exchange_destroy(&x);
    return reply;
}

static void the_same_again_is_given_the_same_reply(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *first_headers;
    const char *headers;

    Reply first = ask(stage, &amira, "/api/events", market, "k", &first_headers);
    assert_int_equal(first.status, 201);
    Reply again = ask(stage, &amira, "/api/events/", market, "k", &headers);
    assert_int_equal(again.status, 201);
    assert_string_equal(again.body, first.body);
    assert_string_equal(again.content_type, first.content_type);
    assert_string_equal(headers, arena_printf(&stage->bench->arena, "%sIdempotent-Replayed: true\n",
                                              first_headers));
    assert_int_equal(bench_number(stage->bench->db, &count_events), 1);
    assert_int_equal(bench_number(stage->bench->db, &count_kept), 1);
}

static void something_else_with_the_same_key_is_refused(void **state)
{
    static const char other[] = "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                                "\"end_time\":\"2026-03-07T10:00:00Z\"}";
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *headers;

    assert_int_equal(ask(stage, &amira, "/api/events", market, "k", &headers).status, 201);
    Reply reply = ask(stage, &amira, "/api/events", other, "k", &headers);
    assert_int_equal(reply.status, 422);
    assert_non_null(strstr(reply.body, "[\"header\",\"Idempotency-Key\"]"));
    reply = ask(stage, &amira, "/api/events?conflicts=allow", market, "k", &headers);
    assert_int_equal(reply.status, 422);
    assert_int_equal(ask(stage, NULL, "/api/events", market, "k", &headers).status, 401);
    assert_int_equal(bench_number(stage->bench->db, &count_events), 1);
}

static void a_refused_change_is_not_kept(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *headers;

    assert_int_equal(ask(stage, &amira, "/api/events", "{}", "k", &headers).status, 422);
    assert_int_equal(ask(stage, &amira, "/api/events/9/restore", NULL, "k", &headers).status, 404);
    assert_int_equal(bench_number(stage->bench->db, &count_kept), 0);
}

static void keys_are_visible_ascii_and_not_long(void **state)
{
    static const char *const bad[] = { "",
                                       " ",
                                       "a b",
                                       "\x7f",
                                       "caf\xc3\xa9",
                                       ("12345678901234567890123456789012345678901234567890"
                                        "123456789012345") };
    Bench bench = { .arena = { 0 } };
    Stage *stage = stage_without_db(&bench);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Exchange *x = stage_make(stage, NULL, "POST", "/api/events", market);
        idempotency_take_key(x, bad[i]);
        assert_null(x->once);
        assert_int_equal(x->fault.code, ERROR_INVALID);
        exchange_destroy(&x);
    }
    arena_finish(&bench.arena);
}

/* Nothing more without a key; with one, a wait more. */
static void a_key_costs_one_round_trip_and_none_is_free(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Db *db = stage->bench->db;
    const char *headers;

    assert_int_equal(ask(stage, &amira, "/api/events", market, NULL, &headers).status, 201);
    int64_t before = db_round_trips(db);
    assert_int_equal(ask(stage, &amira, "/api/events", market, NULL, &headers).status, 201);
    int64_t without = db_round_trips(db) - before;
    before = db_round_trips(db);
    assert_int_equal(ask(stage, &amira, "/api/events", market, "k", &headers).status, 201);
    assert_int_equal(db_round_trips(db) - before, without + 1);
}

static void routes_that_give_tokens_or_change_nothing_honour_no_key(void **state)
{
    size_t honouring = 0;

    (void)state;
    for (size_t i = 0; i < router_count(all_routes); i++) {
        const Route *route = router_route(all_routes, i);
        bool honours = route_honours_key(route);
        honouring += honours;
        if (honours)
            assert_true(route->lane == LANE_WRITE && !route_is_open(route));
        if (strncmp(route->path, "/api/auth/", 10) == 0)
            assert_false(honours);
    }
    assert_true(honouring > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_same_again_is_given_the_same_reply),
        ON_BOTH(something_else_with_the_same_key_is_refused),
        ON_BOTH(a_refused_change_is_not_kept),
        cmocka_unit_test(keys_are_visible_ascii_and_not_long),
        ON_POSTGRES(a_key_costs_one_round_trip_and_none_is_free),
        cmocka_unit_test(routes_that_give_tokens_or_change_nothing_honour_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
