#include "time/zone_table.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "time/tzif.h"

/* How it works: a hash table of lists that only grow. An entry never moves and never goes away;
 * its zone is one atomic pointer. Names that do not exist are not remembered, so a stranger cannot
 * fill the table: it ends with the files of the directory. */

enum { ZONE_RELEASE_BYTES = 32 };

struct ZoneEntry {
    ZoneEntry *next; /* constant once the entry can be seen */
    char name[LIMIT_ZONE_NAME + 1];
    _Atomic(const Timezone *) zone;
    _Atomic int64_t checked_us; /* on the monotonic clock */
    struct stat file;           /* as it was read; under the table's lock */
    Arena arena;                /* of the zones it ever had; under the table's lock */
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
}

/* Without a point in it a name cannot climb out of the directory. An empty part would give one
 * zone many names; the others are in the directory but are no zones of the IANA list. */
static bool is_zone_name(const char *name)
{
    static const char *const others[] = { "localtime", "posixrules", "Factory" };
    size_t length = strnlen(name, LIMIT_ZONE_NAME + 1);

    if (length == 0 || length > LIMIT_ZONE_NAME || name[0] == '/' || name[length - 1] == '/' ||
        strstr(name, "//") != NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_name_char(name[i]))
            return false;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (text_equal(name, others[i]))
            return false;
    }
    return !text_starts_with(name, "posix/") && !text_starts_with(name, "right/");
}

static size_t slot_of(const char *name)
{
    return (size_t)(hash_text(HASH_START, name) % ZONE_TABLE_SLOTS);
}

static ZoneEntry *find_entry(ZoneTable *table, size_t slot, const char *name)
{
    ZoneEntry *entry = atomic_load_explicit(&table->slots[slot], memory_order_acquire);

    while (entry != NULL && !text_equal(entry->name, name))
        entry = entry->next;
    return entry;
}

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

