/* SQLite's LIKE, made to mean what PostgreSQL's ILIKE means: case does not matter in any script.
 * Its own folds ASCII letters alone. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* How LIKE learns that its statement has run for too long; lives as long as the connection. */
typedef struct LikeClock {
    bool (*is_too_late)(const struct LikeClock *clock);
    size_t bytes; /* looked into since it was asked last */
} LikeClock;

/* Replaces LIKE on this connection; an SQLite result code. */
int sqlite_like_install(sqlite3 *handle, LikeClock *clock);
