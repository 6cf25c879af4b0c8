/* What the server is, and its first administrator. */
#include <stdio.h>

#include "stage.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BODY(token_)                                                                               \
    "{\"token\":\"" token_ "\",\"username\":\"chief\",\"email\":\"chief@example.org\","            \
    "\"password\":\"four plain words, 1\"}"

SQL(count_trail, "SELECT count(*) AS n FROM audit WHERE subject = 'user 1' AND user_id IS NULL"
                 " AND action IN ('user.create', 'user.promote') AND address = '127.0.0.1'");

static Stage *set_stage(void **state)
{
    Stage *stage = stage_set(state);

    stage->app.version = "1";
    stage->app.setup_token = TOKEN;
    stage->app.setup_until = stage_now + 1;
    return stage;
}

static void expect_refusal(Stage *stage, const char *body)
{
    stage_expect(stage, NULL, "POST", "/api/setup", body, 404, "makes no administrator");
}

static void the_link_makes_the_first_administrator_and_nobody_else(void **state)
{
    Stage *stage = set_stage(state);

    stage_expect(stage, NULL, "GET", "/api/about", NULL, 200, "\"needs_setup\":true");
    stage_expect(stage, NULL, "POST", "/api/setup", BODY(TOKEN), 201, "\"is_admin\":true");
    assert_int_equal(bench_number(stage->bench->db, &count_trail), 2);
    stage_expect(stage, NULL, "GET", "/api/about", NULL, 200, "\"needs_setup\":false");
    expect_refusal(stage, BODY(TOKEN));
    stage_expect(stage, NULL, "POST", "/api/auth/login",
                 "{\"username\":\"chief\",\"password\":\"four plain words, 1\"}", 200, "token");
}

static void another_token_is_none(void **state)
{
    Stage *stage = set_stage(state);

    expect_refusal(stage, BODY("0123"));
    expect_refusal(stage, BODY(TOKEN "0"));
    expect_refusal(stage, BODY("1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    stage->app.setup_token = NULL;
    expect_refusal(stage, BODY(TOKEN));
    stage_expect(stage, NULL, "POST", "/api/setup", "{}", 422, "username");
}

static void the_link_is_for_half_an_hour_and_for_this_machine(void **state)
{
    Stage *stage = set_stage(state);

    stage->app.setup_until = stage_now;
    expect_refusal(stage, BODY(TOKEN));
    stage->app.setup_until = stage_now + 1;
    snprintf(stage->peer.address, sizeof(stage->peer.address), "192.0.2.1");
    expect_refusal(stage, BODY(TOKEN));
    snprintf(stage->peer.address, sizeof(stage->peer.address), "::1");
    stage_expect(stage, NULL, "POST", "/api/setup", BODY(TOKEN), 201, "chief");
}

static void a_name_that_is_taken_is_told_before_there_is_an_administrator(void **state)
{
    Stage *stage = set_stage(state);

    stage_sign_up(stage, "chief", false);
    stage_expect(stage, NULL, "POST", "/api/setup", BODY(TOKEN), 409, "taken");
    stage_sign_up(stage, "another", true);
    expect_refusal(stage, BODY(TOKEN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_link_makes_the_first_administrator_and_nobody_else),
        ON_BOTH(another_token_is_none),
        ON_BOTH(the_link_is_for_half_an_hour_and_for_this_machine),
        ON_BOTH(a_name_that_is_taken_is_told_before_there_is_an_administrator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
