/* One's own account. */
#include "stage.h"

static void me_is_who_asks(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 200, "\"username\":\"amira\"");
    stage_expect(stage, &bela, "GET", "/api/users/me", NULL, 200, "\"username\":\"bela\"");
}

static void me_can_be_changed_but_not_into_somebody_else(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_sign_up(stage, "bela", false);
    stage_expect(stage, &amira, "PUT", "/api/users/me", "{\"username\":\"mira\"}", 200,
                 "\"username\":\"mira\"");
    stage_expect(stage, &amira, "PATCH", "/api/users/me", "{\"username\":\"Bela\"}", 409, "taken");
    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 200, "\"username\":\"mira\"");
}

static void who_has_gone_is_signed_in_no_more(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "DELETE", "/api/users/me", NULL, 204, "");
    stage_expect(stage, &amira, "GET", "/api/users/me", NULL, 401, "unauthenticated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(me_is_who_asks),
        ON_BOTH(me_can_be_changed_but_not_into_somebody_else),
        ON_BOTH(who_has_gone_is_signed_in_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
