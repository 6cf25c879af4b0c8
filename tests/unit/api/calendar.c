/* What takes place when, over all one may read. */
#include "stage.h"

static const char path[] = "/api/calendar?from=2026-03-02T00:00:00Z&to=2026-03-09T00:00:00Z";

static const char market[] = "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

static void one_sees_what_is_ones_own_and_what_is_shared(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "POST", "/api/events", market, 201, "");
    stage_expect(stage, &amira, "GET", path, NULL, 200, "\"title\":\"Market\"");
    stage_expect(stage, &bela, "GET", path, NULL, 200, "\"items\":[]");
    stage_expect(stage, &amira, "POST", "/api/events/1/share",
                 "{\"username\":\"bela\",\"role\":\"Viewer\"}", 200, "");
    stage_expect(stage, &bela, "GET", path, NULL, 200, "\"title\":\"Market\"");
    stage_expect(stage, NULL, "GET", path, NULL, 401, "");
}

static void a_window_has_an_end_after_its_beginning_and_is_not_too_long(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "GET",
                 "/api/calendar?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", NULL, 422,
                 "time_order");
    stage_expect(stage, &amira, "GET",
                 "/api/calendar?from=2026-03-02T00:00:00Z&to=2027-05-01T00:00:00Z", NULL, 422,
                 "window_too_long");
    stage_expect(stage, NULL, "GET",
                 "/api/calendar?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", NULL, 401, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_sees_what_is_ones_own_and_what_is_shared),
        ON_BOTH(a_window_has_an_end_after_its_beginning_and_is_not_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
