/* Vector - an array in an arena of which nobody knows how long it gets.
 *
 *   items = vector_room(arena, items, count, &capacity, sizeof(*items));
 *   items[count++] = item;
 *
 * Its owner has the items, their count and the capacity, all 0 at first. */
#pragma once

#include <stddef.h>

#include "base/arena.h"

/* The items with room for one more: the same, or a copy of twice the capacity. */
void *vector_room(Arena *arena, void *items, size_t count, size_t *capacity, size_t item_size);
