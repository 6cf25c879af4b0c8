#include "store/driver/statement_cache.h"

#include <assert.h>
#include <stdint.h>

/* How it works: open addressing with linear probing, at most half full, so that a look-up is one
 * multiplication and one or two compares. Growing leaves the old slots in the arena: all of them
 * together are smaller than the present ones. */

enum { FIRST_CAPACITY = 64 };

typedef struct StatementSlot {
    const Sql *sql;
    void *statement;
} StatementSlot;

/* The slot that holds `sql`, or the free one where it belongs. */
static StatementSlot *probe(StatementSlot *slots, size_t capacity, const Sql *sql)
{
    /* Knuth, TAOCP 6.4: multiplication by the golden ratio spreads neighbours apart. */
    uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (capacity - 1);

    while (slots[at].sql != NULL && slots[at].sql != sql)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

void *statement_cache_find(const StatementCache *cache, const Sql *sql)
{
    if (cache->capacity == 0)
        return NULL;
    return probe(cache->slots, cache->capacity, sql)->statement;
}

static void grow(StatementCache *cache, Arena *arena)
{
    size_t capacity = cache->capacity == 0 ? (size_t)FIRST_CAPACITY : cache->capacity * 2;
    StatementSlot *slots = ARENA_ARRAY(arena, StatementSlot, capacity);

    for (size_t i = 0; i < cache->capacity; i++) {
        if (cache->slots[i].sql != NULL)
            *probe(slots, capacity, cache->slots[i].sql) = cache->slots[i];
    }
    cache->slots = slots;
    cache->capacity = capacity;
}

void statement_cache_add(StatementCache *cache, Arena *arena, const Sql *sql, void *statement)
{
    if (2 * (cache->count + 1) > cache->capacity)
        grow(cache, arena);
    StatementSlot *slot = probe(cache->slots, cache->capacity, sql);
    assert(slot->sql == NULL);
    *slot = (StatementSlot){ .sql = sql, .statement = statement };
    cache->count++;
}
