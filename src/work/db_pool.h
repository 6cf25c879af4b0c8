/* DbPool - the read connections, opened when first needed. At most as many threads take from it as
 * it may hold, each one connection at a time, so that nobody ever waits. */
#pragma once

#include <pthread.h>

#include "store/driver/db.h"

typedef struct DbPool {
    pthread_mutex_t mutex;
    const char *url;
    Db **idle;
    size_t idle_count;
    size_t capacity;
} DbPool;

void db_pool_init(DbPool *pool, const char *url, size_t capacity, Arena *arena);
void db_pool_finish(DbPool *pool);

/* Lends one into *db, unless there is one already. */
bool db_pool_lend(DbPool *pool, Db **ret_db, Error *err);

/* One that was opened before and is not in use; NULL: there is none. */
Db *db_pool_lend_idle(DbPool *pool);

/* Takes back what is in *db, if anything; a snapshot that it keeps ends (db_end_snapshot). */
void db_pool_take_back(DbPool *pool, Db **ret_db);
