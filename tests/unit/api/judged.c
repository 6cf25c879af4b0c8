/* Series that it takes long to follow: what comes of a change is worked out before the writer, of
 * the event as it is when it is written. */
#include "stage.h"

#include <string.h>

#include "api/judged.h"
#include "base/limits.h"

enum { OCCURRENCES = 40, TEXT_BYTES = 300 };

SQL(select_version, "SELECT version_number AS n FROM events WHERE id = 1");

/* {"2026-03-01T09:00:00Z": {"description": "…"}, …}: more than is followed in the writer. */
static const char *many_overrides(Arena *arena)
{
    Buffer text = buffer_start(arena);
    char long_text[TEXT_BYTES + 1] = { 0 };

    memset(long_text, 'x', TEXT_BYTES);
    for (int i = 0; i < OCCURRENCES; i++)
        buffer_printf(&text, "%s\"%s\":{\"description\":\"%s\"}", i == 0 ? "{" : ",",
                      instant_text(arena, stage_now + i * DAY_US), long_text);
    buffer_add(&text, "}");
    assert_true(text.length > LIMIT_FOLLOWED_AT_ONCE);
    return text.data;
}

/* The event 1, in its version 1. */
static void create_series(Stage *stage, const TokenClaims *claims)
{
    const char *body =
        arena_printf(&stage->bench->arena,
                     "{\"title\":\"Every day\",\"start_time\":"
                     "\"2026-03-01T09:00:00Z\",\"end_time\":\"2026-03-01T10:00:00Z\","
                     "\"recurrence_pattern\":{\"rrule\":\"FREQ=DAILY;COUNT=%d\"},"
                     "\"recurrence_overrides\":%s}",
                     OCCURRENCES, many_overrides(&stage->bench->arena));

    stage_expect(stage, claims, "POST", "/api/events", body, 201, "Every day");
}

static void the_writer_looks_only_whether_it_is_the_same(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    create_series(stage, &amira);
    Exchange *x = stage_make(stage, &amira, "PATCH", "/api/events/1",
                             "{\"start_time\":\"2026-03-01T11:00:00Z\","
                             "\"end_time\":\"2026-03-01T12:00:00Z\"}");
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_non_null(x->request.judged);
    assert_non_null(strstr(x->reply.body, "\"2026-04-09T11:00:00Z\":{\"description\""));
    exchange_destroy(&x);

    stage_expect(stage, &amira, "POST", "/api/events",
                 "{\"title\":\"Once\",\"start_time\":\"2026-03-01T09:00:00Z\","
                 "\"end_time\":\"2026-03-01T10:00:00Z\"}",
                 201, "Once");
    x = stage_make(stage, &amira, "PATCH", "/api/events/2", "{\"title\":\"Once more\"}");
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_null(x->request.judged);
    exchange_destroy(&x);
}

/* Where several can wait. */
static Stage *stage_with_room(void **state)
{
    Stage *stage = stage_set(state);

    stage->lanes.queues[LANE_SCAN].limit = stage->lanes.queues[LANE_WRITE].limit = 2 * LIMIT_LOOKS;
    return stage;
}

static void what_another_has_changed_is_worked_out_anew(void **state)
{
    Stage *stage = stage_with_room(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    create_series(stage, &amira);
    Exchange *both[] = {
        stage_make(stage, &amira, "PATCH", "/api/events/1", "{\"title\":\"Each day\"}"),
        stage_make(stage, &amira, "PATCH", "/api/events/1",
                   "{\"recurrence_overrides\":{\"2026-03-02T09:00:00Z\":null}}"),
    };
    stage_run_all(stage, both, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->reply.status, 200);
        exchange_destroy(&both[i]);
    }
    Reply reply = stage_ask(stage, &amira, "GET", "/api/events/1", NULL);
    assert_non_null(strstr(reply.body, "\"title\":\"Each day\""));
    assert_null(strstr(reply.body, "2026-03-02T09:00:00Z"));
    assert_non_null(strstr(reply.body, "\"2026-03-03T09:00:00Z\":{\"description\""));
    assert_int_equal(bench_number(stage->bench->db, &select_version), 3);
}

static void who_always_comes_too_late_is_told_so(void **state)
{
    enum { ALL = LIMIT_LOOKS + 2 };
    Stage *stage = stage_with_room(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *all[ALL];
    int late = 0;

    create_series(stage, &amira);
    for (size_t i = 0; i < ALL; i++)
        all[i] = stage_make(stage, &amira, "PATCH", "/api/events/1",
                            arena_printf(&stage->bench->arena, "{\"title\":\"Day %zu\"}", i));
    stage_run_all(stage, all, ALL);
    for (size_t i = 0; i < ALL; i++) {
        late += all[i]->reply.status == 503;
        assert_true(all[i]->reply.status == 200 || all[i]->reply.status == 503);
        exchange_destroy(&all[i]);
    }
    assert_int_equal(late, ALL - LIMIT_LOOKS);
    assert_int_equal(bench_number(stage->bench->db, &select_version), 1 + LIMIT_LOOKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_writer_looks_only_whether_it_is_the_same),
        ON_BOTH(what_another_has_changed_is_worked_out_anew),
        ON_BOTH(who_always_comes_too_late_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
