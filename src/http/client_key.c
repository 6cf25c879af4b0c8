#include "http/client_key.h"

#include <arpa/inet.h>
#include <string.h>

uint64_t client_key(const char *address)
{
    unsigned char bytes[sizeof(struct in6_addr)] = { 0 };
    uint64_t key = 0;

    /* ff00::/8 is multicast (RFC 4291 2.7), which nobody speaks from: there is room for IPv4. */
    if (inet_pton(AF_INET, address, bytes + 4) == 1)
        bytes[0] = 0xff;
    else
        (void)inet_pton(AF_INET6, address, bytes);
    memcpy(&key, bytes, sizeof(key));
    return key;
}

/* splitmix64's finisher (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t client_key_mix(uint64_t key, uint64_t seed)
{
    return mix(mix(key ^ seed) + seed);
}
