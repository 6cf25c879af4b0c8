#include "base/subnet.h"

#include <arpa/inet.h>
#include <string.h>

enum { BITS_BEFORE_IPV4 = 96, ALL_BITS = 128 };

bool subnet_read_address(const char *text, size_t length, struct in6_addr *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr four;

    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, ret_address) == 1)
        return true;
    if (inet_pton(AF_INET, copy, &four) != 1)
        return false;
    memset(ret_address, 0, sizeof(*ret_address));
    memset(&ret_address->s6_addr[10], 0xff, 2);
    memcpy(&ret_address->s6_addr[12], &four, sizeof(four));
    return true;
}

bool subnet_read(const char *text, size_t length, Subnet *ret_subnet)
{
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash != NULL ? (size_t)(slash - text) : length;
    bool is_four = memchr(text, ':', address_length) == NULL;
    unsigned most = is_four ? ALL_BITS - BITS_BEFORE_IPV4 : ALL_BITS;
    unsigned bits = 0;

    if (!subnet_read_address(text, address_length, &ret_subnet->address))
        return false;
    size_t digits = slash != NULL ? length - address_length - 1 : 0;
    if (slash != NULL && (digits == 0 || digits > 3 || (digits > 1 && slash[1] == '0')))
        return false;
    for (size_t i = 1; i <= digits; i++) {
        if (slash[i] < '0' || slash[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(slash[i] - '0');
    }
    if (bits > most)
        return false;
    ret_subnet->bits = (slash != NULL ? bits : most) + (is_four ? BITS_BEFORE_IPV4 : 0);
    return true;
}

bool subnet_holds(const Subnet *subnet, const struct in6_addr *address)
{
    size_t whole = subnet->bits / 8;
    unsigned left = subnet->bits % 8;
    unsigned char mask = (unsigned char)(0xff00U >> left);

    return memcmp(&subnet->address, address, whole) == 0 &&
           (left == 0 || ((subnet->address.s6_addr[whole] ^ address->s6_addr[whole]) & mask) == 0);
}

bool subnet_is_loopback(const struct in6_addr *address)
{
    static const Subnet four = {
        .address.s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 127 },
        .bits = BITS_BEFORE_IPV4 + 8,
    };

    return IN6_IS_ADDR_LOOPBACK(address) || subnet_holds(&four, address);
}
