/* What owners and administrators see of events that a new zone file moved. */
#include "stage.h"

#include "../store/moved.h"

#define MARKET                                                                                     \
    "{\"title\":\"Market day\",\"start_time\":\"2027-08-02T07:00:00Z\","                           \
    "\"end_time\":\"2027-08-02T09:00:00Z\"}"
#define ITEM(title)                                                                                \
    ("\"event_id\":1,\"owner_id\":2,\"title\":" title ",\"timezone\":\"Europe/Zurich\","           \
     "\"version_number\":2,")

static void owners_see_their_own_and_administrators_all(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims chief = stage_sign_up(stage, "chief", true);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);
    const struct {
        const TokenClaims *who;
        const char *query, *words;
    } cases[] = {
        { &amira, "", ITEM("\"Market day\"") },
        { &amira, "?owner_id=2", "\"total\":1" },
        { &amira, "?owner_id=1", "\"total\":0" },
        { &bela, "", "{\"items\":[],\"total\":0," },
        { &bela, "?owner_id=2", "{\"items\":[],\"total\":0," },
        { &chief, "", ITEM("null") },
        { &chief, "?owner_id=2", "\"total\":1" },
        { &chief, "?owner_id=1", "\"total\":0" },
        { &chief, "?skip=1", "{\"items\":[],\"total\":1," },
    };

    stage_expect(stage, &amira, "POST", "/api/events", MARKET, 201, "Market");
    bench_run(stage->bench->db, MOVED("1"));
    stage_expect(stage, NULL, "GET", "/api/zone-changes", NULL, 401, "Sign in");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        stage_expect(stage, cases[i].who, "GET",
                     arena_printf(&stage->bench->arena, "/api/zone-changes%s", cases[i].query),
                     NULL, 200, cases[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(owners_see_their_own_and_administrators_all) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
