/* Client key - what counts as one client by its address: an IPv4 address, or the /64 of an IPv6
 * one, which is what one customer gets. Two clients never have the same key. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of the text form of an address; of what is none, the key that all such texts share. */
uint64_t client_key(const char *address);

/* Spreads keys over a table, so that nobody who does not know the seed can choose who meets whom
 * in it. Different keys stay different. */
uint64_t client_key_mix(uint64_t key, uint64_t seed);
