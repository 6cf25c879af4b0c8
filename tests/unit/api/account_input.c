/* What comes in of an account, and what may not. */
#include "api/account_input.h"

#include "stage.h"

static void a_time_zone_is_one_that_is_known(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "PATCH", "/api/users/me", "{\"timezone\":\"Asia/Tokyo\"}", 200,
                 "\"timezone\":\"Asia/Tokyo\"");
    stage_expect(stage, &amira, "PATCH", "/api/users/me", "{\"timezone\":\"Asia/Atlantis\"}", 422,
                 "\"type\":\"timezone\"");
    stage_expect(stage, &amira, "PATCH", "/api/users/me", "{\"timezone\":null}", 200,
                 "\"timezone\":null");
}

static void rights_are_read_only_to_oneself_and_not_to_administrators(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *where =
        arena_printf(&stage->bench->arena, "/api/users/%lld", (long long)amira.user_id);

    stage_expect(stage, &amira, "PATCH", "/api/users/me", "{\"is_admin\":true}", 422,
                 "\"type\":\"read_only\"");
    stage_expect(stage, &amira, "PATCH", where, "{\"is_admin\":true}", 422,
                 "\"type\":\"read_only\"");
    stage_expect(stage, &chief, "PATCH", where, "{\"is_admin\":true}", 200, "\"is_admin\":true");
}

static void an_heir_goes_with_a_transfer_and_is_somebody_else(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *to_oneself = arena_printf(
        &stage->bench->arena, "/api/users/me?events=transfer&to=%lld", (long long)amira.user_id);

    stage_expect(stage, &amira, "DELETE", "/api/users/me?events=transfer", NULL, 422, "missing");
    stage_expect(stage, &amira, "DELETE", "/api/users/me?to=7", NULL, 422, "missing");
    stage_expect(stage, &amira, "DELETE", to_oneself, NULL, 422, "unknown_user");
    stage_expect(stage, &amira, "DELETE", "/api/users/me?events=transfer&to=99", NULL, 409,
                 "not_known");
    stage_expect(stage, &amira, "DELETE", "/api/users/me", NULL, 204, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_time_zone_is_one_that_is_known),
        ON_BOTH(rights_are_read_only_to_oneself_and_not_to_administrators),
        ON_BOTH(an_heir_goes_with_a_transfer_and_is_somebody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
