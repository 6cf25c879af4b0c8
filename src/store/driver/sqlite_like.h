/* SQLite's LIKE, made to mean what PostgreSQL's ILIKE means: case does not matter in any script.
 * Its own folds ASCII letters alone. */
#pragma once

#include <sqlite3.h>

/* Replaces LIKE on this connection; an SQLite result code. */
int sqlite_like_install(sqlite3 *handle);
