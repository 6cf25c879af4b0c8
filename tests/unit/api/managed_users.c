/* One account by its id. */
#include "stage.h"

static const char *where(Stage *stage, const TokenClaims *claims)
{
    return arena_printf(&stage->bench->arena, "/api/users/%lld", (long long)claims->user_id);
}

static const char new_account[] = "{\"username\":\"dora\",\"email\":\"dora@example.org\","
                                  "\"password\":\"four plain words, 1\"}";

static void administrators_make_accounts_and_others_do_not(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "POST", "/api/users", new_account, 403, "forbidden");
    stage_expect(stage, &chief, "POST", "/api/users", new_account, 201, "\"is_active\":true");
    stage_expect(stage, &chief, "POST", "/api/users", new_account, 409, "taken");
}

/* The moment of the change is told as the next one who reads it is told it. */
static void a_new_password_is_a_change_of_the_account(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Reply told = stage_ask(stage, &chief, "PATCH", where(stage, &amira),
                           "{\"password\":\"four plain words, 2\"}");
    Reply read = stage_ask(stage, &chief, "GET", where(stage, &amira), NULL);

    assert_int_equal(told.status, 200);
    assert_string_equal(told.body, read.body);
}

static void ones_own_password_is_not_changed_here(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    static const char password[] = "{\"password\":\"four other words, 2\"}";

    stage_expect(stage, &amira, "PATCH", where(stage, &amira), password, 403, "/api/auth/password");
    stage_expect(stage, &chief, "PATCH", where(stage, &amira), password, 200, "amira");
    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 401, "unauthenticated");
}

static void the_last_administrator_is_a_conflict(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims second = stage_sign_up(stage, "second", true);

    stage_expect(stage, &chief, "DELETE", where(stage, &second), NULL, 204, "");
    stage_expect(stage, &chief, "DELETE", where(stage, &chief), NULL, 409, "last administrator");
    stage_expect(stage, &chief, "PUT", where(stage, &chief), "{\"is_admin\":false}", 409,
                 "last administrator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(administrators_make_accounts_and_others_do_not),
        ON_BOTH(a_new_password_is_a_change_of_the_account),
        ON_BOTH(ones_own_password_is_not_changed_here),
        ON_BOTH(the_last_administrator_is_a_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
