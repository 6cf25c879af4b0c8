/* A program that was built without its pages: here libapi's assets are not linked, but the table
 * that tools/embed makes of no files. */
#include "api/assets.h"
#include "stage.h"

static void without_pages_their_addresses_say_so(void **state)
{
    static const char *const paths[] = { "/", "/docs", "/redoc", "/docs/page.css" };
    Stage *stage = stage_set(state);

    assert_int_equal(asset_count, 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        stage_expect(stage, NULL, "GET", paths[i], NULL, 404,
                     "\"detail\":\"This program was built without its pages.\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(without_pages_their_addresses_say_so) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
