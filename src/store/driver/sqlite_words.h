/* has_words(text, words): does the text contain the words? Both are folded (base/fold.h), or
 * nothing but case is looked at. Takes time by the length of the text alone. Null for null. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* How the function learns that its statement has run for too long; lives as long as the connection.
 */
typedef struct WordsClock {
    bool (*is_too_late)(const struct WordsClock *clock);
    size_t bytes; /* looked into since it was asked last */
} WordsClock;

/* Makes the function for this connection; an SQLite result code. */
int sqlite_words_install(sqlite3 *handle, WordsClock *clock);
