/* StatementCache - which prepared statement belongs to which Sql, for one connection.
 *
 * The key is the address of the constant. Nothing is ever taken out; the memory is the
 * connection's. */
#pragma once

#include "store/driver/db.h"

typedef struct StatementCache {
    struct StatementSlot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} StatementCache;

void *statement_cache_find(const StatementCache *cache, const Sql *sql); /* NULL: not there */

/* `sql` must not be there yet. */
void statement_cache_add(StatementCache *cache, Arena *arena, const Sql *sql, void *statement);
