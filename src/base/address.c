#include "base/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

enum { NETWORK_BYTES = 8, ADDRESS_BYTES = sizeof(struct in6_addr) };

/* The address as IPv6 has it, its last eight bytes zero; an IPv4 address in the fifth to eighth,
 * behind what begins multicast (RFC 4291 2.7), which nobody speaks from. */
static bool read_network(const char *text, unsigned char ret_bytes[ADDRESS_BYTES],
                         bool *ret_is_four)
{
    struct in6_addr six;

    memset(ret_bytes, 0, ADDRESS_BYTES);
    *ret_is_four = inet_pton(AF_INET, text, ret_bytes + 4) == 1;
    if (!*ret_is_four && inet_pton(AF_INET6, text, &six) != 1)
        return false;
    if (!*ret_is_four && IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(ret_bytes + 4, &six.s6_addr[12], 4);
        *ret_is_four = true;
    }
    if (*ret_is_four)
        ret_bytes[0] = 0xff;
    else
        memcpy(ret_bytes, six.s6_addr, NETWORK_BYTES);
    return true;
}

uint64_t address_network(const char *text)
{
    unsigned char bytes[ADDRESS_BYTES];
    uint64_t network = 0;
    bool is_four;

    if (read_network(text, bytes, &is_four))
        memcpy(&network, bytes, NETWORK_BYTES);
    return network;
}

/* splitmix64's finisher (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t address_spread(uint64_t network, uint64_t seed)
{
    return mix(mix(network ^ seed) + seed);
}

const char *address_network_text(const char *text, Arena *arena)
{
    unsigned char bytes[ADDRESS_BYTES];
    char shown[INET6_ADDRSTRLEN];
    bool is_four;

    if (!read_network(text, bytes, &is_four))
        return text;
    if (is_four)
        return arena_strdup(arena, inet_ntop(AF_INET, bytes + 4, shown, sizeof(shown)));
    return arena_printf(arena, "%s/64", inet_ntop(AF_INET6, bytes, shown, sizeof(shown)));
}
