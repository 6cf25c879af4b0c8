/* ZoneTable - the zones of one zoneinfo directory that have been asked for, by name.
 *
 * Shared by all threads: looking one up again takes no lock. A zone is read when it is first asked
 * for and again when its file has changed, which is looked at once in LIMIT_ZONE_RECHECK_S. A zone
 * that was handed out stays valid for the life of the process, also when a newer one has taken its
 * place: an upgrade of tzdata costs a few KiB. timezone.h has the one table of the program. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"

enum { ZONE_TABLE_SLOTS = 1024 }; /* tzdata has 600 names */

typedef struct Timezone Timezone;
typedef struct ZoneEntry ZoneEntry;

typedef struct ZoneTable {
    const char *directory;
    int64_t recheck_us;
    pthread_mutex_t lock;          /* of adding an entry and of reading a file again */
    _Atomic uint64_t changes;      /* of rules, so far */
    _Atomic(const char *) release; /* NULL: not looked at yet */
    _Atomic int64_t release_checked_us;
    Arena arena; /* of the releases it ever had; under the lock */
    _Atomic(ZoneEntry *) slots[ZONE_TABLE_SLOTS];
} ZoneTable;

/* Looks at the file of every zone that was asked for so far. A number that grows whenever the rules
 * of one of them have changed. */
uint64_t zone_table_look(ZoneTable *table);

/* The release of the directory, which its tzdata.zi says in its first line; "unknown" where there
 * is none. Valid for the life of the process. */
const char *zone_table_release(ZoneTable *table);

/* NULL: no such zone, or no name of one (timezone_find). */
const Timezone *zone_table_find(ZoneTable *table, const char *name);
