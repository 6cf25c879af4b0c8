/* AddressMap - what belongs to a constant, found by its address: to an Sql its prepared statement,
 * to a column's name its place.
 *
 * Starts zeroed. Nothing is ever taken out; the memory is the arena's. */
#pragma once

#include "base/arena.h"

typedef struct AddressMap {
    struct AddressSlot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} AddressMap;

void *address_map_find(const AddressMap *map, const void *key); /* NULL: not there */

/* `key` must not be there yet; `value` is not NULL. */
void address_map_add(AddressMap *map, Arena *arena, const void *key, void *value);
