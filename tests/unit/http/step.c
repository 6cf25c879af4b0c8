/* A step that only looks, before the one that writes: what it refuses, and what it leaves to it. */
#include "../api/stage.h"

#include <string.h>

#include "http/idempotency.h"
#include "http/step.h"

SQL(count_events, "SELECT count(*) AS n FROM events");

static const char market[] = "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

typedef struct Asked {
    const char *method;
    const char *target;
    const char *body;
    const char *key;
    const char *if_match;
} Asked;

static int status_of(Stage *stage, const TokenClaims *claims, const Asked *asked)
{
    Exchange *x = stage_make(stage, claims, asked->method, asked->target, asked->body);

    x->request.if_match = asked->if_match;
    if (asked->key != NULL)
        idempotency_take_key(x, asked->key);
    stage_run(stage, x);
    int status = x->reply.status;
    exchange_destroy(&x);
    return status;
}

/* What is sent again finds what it did the first time: an event of its own at the same time, one
 * that is not in the trash, one of another version. */
static void what_was_done_by_this_key_is_not_in_its_way(void **state)
{
    static const Asked changes[] = {
        { "POST", "/api/events?conflicts=reject", market, "one", NULL },
        { "PATCH", "/api/events/1?conflicts=reject", "{\"title\":\"Fair\"}", "two", "\"1\"" },
        { "POST", "/api/events/1/rollback/1?conflicts=reject", NULL, "three", "\"2\"" },
        { "DELETE", "/api/events/1", NULL, "four", NULL },
        { "POST", "/api/events/1/restore?conflicts=reject", NULL, "five", NULL },
    };
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        int first = status_of(stage, &amira, &changes[i]);
        assert_in_range(first, 200, 204);
        assert_int_equal(status_of(stage, &amira, &changes[i]), first);
    }
    assert_int_equal(bench_number(stage->bench->db, &count_events), 1);
}

static void another_key_is_refused_by_what_looks_first(void **state)
{
    static const Asked made = { "POST", "/api/events?conflicts=reject", market, "one", NULL };
    static const Asked other = { "POST", "/api/events?conflicts=reject", market, "two", NULL };
    static const Asked stale = { "PATCH", "/api/events/1?conflicts=reject", "{\"title\":\"Fair\"}",
                                 "three", "\"7\"" };
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    assert_int_equal(status_of(stage, &amira, &made), 201);
    assert_int_equal(status_of(stage, &amira, &other), 409);
    assert_int_equal(status_of(stage, &amira, &stale), 412);
    assert_int_equal(bench_number(stage->bench->db, &count_events), 1);
}

/* What is kept for a day may be forgotten between two steps: the handler, which the others have not
 * prepared, is not run then. */
static void what_was_done_and_is_forgotten_is_not_run(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *x = stage_make(stage, &amira, "POST", "/api/events", market);

    idempotency_take_key(x, "one");
    x->is_done = true;
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 409);
    assert_int_equal(bench_number(stage->bench->db, &count_events), 0);
    exchange_destroy(&x);
}

/* The steps of a route are gone through from the first that is needed to the handler. */
static void steps_that_nobody_needs_are_passed_over(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *plain = stage_make(stage, &amira, "POST", "/api/events", market);
    Exchange *careful = stage_make(stage, &amira, "POST", "/api/events?conflicts=reject", market);

    step_skip(plain);
    step_skip(careful);
    assert_true(step_is_handler(plain) && !step_is_read(plain));
    assert_false(step_is_handler(careful));
    assert_int_equal(step_present(careful).lane, LANE_SCAN);
    assert_true(step_is_read(careful) && step_is_scan(careful));
    exchange_destroy(&plain);
    exchange_destroy(&careful);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_was_done_by_this_key_is_not_in_its_way),
        ON_BOTH(another_key_is_refused_by_what_looks_first),
        ON_BOTH(what_was_done_and_is_forgotten_is_not_run),
        ON_BOTH(steps_that_nobody_needs_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
