#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "base/address.h"

static void an_ipv6_network_is_a_64_and_an_ipv4_one_an_address(void **state)
{
    (void)state;
    assert_int_equal(address_network("2001:db8:1:2::1"), address_network("2001:db8:1:2:3:4:5:6"));
    assert_int_not_equal(address_network("2001:db8:1:2::1"), address_network("2001:db8:1:3::1"));
    assert_int_not_equal(address_network("192.0.2.7"), address_network("192.0.2.8"));
    assert_int_equal(address_network("192.0.2.7"), address_network("::ffff:192.0.2.7"));
    assert_int_equal(address_network("local"), 0);
    assert_int_not_equal(address_network("127.0.0.1"), 0);
    /* What an IPv4 address would be, were it written into the first bytes of an IPv6 one. */
    assert_int_not_equal(address_network("192.0.2.1"), address_network("0:0:c000:201::"));
    assert_int_not_equal(address_network("192.0.2.1"), address_network("c000:201::"));
    assert_int_not_equal(address_network("0.0.0.0"), address_network("::1"));
}

static void networks_are_spread_by_the_seed_and_stay_different(void **state)
{
    enum { PLACES = 256, NETWORKS = 256 * 16 };
    unsigned count[PLACES] = { 0 };

    (void)state;
    for (uint64_t network = 0; network < NETWORKS; network++) {
        count[address_spread(network, 7) % PLACES]++;
        assert_true(address_spread(network, 7) != address_spread(network + 1, 7));
        assert_true(address_spread(network, 7) != address_spread(network, 8));
    }
    for (size_t i = 0; i < PLACES; i++)
        assert_true(count[i] > 0 && count[i] < 64);
}

static void a_network_is_shown_as_people_write_it(void **state)
{
    static const struct {
        const char *address, *network;
    } cases[] = {
        { "192.0.2.7", "192.0.2.7" },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
        { "2001:DB8:1:2::9", "2001:db8:1:2::/64" },
        { "::1", "::/64" },
        { "local", "local" },
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(address_network_text(cases[i].address, &arena), cases[i].network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv6_network_is_a_64_and_an_ipv4_one_an_address),
        cmocka_unit_test(networks_are_spread_by_the_seed_and_stay_different),
        cmocka_unit_test(a_network_is_shown_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
