#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

static atomic_ptrdiff_t account;

void memory_run_out(void)
{
    log_last_words("fasti: out of memory\n");
    abort();
}

void *memory_take(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        memory_run_out();
    return memory;
}

void memory_give_back(void *memory)
{
    free(memory);
}

/* glibc gives back what is free at the end of a heap beyond 128 KiB, and takes pieces beyond that
 * from the kernel and gives them back one by one. A month of 500 events was 213 page faults, a
 * quarter of what it cost. The heaps are few (mallopt(3), M_ARENA_MAX). */
void memory_keep_some(void)
{
    enum { KEPT_BYTES = 4 * 1024 * 1024 };

    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
}

void memory_count(ptrdiff_t bytes)
{
    atomic_fetch_add_explicit(&account, bytes, memory_order_relaxed);
}

size_t memory_counted(void)
{
    return (size_t)atomic_load_explicit(&account, memory_order_relaxed);
}
