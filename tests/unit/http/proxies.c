#include "http/proxies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_last_address_that_is_not_trusted_counts(void **state)
{
    static const struct {
        const char *trusted, *peer, *forwarded_for, *client;
    } cases[] = {
        { NULL, "192.0.2.1", "198.51.100.7", "192.0.2.1" },
        { "10.0.0.1", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
        { "10.0.0.1", "10.0.0.1", NULL, "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "198.51.100.7", "198.51.100.7" },
        { "10.0.0.1", "10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7" },
        { "10.0.0.1, 10.0.0.2", "10.0.0.1", "1.1.1.1,198.51.100.7 , 10.0.0.2", "198.51.100.7" },
        { "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1" },
        { "10.0.0.1", "::ffff:10.0.0.1", "2001:DB8::1", "2001:db8::1" },
        { "10.0.0.1", "10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7" },
        { "10.0.0.1", "10.0.0.1", "unknown", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "198.51.100.7:4711", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "1.1.1.1,", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", ",,,,", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "", "10.0.0.1" },
        { "rubbish,,", "10.0.0.1", "1.1.1.1", "10.0.0.1" },
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(
            proxies_find_client(cases[i].trusted, cases[i].peer, cases[i].forwarded_for, &arena),
            cases[i].client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_address_that_is_not_trusted_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