static bool read_all(int file, unsigned char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = read(file, bytes + done, length - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static void path_of(const ZoneTable *table, const char *name, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", table->directory, name);
}

/* The zone of the file as it is now, in the arena, or NULL. */
static const Timezone *load(const ZoneTable *table, const char *name, Arena *arena,
                            struct stat *ret_file)
{
    char path[PATH_MAX];
    Arena AUTO(arena_finish) scratch = { 0 };

    path_of(table, name, path);
    /* A named pipe must not hold us. */
    const int file AUTO(close_file) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, ret_file) != 0 || !S_ISREG(ret_file->st_mode) ||
        ret_file->st_size <= 0 || ret_file->st_size > LIMIT_ZONE_FILE_BYTES)
        return NULL;
    size_t length = (size_t)ret_file->st_size;
    unsigned char *bytes = arena_alloc(&scratch, length);
    if (!read_all(file, bytes, length))
        return NULL;
    return tzif_read(arena, bytes, length);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* In the middle of an upgrade the file may be gone or half-written: then what we have stays, and
 * the next check tries again. */
static void reload(ZoneTable *table, ZoneEntry *entry)
{
    char path[PATH_MAX];
    struct stat now;

    path_of(table, entry->name, path);
    pthread_mutex_lock(&table->lock);
    if (stat(path, &now) == 0 && !is_same_file(&now, &entry->file)) {
        const Timezone *zone = load(table, entry->name, &entry->arena, &now);
        if (zone != NULL) {
            const Timezone *before = atomic_load_explicit(&entry->zone, memory_order_relaxed);
            entry->file = now;
            atomic_store_explicit(&entry->zone, zone, memory_order_release);
            if (zone->rules != before->rules)
                atomic_fetch_add_explicit(&table->changes, 1, memory_order_release);
            /* The release is to be looked at again, too. */
            atomic_store_explicit(&table->release_checked_us,
                                  clock_monotonic_us() - table->recheck_us, memory_order_relaxed);
        }
    }
    pthread_mutex_unlock(&table->lock);
}

/* Under the lock. */
static ZoneEntry *add_entry(ZoneTable *table, size_t slot, const char *name)
{
    struct stat file;
    Arena arena = { 0 };
    const Timezone *zone = load(table, name, &arena, &file);

    if (zone == NULL) {
        arena_finish(&arena);
        return NULL;
    }
    ZoneEntry *entry = ARENA_NEW(&arena, ZoneEntry);
    snprintf(entry->name, sizeof(entry->name), "%s", name);
    entry->next = atomic_load_explicit(&table->slots[slot], memory_order_relaxed);
    entry->file = file;
    entry->arena = arena;
    atomic_init(&entry->zone, zone);
    atomic_init(&entry->checked_us, clock_monotonic_us());
    atomic_store_explicit(&table->slots[slot], entry, memory_order_release);
    return entry;
}

const Timezone *zone_table_find(ZoneTable *table, const char *name)
{
    if (!is_zone_name(name))
        return NULL;
    size_t slot = slot_of(name);
    ZoneEntry *entry = find_entry(table, slot, name);
    if (entry == NULL) {
        pthread_mutex_lock(&table->lock);
        entry = find_entry(table, slot, name);
        if (entry == NULL)
            entry = add_entry(table, slot, name);
        pthread_mutex_unlock(&table->lock);
        if (entry == NULL)
            return NULL;
    }
    /* Who moves the time of the last check is the one who checks. */
    int64_t now_us = clock_monotonic_us();
    int64_t checked_us = atomic_load_explicit(&entry->checked_us, memory_order_relaxed);
    if (now_us - checked_us >= table->recheck_us &&
        atomic_compare_exchange_strong(&entry->checked_us, &checked_us, now_us))
        reload(table, entry);
    return atomic_load_explicit(&entry->zone, memory_order_acquire);
}

uint64_t zone_table_look(ZoneTable *table)
{
    for (size_t slot = 0; slot < ZONE_TABLE_SLOTS; slot++) {
        ZoneEntry *entry = atomic_load_explicit(&table->slots[slot], memory_order_acquire);
        for (; entry != NULL; entry = entry->next)
            reload(table, entry);
    }
    return atomic_load_explicit(&table->changes, memory_order_acquire);
}

/* -- The release ------------------------------------------------------------------------------ */

/* "# version 2025b". */
static const char *read_release(const ZoneTable *table, char ret_text[ZONE_RELEASE_BYTES])
{
    static const char beginning[] = "# version ";
    char path[PATH_MAX];
    char line[sizeof(beginning) + ZONE_RELEASE_BYTES] = "";

    path_of(table, "tzdata.zi", path);
    const int file AUTO(close_file) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || read(file, line, sizeof(line) - 1) <= 0 || !text_starts_with(line, beginning))
        return "unknown";
    const char *from = line + strlen(beginning);
    size_t length = 0;
    while (length + 1 < ZONE_RELEASE_BYTES && is_name_char(from[length]))
        length++;
    snprintf(ret_text, ZONE_RELEASE_BYTES, "%.*s", (int)length, from);
    return length > 0 ? ret_text : "unknown";
}

const char *zone_table_release(ZoneTable *table)
{
    const char *known = atomic_load_explicit(&table->release, memory_order_acquire);
    int64_t now_us = clock_monotonic_us();
    int64_t checked_us = atomic_load_explicit(&table->release_checked_us, memory_order_relaxed);
    char text[ZONE_RELEASE_BYTES];

    if (known != NULL && now_us - checked_us < table->recheck_us)
        return known;
    pthread_mutex_lock(&table->lock);
    const char *present = read_release(table, text);
    known = atomic_load_explicit(&table->release, memory_order_relaxed);
    if (!text_equal(known, present))
        known = arena_strdup(&table->arena, present);
    atomic_store_explicit(&table->release, known, memory_order_release);
    atomic_store_explicit(&table->release_checked_us, now_us, memory_order_relaxed);
    pthread_mutex_unlock(&table->lock);
    return known;
}
