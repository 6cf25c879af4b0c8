/* Whose shares somebody does not take. */
#include "stage.h"

#include "base/limits.h"

static const char event[] = "{\"title\":\"Spam\",\"start_time\":\"2026-03-07T09:00:00Z\","
                            "\"end_time\":\"2026-03-07T10:00:00Z\"}";
static const char to_amira[] = "{\"username\":\"amira\",\"role\":\"Editor\"}";

static void what_the_blocked_gave_is_gone_and_nothing_new_comes(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims mala = stage_sign_up(stage, "mala", false);

    stage_expect(stage, &mala, "POST", "/api/events", event, 201, "\"id\":1,");
    stage_expect(stage, &mala, "POST", "/api/events", event, 201, "\"id\":2,");
    stage_expect(stage, &mala, "POST", "/api/events/1/share", to_amira, 200, "Editor");
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "\"total\":1");
    stage_expect(stage, &amira, "POST", "/api/users/me/blocks", "{\"user_id\":2}", 200,
                 "\"username\":\"mala\"");
    stage_expect(stage, &mala, "POST", "/api/events/2/share", to_amira, 200, "Editor");
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "\"items\":[],\"total\":0");
    stage_expect(stage, &amira, "GET", "/api/events/1", NULL, 404, "no such event");
    stage_expect(stage, &amira, "GET", "/api/events/2", NULL, 404, "no such event");
    stage_expect(stage, &mala, "GET", "/api/events/1/permissions", NULL, 200, "amira");
    stage_expect(stage, &amira, "DELETE", "/api/users/me/blocks/2", NULL, 204, "");
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "\"total\":2");
}

static void one_blocks_somebody_else_who_is_there(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "GET", "/api/users/me/blocks", NULL, 200, "[]");
    stage_expect(stage, &amira, "POST", "/api/users/me/blocks", "{\"user_id\":1}", 422,
                 "unknown_user");
    stage_expect(stage, &amira, "POST", "/api/users/me/blocks", "{\"user_id\":99}", 422,
                 "unknown_user");
    stage_expect(stage, &amira, "DELETE", "/api/users/me/blocks/99", NULL, 404, "do not block");
}

enum { MANY = LIMIT_GRANTS_PIECE + 1 };

/* Of mala's with amira, who knows her. */
static void share_many(Stage *stage, const TokenClaims *mala, const TokenClaims *amira)
{
    Arena *arena = &stage->bench->arena;

    for (int i = 1; i <= MANY; i++) {
        stage_expect(stage, mala, "POST", "/api/events", event, 201, "Spam");
        stage_expect(stage, mala, "POST", arena_printf(arena, "/api/events/%d/share", i), to_amira,
                     200, "Editor");
        if (i == 1)
            stage_expect(stage, amira, "POST", "/api/events/1/answer", "{\"answer\":\"yes\"}", 200,
                         "yes");
    }
}

static void expect_all(Stage *stage, const TokenClaims *amira)
{
    stage_expect(stage, amira, "GET", "/api/events?limit=1", NULL, 200,
                 arena_printf(&stage->bench->arena, "\"total\":%d", MANY));
}

/* Each piece is a run of the handler and a commit; who blocks is answered after the last one. */
static void many_shares_go_at_the_reply(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims mala = stage_sign_up(stage, "mala", false);

    share_many(stage, &mala, &amira);
    expect_all(stage, &amira);
    Exchange *x = stage_make(stage, &amira, "POST", "/api/users/me/blocks", "{\"user_id\":2}");
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_int_equal(x->request.place > 0, db_kind(stage->bench->db) == DB_SQLITE);
    exchange_destroy(&x);
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "\"items\":[],\"total\":0");
    stage_expect(stage, &amira, "DELETE", "/api/users/me/blocks/2", NULL, 204, "");
    expect_all(stage, &amira);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_the_blocked_gave_is_gone_and_nothing_new_comes),
        ON_BOTH(one_blocks_somebody_else_who_is_there),
        ON_BOTH(many_shares_go_at_the_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
