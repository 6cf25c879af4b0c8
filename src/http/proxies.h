/* Proxies - the client behind a proxy that the operator trusts. */
#pragma once

#include "base/arena.h"

/* The address that counts: `peer` itself, or, when it is one of `trusted` (addresses by commas;
 * NULL: none), the last address in X-Forwarded-For that is not trusted. A list that does not end in
 * addresses is not believed. */
const char *proxies_find_client(const char *trusted, const char *peer, const char *forwarded_for,
                                Arena *arena);
