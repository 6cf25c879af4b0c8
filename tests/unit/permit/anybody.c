/* Routes that are open, but not to everybody. */
#include "permit/anybody.h"

#include "../api/stage.h"

static void whoever_registers_is_refused_while_that_is_closed(void **state)
{
    static const char body[] = "{\"username\":\"amira\",\"email\":\"amira@example.org\","
                               "\"password\":\"four plain words, 1\"}";
    Stage *stage = stage_set(state);

    stage->config.signup = SIGNUP_CLOSED;
    stage_expect(stage, NULL, "POST", "/api/auth/register", body, 403, "ask an administrator");
    stage->config.signup = SIGNUP_OPEN;
    stage_expect(stage, NULL, "POST", "/api/auth/register", body, 201, "amira");
}

/* The stage has no server, whose numbers they are. */
static bool may_read_metrics(Stage *stage, bool is_direct, const char *bearer)
{
    Exchange *x = stage_make(stage, NULL, "GET", "/metrics", NULL);

    x->request.is_direct = is_direct;
    x->request.bearer = bearer;
    bool may = permit_metrics(&x->request);
    assert_int_equal(x->request.error.code, may ? ERROR_NONE : ERROR_FORBIDDEN);
    exchange_destroy(&x);
    return may;
}

static void metrics_are_for_this_machine_and_for_who_has_their_token(void **state)
{
    Stage *stage = stage_set(state);

    assert_false(may_read_metrics(stage, false, NULL));
    assert_false(may_read_metrics(stage, false, ""));
    stage->config.metrics_token = "abcd";
    assert_false(may_read_metrics(stage, false, NULL));
    assert_false(may_read_metrics(stage, false, "abc"));
    assert_false(may_read_metrics(stage, false, "abce"));
    assert_false(may_read_metrics(stage, false, "abcde"));
    assert_true(may_read_metrics(stage, false, "abcd"));
    assert_true(may_read_metrics(stage, true, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(whoever_registers_is_refused_while_that_is_closed),
        ON_BOTH(metrics_are_for_this_machine_and_for_who_has_their_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
