#include "http/draining.h"

#include <stdatomic.h>

static atomic_bool draining;

void draining_set(bool is_draining)
{
    atomic_store(&draining, is_draining);
}

bool is_draining(void)
{
    return atomic_load_explicit(&draining, memory_order_relaxed);
}
