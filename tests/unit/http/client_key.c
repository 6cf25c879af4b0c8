#include "http/client_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void an_address_is_a_client_and_so_is_a_64(void **state)
{
    (void)state;
    assert_true(client_key("192.0.2.1") == client_key("192.0.2.1"));
    assert_true(client_key("192.0.2.1") != client_key("192.0.2.2"));
    assert_true(client_key("192.0.2.1") != client_key("193.0.2.1"));
    assert_true(client_key("2001:db8::1") == client_key("2001:db8:0:0:ffff:1:2:3"));
    assert_true(client_key("2001:db8::1") != client_key("2001:db8:0:1::1"));
    assert_true(client_key("2001:db8::1") != client_key("2001:db9::1"));
    /* What an IPv4 address would be, were it written into the first bytes of an IPv6 one. */
    assert_true(client_key("192.0.2.1") != client_key("0:0:c000:201::"));
    assert_true(client_key("0.0.0.0") != client_key("::1"));
}

static void keys_are_spread_by_the_seed_and_stay_different(void **state)
{
    enum { PLACES = 256, KEYS = 256 * 16 };
    unsigned count[PLACES] = { 0 };

    (void)state;
    for (uint64_t key = 0; key < KEYS; key++) {
        count[client_key_mix(key, 7) % PLACES]++;
        assert_true(client_key_mix(key, 7) != client_key_mix(key + 1, 7));
        assert_true(client_key_mix(key, 7) != client_key_mix(key, 8));
    }
    for (size_t i = 0; i < PLACES; i++)
        assert_true(count[i] > 0 && count[i] < 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_a_client_and_so_is_a_64),
        cmocka_unit_test(keys_are_spread_by_the_seed_and_stay_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
