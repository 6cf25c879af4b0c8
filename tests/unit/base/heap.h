/* Heap - malloc, calloc and realloc of a test program and of all the libraries that it uses, of
 * which one call gets nothing, once. Not for programs under a sanitizer, which bring their own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The nth from now on fails. */
void heap_expect(int64_t nth);

/* None fails any more. Did one? */
bool heap_end(void);
