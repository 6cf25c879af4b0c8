/* Address - the network that an address belongs to, for whatever is counted by address: an IPv4
 * address by itself, and the /64 of an IPv6 address, for who has one address of that has them all.
 * An IPv4 address inside IPv6 (::ffff:192.0.2.7) is the IPv4 address. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* No two networks have the same number. What is no address has 0, as ::/64. */
uint64_t address_network(const char *text);

/* Spreads their numbers over a table, so that nobody who does not know the seed can choose who
 * meets whom in it. Different numbers stay different. */
uint64_t address_spread(uint64_t network, uint64_t seed);

/* "192.0.2.7" or "2001:db8:1:2::/64", in the arena; what is no address stays what it is. */
const char *address_network_text(const char *text, Arena *arena);
