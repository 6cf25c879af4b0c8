/* Proxies - the client behind a proxy that the operator trusts. */
#pragma once

#include "base/arena.h"
#include "base/config.h"

/* Is the address (text form) one of them? */
bool proxies_trust(const Subnets *trusted, const char *address);

/* The address that counts: `peer` itself, or, when it is one of `trusted`, the last address in
 * X-Forwarded-For (NULL: none came) that is not, with or without a port. A list that does not end
 * in addresses is not believed. */
const char *proxies_find_client(const Subnets *trusted, const char *peer, const char *forwarded_for,
                                Arena *arena);
