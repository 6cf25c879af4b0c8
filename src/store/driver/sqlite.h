/* The inside of the SQLite driver: sqlite.c connects, sqlite_query.c runs statements, sqlite_copy.c
 * copies files. */
#pragma once

#include <sqlite3.h>

#include "store/driver/db.h"
#include "store/driver/driver.h"
#include "store/driver/sqlite_file.h"
#include "store/driver/sqlite_words.h"

/* The file, its log, and the index of that, which all connections share. */
enum { SQLITE_FILES = 3 };

typedef struct SqliteDb {
    Db base;
    sqlite3 *handle;
    const char *path;
    const char *paths[SQLITE_FILES];
    FileIdentity files[SQLITE_FILES]; /* as they were when they were first looked at */
    int64_t look_at_us;               /* when to look again; on the monotonic clock */
    bool is_rescued;                  /* … and have been lost since, and all was copied to … */
    const char *rescue;
    int lock_fd;         /* the writer's, or a copy's; -1: none */
    bool is_copy;        /* of another file; goes away when it is closed */
    int64_t timeout_us;  /* for one statement; 0: none */
    int64_t deadline_us; /* of the statement that runs now; on the monotonic clock */
    WordsClock words_clock;
    int wal_pages;         /* in the write-ahead log after the last commit */
    int moved_pages;       /* of it, when they were moved into the file last */
    int checkpoint_at;     /* so many pages call for it to start over */
    bool is_kept;          /* a reader's transaction that was paused is still open … */
    uint64_t commits_seen; /* … and began when so many commits had been counted */
} SqliteDb;

static inline SqliteDb *sqlite_of(const Db *db)
{
    return (SqliteDb *)(uintptr_t)db;
}

/* Of the handle's last failure. */
ErrorCode sqlite_code_of(sqlite3 *handle);

/* From the handle's last failure. Returns false. */
bool sqlite_fail(SqliteDb *db, const char *statement, Error *err);

/* Something was committed, and kept snapshots are the newest no more: nobody goes on in one. */
void sqlite_count_commit(void);

/* Starts the clock of a statement. */
void sqlite_start_clock(SqliteDb *db);

/* Of a pragma that gives a number, or a word's first character; -1: it failed. */
int sqlite_ask_pragma(SqliteDb *db, const char *pragma);
bool sqlite_run_script(Db *base, const char *script, Error *err);

/* Writes all of the database into the file `path`, as of one moment, and makes it durable. */
bool sqlite_copy(Db *base, const char *path, Error *err);

enum { CHECKPOINT_PAGES = 2048 }; /* 8 MiB of 4 KiB pages: a log so long is moved */

/* Is a copy of it just being made? Then who makes it moves the log. */
bool sqlite_is_being_copied(const SqliteDb *db);

/* Of a copy that is not wanted any more. */
void sqlite_remove_copy(const char *path);

bool sqlite_prepare(Db *db, const Sql *sql, Error *err);
bool sqlite_query(Db *db, const Ask *first, Error *err);
bool sqlite_execute(Db *db, const Sql *sql, Params params, int64_t *ret_changed, Error *err);
bool sqlite_next(Rows *rows);
void sqlite_close_rows(Rows *rows);
int sqlite_column_count(const Rows *rows);
const char *sqlite_column_name(const Rows *rows, int column);
bool sqlite_is_null(const Rows *rows, int column);
bool sqlite_is_integer(const Rows *rows, int column);
int64_t sqlite_read_integer(const Rows *rows, int column);
bool sqlite_read_boolean(const Rows *rows, int column);
const char *sqlite_read_text(const Rows *rows, int column, Arena *arena);
