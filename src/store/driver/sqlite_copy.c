/* A whole database copied into another file, while others write into it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "store/driver/sqlite.h"

#define COPY_END    ".copy"    /* what a copy to be read has behind the name of its file */
#define PARTIAL_END ".partial" /* and what a copy has behind its own, until it is whole */

/* One step copies everything from one snapshot: writers go on, and no change of theirs restarts
 * the copy. */
static bool copy_pages(SqliteDb *db, sqlite3 *target)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", db->handle, "main");

    if (backup == NULL)
        return false;
    bool is_complete = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    return sqlite3_backup_finish(backup) == SQLITE_OK && is_complete;
}

/* As long as somebody copies, the log cannot start over, and in a minute it may grow by gigabytes.
 * The writer would move them into the file at once, and all would wait; so who copied does it
 * beside him (SQLITE_CHECKPOINT_PASSIVE, for which nobody waits), and again what was written
 * meanwhile, until that is little. */
static void move_log(SqliteDb *db)
{
    enum {
        MOST_ROUNDS = 8
    }; /* each leaves a tenth, where the disk is ten times as fast as writers */
    int moved_before = 0;

    for (int round = 0; round < MOST_ROUNDS; round++) {
        int moved = 0;
        if (sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL,
                                      &moved) != SQLITE_OK ||
            moved - moved_before < CHECKPOINT_PAGES)
            return;
        moved_before = moved;
    }
}

static bool copy_to(Db *base, const char *path, bool lasts, Error *err)
{
    SqliteDb *db = sqlite_of(base);
    Arena AUTO(arena_finish) scratch = { 0 };
    const char *partial = arena_printf(&scratch, "%s" PARTIAL_END, path);
    sqlite3 *target = NULL;

    unlink(partial); /* what an earlier attempt left */
    if (!sqlite_file_create(partial, err))
        return false;
    db->deadline_us = INT64_MAX;
    bool is_done = sqlite3_open_v2(partial, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
                                   NULL) == SQLITE_OK &&
                   (lasts || sqlite3_exec(target, "PRAGMA synchronous = OFF", NULL, NULL, NULL) ==
                                 SQLITE_OK) &&
                   copy_pages(db, target);
    if (!is_done)
        db_fail(base, sqlite_code_of(target), "copy", sqlite3_errmsg(target), err);
    if (!lasts)
        move_log(db);
    is_done = sqlite3_close(target) == SQLITE_OK && is_done;
    if (is_done && rename(partial, path) == 0 && file_sync_folder(path))
        return true;
    if (err->code == ERROR_NONE)
        db_fail(base, ERROR_UNAVAILABLE, "copy", strerror(errno), err);
    unlink(partial);
    return false;
}

bool sqlite_copy(Db *base, const char *path, Error *err)
{
    return copy_to(base, path, true, err);
}

/* With what SQLite may have left beside it. */
void sqlite_remove_copy(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal", PARTIAL_END };
    Arena AUTO(arena_finish) scratch = { 0 };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        (void)unlink(arena_printf(&scratch, "%s%s", path, ends[i]));
}

/* -- A still copy ----------------------------------------------------------------------------- */

/* The server must not be the one that finds the disk full. */
static bool has_room_for_copy(SqliteDb *db, Error *err)
{
    enum { LEFT_OVER_BYTES = 16 << 20 };
    struct statvfs disk;
    uint64_t size = (uint64_t)sqlite_ask_pragma(db, "PRAGMA page_count") *
                    (uint64_t)sqlite_ask_pragma(db, "PRAGMA page_size");

    if (statvfs(db->path, &disk) != 0 ||
        (uint64_t)disk.f_bavail * disk.f_frsize >= size + LEFT_OVER_BYTES)
        return true;
    return error_set(err, ERROR_STORAGE_FULL,
                     "A copy of %s needs %llu MiB beside it for a while, and there is no room.",
                     db->path, (unsigned long long)((size + LEFT_OVER_BYTES) >> 20));
}

bool sqlite_is_being_copied(const SqliteDb *db)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Error error = { .code = ERROR_NONE };
    int fd = -1;

    /* One that was killed leaves its file, and no lock. */
    if (access(arena_printf(&scratch, "%s" COPY_END PARTIAL_END, db->path), F_OK) != 0)
        return false;
    if (sqlite_file_lock(arena_printf(&scratch, "%s" COPY_END, db->path), &fd, &error))
        close(fd);
    return error.code == ERROR_RETRY;
}

/* `source` has the lock of the copy when this is called. Nobody needs it after a power cut, and to
 * wait for the disk would keep the log growing. */
static bool open_copy(Db *source, const char *copy, Db **ret_db, Error *err)
{
    static const char small[] = "PRAGMA mmap_size = 0"; /* what is mapped counts as memory, too */

    sqlite_remove_copy(copy); /* what a killed one left */
    if (!sqlite_run_script(source, small, err) || !has_room_for_copy(sqlite_of(source), err) ||
        !copy_to(source, copy, false, err) || !sqlite_open(copy, DB_READ, ret_db, err))
        return false;
    if (sqlite_run_script(*ret_db, small, err))
        return true;
    db_close(ret_db);
    return false;
}

bool sqlite_open_still(const char *path, Db **ret_db, Error *err)
{
    Db AUTO(db_close) *source = NULL;
    Arena AUTO(arena_finish) scratch = { 0 };
    int lock_fd = -1;

    if (!sqlite_open(path, DB_READ, &source, err))
        return false;
    const char *copy = arena_printf(&scratch, "%s" COPY_END, sqlite_of(source)->path);
    if (!sqlite_file_lock(copy, &lock_fd, err))
        return err->code != ERROR_RETRY
                   ? false
                   : error_set(err, ERROR_RETRY,
                               "Somebody else makes a copy of %s just now: wait until it is done.",
                               path);
    if (open_copy(source, copy, ret_db, err)) {
        sqlite_of(*ret_db)->lock_fd = lock_fd;
        sqlite_of(*ret_db)->is_copy = true;
        return true;
    }
    sqlite_remove_copy(copy);
    close(lock_fd);
    return false;
}
