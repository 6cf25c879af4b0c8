#include "http/entity_tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* RFC 9110 8.8.3.2: what the two comparisons say, and lists of several. */
static void a_list_is_searched_by_the_strong_and_the_weak_comparison(void **state)
{
    static const struct {
        const char *header;
        bool strong;
        bool weak;
    } rows[] = {
        { "\"7\"", true, true },          { "W/\"7\"", false, true },
        { "\"8\"", false, false },        { "\"77\"", false, false },
        { "\"\"", false, false },         { "*", true, true },
        { "\"6\", \"7\"", true, true },   { "\"6\"\t,,W/\"7\" ,", false, true },
        { "W/\"7\", \"7\"", true, true }, { "\"6,\", \"7\"", true, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (entity_tag_matches(rows[i].header, "\"7\"", TAG_STRONG) != rows[i].strong)
            fail_msg("strong: %s", rows[i].header);
        if (entity_tag_matches(rows[i].header, "\"7\"", TAG_WEAK) != rows[i].weak)
            fail_msg("weak: %s", rows[i].header);
    }
}

static void a_list_that_is_not_well_formed_matches_nothing(void **state)
{
    static const char *const rows[] = {
        "",         "7",       "\"7",      "\"7\" \"8\"", "\"7\", 8",
        "\"7\", *", "w/\"7\"", "W/ \"7\"", "\"7\"\"6\"",  "'7'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (entity_tag_matches(rows[i], "\"7\"", TAG_WEAK))
            fail_msg("matches: %s", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_searched_by_the_strong_and_the_weak_comparison),
        cmocka_unit_test(a_list_that_is_not_well_formed_matches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
