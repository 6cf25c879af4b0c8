/* Fold - upper and lower case beyond ASCII, and what looks the same.
 *
 * The program sets LC_CTYPE to C.UTF-8, which glibc has built in, once at its start (main.c). A
 * process that does not lowers ASCII alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The lower-case form of a code point by Unicode's simple mapping, except where that would turn one
 * beyond ASCII into an ASCII letter (the Kelvin sign, the Turkish İ): such look-alikes stay. */
uint32_t fold_lower(uint32_t code_point);

/* Reads one code point of valid UTF-8; *ret_length gets its bytes. */
uint32_t fold_read(const char *text, size_t *ret_length);

/* Writes one code point as UTF-8 (1 to 4 bytes); returns how many. */
size_t fold_write(uint32_t code_point, char ret_bytes[4]);

/* What texts are compared by that differ in nothing but case, or in how their accents are written:
 * full case folding, then NFC (Unicode, 3.13 D145: "canonical caseless match"). Of valid UTF-8, in
 * the arena; takes time by the length of the text. Folding what is folded changes nothing.
 *
 * What Unicode has assigned once it folds alike for ever (its stability policy); a text that was
 * folded before its characters were assigned is as it was written. */
const char *fold_text(Arena *arena, const char *text);
