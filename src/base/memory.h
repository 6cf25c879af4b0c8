/* Memory - from the heap, and never NULL: where there is none the process says so and ends, for the
 * reason that arena.h gives. For the arena, and for libraries that take theirs from us. */
#pragma once

#include <stddef.h>

void *memory_take(size_t size);
void memory_give_back(void *memory); /* NULL is fine */

/* For a library that could not do what it always can but without memory. */
_Noreturn void memory_run_out(void);
