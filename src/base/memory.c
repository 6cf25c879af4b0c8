#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

void memory_run_out(void)
{
    fputs("fasti: out of memory\n", stderr);
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
