#include "http/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND_US INT64_C(1000000)

static void the_guessing_allowance_is_twenty_and_then_one_in_three_seconds(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);
    int64_t now = 1000 * SECOND_US;
    RateVerdict verdict;

    (void)state;
    for (int i = 0; i < 20; i++) {
        verdict = rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", now);
        assert_true(verdict.is_allowed);
    }
    assert_int_equal(verdict.remaining, 0);
    verdict = rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", now);
    assert_false(verdict.is_allowed);
    assert_int_equal(verdict.retry_after_s, 3);

    now += 3 * SECOND_US;
    assert_true(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", now).is_allowed);
    assert_false(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", now).is_allowed);
}

static void a_refused_request_costs_nothing(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 1000; i++)
        rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US);
    assert_true(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", 4 * SECOND_US).is_allowed);
}

static void clients_and_classes_are_counted_apart(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 21; i++)
        rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US);
    assert_false(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US).is_allowed);
    assert_true(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.2", SECOND_US).is_allowed);
    assert_true(rate_limiter_count(limiter, RATE_GENERAL, "192.0.2.1", SECOND_US).is_allowed);
}

static void ipv6_counts_by_64(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 20; i++) {
        const char *address = arena_printf(&arena, "2001:db8::%d", i + 1);
        assert_true(rate_limiter_count(limiter, RATE_GUESSING, address, SECOND_US).is_allowed);
    }
    assert_false(
        rate_limiter_count(limiter, RATE_GUESSING, "2001:db8::ffff", SECOND_US).is_allowed);
    assert_true(
        rate_limiter_count(limiter, RATE_GUESSING, "2001:db8:0:1::1", SECOND_US).is_allowed);
}

static void what_is_taken_back_was_never_counted(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(rate_limiter_count(limiter, RATE_STRANGERS, NULL, SECOND_US).is_allowed);
        rate_limiter_forgive(limiter, RATE_STRANGERS, NULL);
    }
    for (int i = 0; i < 300; i++)
        assert_true(rate_limiter_count(limiter, RATE_STRANGERS, NULL, SECOND_US).is_allowed);
    RateVerdict verdict = rate_limiter_count(limiter, RATE_STRANGERS, NULL, SECOND_US);
    assert_false(verdict.is_allowed);
    assert_int_equal(verdict.retry_after_s, 2);
}

static void a_flood_of_addresses_does_not_forgive_the_one_that_was_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 21; i++)
        rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US);
    for (int i = 0; i < 100000; i++) {
        Arena AUTO(arena_finish) scratch = { 0 };
        const char *address =
            arena_printf(&scratch, "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
        rate_limiter_count(limiter, RATE_GUESSING, address, SECOND_US);
    }
    assert_false(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US).is_allowed);
}

static void a_flood_takes_nobodys_allowance_away(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 200000; i++) {
        Arena AUTO(arena_finish) scratch = { 0 };
        const char *address = arena_printf(&scratch, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
        assert_true(rate_limiter_count(limiter, RATE_GUESSING, address, SECOND_US).is_allowed);
    }
    for (int i = 0; i < 20; i++)
        assert_true(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US).is_allowed);
}

static void an_address_of_ipv4_is_no_network_of_ipv6(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 21; i++)
        rate_limiter_count(limiter, RATE_GUESSING, "0:0:c000:201::1", SECOND_US);
    assert_false(
        rate_limiter_count(limiter, RATE_GUESSING, "0:0:c000:201::2", SECOND_US).is_allowed);
    assert_true(rate_limiter_count(limiter, RATE_GUESSING, "192.0.2.1", SECOND_US).is_allowed);
}

static void checks_of_health_have_an_allowance_of_their_own(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RateLimiter *limiter = rate_limiter_create(&arena);

    (void)state;
    for (int i = 0; i < 700; i++)
        rate_limiter_count(limiter, RATE_GENERAL, "192.0.2.1", SECOND_US);
    for (int i = 0; i < 60; i++)
        assert_true(rate_limiter_count(limiter, RATE_HEALTH, "192.0.2.1", SECOND_US).is_allowed);
    assert_false(rate_limiter_count(limiter, RATE_HEALTH, "192.0.2.1", SECOND_US).is_allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guessing_allowance_is_twenty_and_then_one_in_three_seconds),
        cmocka_unit_test(a_refused_request_costs_nothing),
        cmocka_unit_test(clients_and_classes_are_counted_apart),
        cmocka_unit_test(ipv6_counts_by_64),
        cmocka_unit_test(what_is_taken_back_was_never_counted),
        cmocka_unit_test(a_flood_of_addresses_does_not_forgive_the_one_that_was_refused),
        cmocka_unit_test(a_flood_takes_nobodys_allowance_away),
        cmocka_unit_test(an_address_of_ipv4_is_no_network_of_ipv6),
        cmocka_unit_test(checks_of_health_have_an_allowance_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
