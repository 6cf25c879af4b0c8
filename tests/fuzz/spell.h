/* Spell - text out of a fuzzer's bytes: a printable byte is itself, any other is one of some
 * words. So whole words are one mutation away, and nothing that could be written is out of reach.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

static inline const char *spell(Arena *arena, const uint8_t *bytes, size_t length,
                                const char *const words[], size_t count)
{
    Buffer out = buffer_start(arena);

    buffer_add(&out, "");
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] >= ' ' && bytes[i] <= '~')
            buffer_add_char(&out, (char)bytes[i]);
        else
            buffer_add(&out, words[bytes[i] % count]);
    }
    return out.data;
}
