#include "http/peers.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

typedef union Address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} Address;

static Address address_of(const char *text)
{
    Address address = { .six = { .sin6_family = AF_INET6 } };

    if (inet_pton(AF_INET6, text, &address.six.sin6_addr) == 1)
        return address;
    address = (Address){ .four = { .sin_family = AF_INET } };
    assert_int_equal(inet_pton(AF_INET, text, &address.four.sin_addr), 1);
    return address;
}

static Peer *add(Peers *peers, const char *text)
{
    Address address = address_of(text);

    return peers_add(peers, -1, &address.any, false, LIMIT_CONNECTIONS_PER_IP);
}

typedef struct Stage {
    Arena arena;
    Peers peers;
} Stage;

static int start(void **state)
{
    static Stage stage;
    Error err = { .code = ERROR_NONE };

    arena_init(&stage.arena);
    assert_true(peers_start(&stage.peers, &stage.arena, &err));
    *state = &stage;
    return 0;
}

static int stop(void **state)
{
    Stage *stage = *state;

    peers_stop(&stage->peers);
    arena_finish(&stage->arena);
    return 0;
}

static void one_address_has_its_number_exactly(void **state)
{
    Peers *peers = &((Stage *)*state)->peers;
    Peer *last = NULL;

    for (int i = 0; i < LIMIT_CONNECTIONS_PER_IP; i++) {
        last = add(peers, "192.0.2.1");
        assert_non_null(last);
    }
    for (int i = 0; i < 3; i++)
        assert_null(add(peers, "192.0.2.1"));
    assert_null(add(peers, "::ffff:192.0.2.1"));
    peers_remove(peers, last);
    assert_non_null(add(peers, "192.0.2.1"));
    assert_null(add(peers, "192.0.2.1"));
    assert_int_equal(peers_count(peers), LIMIT_CONNECTIONS_PER_IP);
}

static void no_stranger_takes_a_place_of_mine(void **state)
{
    Peers *peers = &((Stage *)*state)->peers;

    for (unsigned i = 0; i < 20000; i++) {
        char text[INET6_ADDRSTRLEN];
        snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
        assert_non_null(add(peers, text));
    }
    for (int i = 0; i < LIMIT_CONNECTIONS_PER_IP; i++)
        assert_non_null(add(peers, "192.0.2.1"));
    assert_null(add(peers, "192.0.2.1"));
    while (peers->open != NULL)
        peers_remove(peers, peers->open);
    assert_int_equal(peers_count(peers), 0);
    for (size_t i = 0; i < PEERS_PLACES; i++)
        assert_null(peers->clients[i]);
}

static void a_64_of_ipv6_is_one_client(void **state)
{
    Peers *peers = &((Stage *)*state)->peers;

    for (unsigned i = 0; i < LIMIT_CONNECTIONS_PER_IP; i++) {
        char text[INET6_ADDRSTRLEN];
        snprintf(text, sizeof(text), "2001:db8:0:1:%x::%x", i, i * 7);
        assert_non_null(add(peers, text));
    }
    assert_null(add(peers, "2001:db8:0:1::ffff"));
    assert_non_null(add(peers, "2001:db8:0:2::ffff"));
    assert_non_null(add(peers, "192.0.2.1"));
}

static void a_trusted_one_and_the_socket_have_no_number(void **state)
{
    Peers *peers = &((Stage *)*state)->peers;
    Address address = address_of("192.0.2.1");
    const struct sockaddr local = { .sa_family = AF_UNIX };

    for (int i = 0; i < 200; i++) {
        assert_non_null(peers_add(peers, -1, &address.any, false, 0));
        assert_non_null(peers_add(peers, -1, &local, true, 0));
    }
}

static void the_newest_that_nobody_took_is_taken(void **state)
{
    Peers *peers = &((Stage *)*state)->peers;
    Address address = address_of("127.0.0.1");
    Peer *old = peers_add(peers, 77, &address.any, false, 0);

    assert_ptr_equal(peers_take(peers, 77), old);
    Peer *fresh = peers_add(peers, 77, &address.any, false, 0);
    assert_ptr_equal(peers_take(peers, 77), fresh);
    assert_true(fresh->is_loopback);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_address_has_its_number_exactly),
        TEST(no_stranger_takes_a_place_of_mine),
        TEST(a_64_of_ipv6_is_one_client),
        TEST(a_trusted_one_and_the_socket_have_no_number),
        TEST(the_newest_that_nobody_took_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
