/* Who is asking. */
#include "../api/stage.h"

#include "store/sessions.h"

static void whoever_is_not_signed_in_is_told_so(void **state)
{
    Stage *stage = stage_set(state);
    Bench *bench = stage->bench;
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    bool is_found = false;

    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 200, "amira");
    stage_expect(stage, NULL, "GET", "/api/users/me", NULL, 401, "Sign in");
    bench_must(bench, bench->db,
               sessions_revoke(bench->db, amira.session_id, amira.user_id, stage_now, &is_found,
                               &bench->err));
    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 401, "Sign in");
    stage_expect(stage, NULL, "GET", "/healthz", NULL, 200, "ok");
}

static void only_administrators_may_do_theirs(void **state)
{
    static const char dora[] = "{\"username\":\"dora\",\"email\":\"dora@example.org\","
                               "\"password\":\"correct horse battery\"}";
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/users", dora, 403, "Only administrators");
    stage_expect(stage, &chief, "POST", "/api/users", dora, 201, "dora");
}

/* What is wrong with the body is nobody's business who may not do it anyway. */
static void faults_are_told_last(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, NULL, "POST", "/api/users", "{\"username\":1}", 401, "Sign in");
    stage_expect(stage, &amira, "POST", "/api/users", "{\"username\":1}", 403, "administrators");
    stage_expect(stage, &chief, "POST", "/api/users", "{\"username\":1}", 422, "username");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(whoever_is_not_signed_in_is_told_so),
        ON_BOTH(only_administrators_may_do_theirs),
        ON_BOTH(faults_are_told_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
