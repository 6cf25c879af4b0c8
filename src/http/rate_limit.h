/* RateLimit - how often one client may ask.
 *
 * Every client (base/address.h) has an ample allowance for all it does (600 at once, then 200 a
 * second: a page that loads, a client that syncs; only a flood meets it) and a tight one where
 * passwords and tokens are tried (20 at once, then one every 3 seconds: an office behind one
 * address can sign in, a word list cannot be tried). Checks of health have one of their own, so
 * that no other traffic of the address makes a node look ill (60 at once, then 10 a second).
 *
 * Each node counts for itself; that an account is locked after wrong passwords is another thing
 * and lies in the database. The table has a fixed size: where it is full, the client that used
 * least of its allowance is forgotten first. To be forgotten is to be forgiven: a stranger can
 * take nobody's allowance away. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The last two are of the whole node, for which there is the address NULL: tries to sign in to
 * accounts from where nobody has signed in to them (300 at once that fail, then one every 2
 * seconds: a password that is tried on one account after another, from as many addresses, gets no
 * further), and failed tries that are written into the audit trail (1000, then 1000 an hour). */
typedef enum RateClass {
    RATE_GENERAL,
    RATE_GUESSING,
    RATE_HEALTH, /* checks of health that ask the database */
    RATE_STRANGERS,
    RATE_FAILURES,
    RATE_CLASSES,
} RateClass;

typedef struct RateLimiter RateLimiter;

typedef struct RateVerdict {
    bool is_allowed;
    const char *policy; /* RateLimit-Policy */
    unsigned remaining;
    unsigned reset_s;       /* until the allowance is whole again */
    unsigned retry_after_s; /* until the next request is allowed */
} RateVerdict;

RateLimiter *rate_limiter_create(Arena *arena);

/* Counts one request of the client with this address (text form). */
RateVerdict rate_limiter_count(RateLimiter *limiter, RateClass class, const char *address,
                               int64_t now_us);

/* Takes back one request that was counted and allowed. */
void rate_limiter_forgive(RateLimiter *limiter, RateClass class, const char *address);

/* RateLimit: the name of the policy and what is left of it. */
const char *rate_limit_state(RateClass class, const RateVerdict *verdict, Arena *arena);
