#include "store/driver/address_map.h"

#include <assert.h>
#include <stdint.h>

/* How it works: open addressing with linear probing, at most half full, so that a look-up is one
 * multiplication and one or two compares. Growing leaves the old slots in the arena: all of them
 * together are smaller than the present ones. */

enum { FIRST_CAPACITY = 16 };

typedef struct AddressSlot {
    const void *key;
    void *value;
} AddressSlot;

/* The slot that holds `key`, or the free one where it belongs. */
static AddressSlot *probe(AddressSlot *slots, size_t capacity, const void *key)
{
    /* Knuth, TAOCP 6.4: multiplication by the golden ratio spreads neighbours apart. */
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (capacity - 1);

    while (slots[at].key != NULL && slots[at].key != key)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

void *address_map_find(const AddressMap *map, const void *key)
{
    if (map->capacity == 0)
        return NULL;
    return probe(map->slots, map->capacity, key)->value;
}

static void grow(AddressMap *map, Arena *arena)
{
    size_t capacity = map->capacity == 0 ? (size_t)FIRST_CAPACITY : map->capacity * 2;
    AddressSlot *slots = ARENA_ARRAY(arena, AddressSlot, capacity);

    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].key != NULL)
            *probe(slots, capacity, map->slots[i].key) = map->slots[i];
    }
    map->slots = slots;
    map->capacity = capacity;
}

void address_map_add(AddressMap *map, Arena *arena, const void *key, void *value)
{
    if (2 * (map->count + 1) > map->capacity)
        grow(map, arena);
    AddressSlot *slot = probe(map->slots, map->capacity, key);
    assert(slot->key == NULL && value != NULL);
    *slot = (AddressSlot){ .key = key, .value = value };
    map->count++;
}
