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

/* A thread's place for the connection that it has borrowed. */
typedef struct Reader {
    Db *db; /* NULL: none */
} Reader;

/* Does nothing where one is there already. */
bool db_pool_lend(DbPool *pool, Reader *reader, Error *err);

/* Gives it back, if there is one; a snapshot that it keeps ends (db_rest). */
void db_pool_take_back(DbPool *pool, Reader *reader);
