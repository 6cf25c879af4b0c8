/* The three roles. */
#include "stage.h"

static void there_are_three_roles(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "GET", "/api/roles", NULL, 200,
                 "[{\"id\":1,\"name\":\"Owner\",\"description\":\"May do everything.\"},"
                 "{\"id\":2,\"name\":\"Editor\",");
    stage_expect(stage, &amira, "GET", "/api/roles", NULL, 200, "{\"id\":3,\"name\":\"Viewer\",");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(there_are_three_roles) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
