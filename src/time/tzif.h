/* Tzif - a zone out of the bytes of a TZif file (RFC 9636). Everything is checked: the file may
 * be anything.
 *
 * A zone is one ascending table of spans with one offset each. It covers what our calendar can
 * reach (instant.h) with a margin; the rule in the file's footer is played forward into it when
 * the file is read, so that every later question is one binary search. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "time/instant.h"

typedef struct Timezone Timezone; /* what is asked of it: timezone.h */

struct Timezone {
    size_t count;            /* of spans, at least 1 */
    int64_t rules;           /* timezone_rules */
    const int64_t *from_us;  /* the Instant with which span i begins; of span 0: INT64_MIN */
    const int64_t *walls_us; /* the first local time that span i serves; of span 0: INT64_MIN */
    const int32_t *offsets_s;
};

/* Makes the zone in the arena. NULL: no TZif file of version 2 or later, one with leap seconds, or
 * one that breaks a rule of RFC 9636. */
const Timezone *tzif_read(Arena *arena, const unsigned char *bytes, size_t length);
