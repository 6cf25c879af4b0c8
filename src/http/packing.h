/* Packing - gzip (RFC 1952) for replies that are worth it, and who takes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Does this Accept-Encoding (RFC 9110 12.5.3; NULL: none came) like gzip at least as well as what
 * is not packed? */
bool packing_is_welcome(const char *accept_encoding);

/* What a thread packs with: 300 KiB that are not made anew each time. Zeroed before the first use.
 */
typedef struct Packer {
    struct z_stream_s *stream;
    Arena arena;
} Packer;

/* The text packed, in the arena; NULL where it would not get half as long. */
const char *packing_pack(Packer *packer, const char *text, size_t length, Arena *arena,
                         size_t *ret_length);

void packing_finish(Packer *packer);
