#include "base/subnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool holds(const char *subnet_text, const char *address_text)
{
    Subnet subnet;
    struct in6_addr address;

    assert_true(subnet_read(subnet_text, strlen(subnet_text), &subnet));
    assert_true(subnet_read_address(address_text, strlen(address_text), &address));
    return subnet_holds(&subnet, &address);
}

static void a_network_holds_its_addresses_and_no_others(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.1", "10.0.0.1"));
    assert_true(holds("10.0.0.1", "::ffff:10.0.0.1"));
    assert_false(holds("10.0.0.1", "10.0.0.2"));
    assert_true(holds("10.0.0.0/8", "10.255.255.255"));
    assert_false(holds("10.0.0.0/8", "11.0.0.0"));
    assert_true(holds("192.0.2.0/25", "192.0.2.127"));
    assert_false(holds("192.0.2.0/25", "192.0.2.128"));
    assert_true(holds("192.0.2.9/25", "192.0.2.127"));
    assert_true(holds("0.0.0.0/0", "203.0.113.1"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("2001:db8::/32", "2001:db8:ffff::1"));
    assert_false(holds("2001:db8::/32", "2001:db9::1"));
    assert_true(holds("::/0", "2001:db9::1"));
    assert_true(holds("2001:db8::1/127", "2001:db8::"));
    assert_false(holds("2001:db8::1/128", "2001:db8::"));
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "localhost",
        "10.0.0",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8x",
        "10.0.0.0/255.0.0.0",
        "/8",
        "::1/129",
        "[::1]",
        "10.0.0.1:80",
        "*",
        "10.0.0.0/8/8",
        "10.0.0.0 /8",
        "fe80::1%eth0",
    };
    Subnet subnet;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (subnet_read(bad[i], strlen(bad[i]), &subnet))
            fail_msg("taken: %s", bad[i]);
    }
}

static void loopback_is_this_machine(void **state)
{
    static const struct {
        const char *address;
        bool is_loopback;
    } rows[] = {
        { "127.0.0.1", true },        { "127.255.0.9", true }, { "::1", true },
        { "::ffff:127.0.0.1", true }, { "126.0.0.1", false },  { "::2", false },
        { "::127.0.0.1", false },
    };
    struct in6_addr address;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(subnet_read_address(rows[i].address, strlen(rows[i].address), &address));
        assert_int_equal(subnet_is_loopback(&address), rows[i].is_loopback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_holds_its_addresses_and_no_others),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(loopback_is_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
