#include "work/db_pool.h"

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

Db *db_pool_lend_idle(DbPool *pool)
{
    Db *db = NULL;

    pthread_mutex_lock(&pool->mutex);
    /* The one given back last: its caches are warm. */
    if (pool->idle_count > 0)
        db = pool->idle[--pool->idle_count];
    pthread_mutex_unlock(&pool->mutex);
    return db;
}

bool db_pool_lend(DbPool *pool, Db **ret_db, Error *err)
{
    if (*ret_db == NULL)
        *ret_db = db_pool_lend_idle(pool);
    return *ret_db != NULL || db_open(pool->url, DB_READ, ret_db, err);
}

void db_pool_take_back(DbPool *pool, Db **ret_db)
{
    if (*ret_db == NULL)
        return;
    db_drop_asks(*ret_db);
    db_end_snapshot(*ret_db);
    pthread_mutex_lock(&pool->mutex);
    assert(pool->idle_count < pool->capacity);
    pool->idle[pool->idle_count++] = *ret_db;
    pthread_mutex_unlock(&pool->mutex);
    *ret_db = NULL;
}
