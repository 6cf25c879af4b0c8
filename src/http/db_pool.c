#include "http/db_pool.h"

#include <assert.h>

void db_pool_init(DbPool *pool, const char *url, size_t capacity, Arena *arena)
{
    *pool = (DbPool){
        .url = url,
        .idle = ARENA_ARRAY(arena, Db *, capacity),
        .capacity = capacity,
    };
    pthread_mutex_init(&pool->mutex, NULL);
}

void db_pool_finish(DbPool *pool)
{
    while (pool->idle_count > 0)
        db_close(&pool->idle[--pool->idle_count]);
    pthread_mutex_destroy(&pool->mutex);
}

bool db_pool_lend(DbPool *pool, Reader *reader, Error *err)
{
    if (reader->db != NULL)
        return true;
    pthread_mutex_lock(&pool->mutex);
    /* The one given back last: its caches are warm. */
    if (pool->idle_count > 0)
        reader->db = pool->idle[--pool->idle_count];
    pthread_mutex_unlock(&pool->mutex);
    return reader->db != NULL || db_open(pool->url, DB_READ, &reader->db, err);
}

void db_pool_take_back(DbPool *pool, Reader *reader)
{
    if (reader->db == NULL)
        return;
    db_drop_asks(reader->db);
    db_rest(reader->db);
    pthread_mutex_lock(&pool->mutex);
    assert(pool->idle_count < pool->capacity);
    pool->idle[pool->idle_count++] = reader->db;
    pthread_mutex_unlock(&pool->mutex);
    reader->db = NULL;
}
