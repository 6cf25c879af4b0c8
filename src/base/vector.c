#include "base/vector.h"

enum { FIRST_CAPACITY = 8 };

void *vector_room(Arena *arena, void *items, size_t count, size_t *capacity, size_t item_size)
{
    size_t larger = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;

    if (count < *capacity)
        return items;
    items = arena_grow(arena, items, item_size * *capacity, item_size * larger);
    *capacity = larger;
    return items;
}
