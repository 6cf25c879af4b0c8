/* Who there is. */
#include "stage.h"

static void somebody_is_found_by_the_whole_name_alone(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_sign_up(stage, "bela", false);
    stage_expect(stage, &amira, "GET", "/api/users/lookup?username=BELA", NULL, 200,
                 "\"username\":\"bela\",\"display_name\":null}");
    stage_expect(stage, &amira, "GET", "/api/users/lookup?email=bela@example.org", NULL, 200,
                 "\"username\":\"bela\",\"display_name\":null}");
    stage_expect(stage, &amira, "GET", "/api/users/lookup?username=bel", NULL, 404, "not-found");
    stage_expect(stage, &amira, "GET", "/api/users/lookup", NULL, 422, "missing");
}

static void administrators_see_everybody_and_others_whom_they_know(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &chief, "GET", "/api/users", NULL, 200, "\"email\":\"amira@example.org\"");
    stage_expect(stage, &amira, "GET", "/api/users", NULL, 200,
                 "\"items\":[{\"id\":2,\"username\":\"amira\",\"display_name\":null}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(somebody_is_found_by_the_whole_name_alone),
        ON_BOTH(administrators_see_everybody_and_others_whom_they_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
