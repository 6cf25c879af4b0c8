#include "heap.h"

#include <errno.h>
#include <stdlib.h>

/* glibc's own names of them (malloc(3), "Replacing malloc" in its manual). */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static int64_t left; /* calls up to the one that fails; 0: none does */
static bool has_failed;

static bool fails_now(void)
{
    if (left == 0 || --left > 0)
        return false;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __libc_realloc(old, size);
}

void heap_expect(int64_t nth)
{
    left = nth;
    has_failed = false;
}

bool heap_end(void)
{
    left = 0;
    return has_failed;
}
