/* Hash - FNV-1a of 64 bits (Fowler, Noll, Vo): quick, the same on every machine, and no secret.
 *
 *   hash_text(HASH_START, "Europe/Zurich")        of one text
 *   hash_number(hash_number(HASH_START, 1), 2)    of one number behind another
 *
 * Who chooses the texts can choose those that meet: where a client does, begin with a number that
 * he does not know, in place of HASH_START. */
#pragma once

#include <stdint.h>

#define HASH_START UINT64_C(14695981039346656037)

/* Of what `hash` is of, and of each byte of the text behind it. */
uint64_t hash_text(uint64_t hash, const char *text);

/* The same with the number as one step, where FNV-1a takes a byte. */
uint64_t hash_number(uint64_t hash, uint64_t number);
