/* Attempts - counts what may only be tried so often, whichever node is asked. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* How keys begin that are counted in windows of a day; of all others none is longer than an hour.
 */
#define ATTEMPTS_OF_A_DAY "day "

/* Counts one more try of `key` in a window that begins with its first try and lasts `window_us`;
 * *ret_count gets the tries in the present window, this one included. */
bool attempts_count(Db *db, const char *key, Instant now, int64_t window_us, int64_t *ret_count,
                    Error *err);

/* Takes one try back. Does not wait (db_execute_later). */
bool attempts_forgive(Db *db, const char *key, Error *err);

/* Forgets a key: the right password was given. Does not wait. */
bool attempts_clear(Db *db, const char *key, Error *err);

/* Forgets some of those whose window is over. */
bool attempts_delete_old(Db *db, Instant now, int64_t at_most, int64_t *ret_count, Error *err);
