/* Memory - from the heap, and never NULL: where there is none the process says so and ends, for the
 * reason that arena.h gives. For the arena, and for libraries that take theirs from us.
 *
 * What grows with what people ask for is counted in one account of the whole process, by who takes
 * it: base/budget.h judges by it. */
#pragma once

#include <stddef.h>

void *memory_take(size_t size);
void memory_give_back(void *memory); /* NULL is fine */

/* For a process that makes one large reply after another: keeps a little of what was given back,
 * for else each page of the next is asked of the kernel again. */
void memory_keep_some(void);

/* Puts bytes on the account, or (negative) takes them off it; and how many are on it. */
void memory_count(ptrdiff_t bytes);
size_t memory_counted(void);

/* For a library that could not do what it always can but without memory. */
_Noreturn void memory_run_out(void);
