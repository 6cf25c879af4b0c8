#include "http/proxies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static Subnets read_list(const char *text, Arena *arena)
{
    Config config = { .database_url = NULL };
    Error err = { .code = ERROR_NONE };

    for (size_t i = 0; text != NULL && i < config_setting_count; i++) {
        if (config_settings[i].kind == SETTING_SUBNETS)
            assert_true(config_set(&config_settings[i], text, arena, &config, &err));
    }
    return config.trusted_proxies;
}

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
        { "10.0.0.1", "10.0.0.1", "198.51.100.7:4711", "198.51.100.7" },
        { "10.0.0.1", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1" },
        { "10.0.0.1", "10.0.0.1", "[2001:db8::1]", "2001:db8::1" },
        { "10.0.0.1", "10.0.0.1", "1.1.1.1, 198.51.100.7:80, [2001:db8::1]:9, 10.0.0.1:1",
          "2001:db8::1" },
        { "10.0.0.0/8", "10.9.9.9", "198.51.100.7, 10.1.2.3, 10.255.0.1:99", "198.51.100.7" },
        { "2001:db8::/32", "2001:db8:1::1", "198.51.100.7, 2001:db8:2::2", "198.51.100.7" },
        { "10.0.0.0/8", "11.0.0.1", "198.51.100.7", "11.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "198.51.100.7:", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "198.51.100.7:x", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "198.51.100.7:123456", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "[198.51.100.7]:80", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "[2001:db8::1", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "[]", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "[2001:db8::1]80", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "1.1.1.1,", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", ",,,,", "10.0.0.1" },
        { "10.0.0.1", "10.0.0.1", "", "10.0.0.1" },
        { ",,", "10.0.0.1", "1.1.1.1", "10.0.0.1" },
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const Subnets trusted = read_list(cases[i].trusted, &arena);
        assert_string_equal(
            proxies_find_client(&trusted, cases[i].peer, cases[i].forwarded_for, &arena),
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
