/* Subnet - addresses of IPv4 and IPv6, alone or as a network (RFC 4632, RFC 4291). IPv4 is kept as
 * ::ffff:a.b.c.d, so that all of them compare alike. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Subnet {
    struct in6_addr address;
    unsigned bits; /* of it, from the left, that count */
} Subnet;

/* "10.0.0.1", "::1", in any spelling of it, without white space. */
bool subnet_read_address(const char *text, size_t length, struct in6_addr *ret_address);

/* That, or "10.0.0.0/8", "2001:db8::/32". */
bool subnet_read(const char *text, size_t length, Subnet *ret_subnet);

bool subnet_holds(const Subnet *subnet, const struct in6_addr *address);

/* 127.0.0.0/8 or ::1: this machine. */
bool subnet_is_loopback(const struct in6_addr *address);
