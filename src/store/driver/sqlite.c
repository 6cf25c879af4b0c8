/* The SQLite driver: connections and transactions.
 *
 * How it works: one connection writes, and it alone lets the log start over; it holds the server's
 * lock, so there is no second one. The others are query_only. Automatic checkpoints are off
 * everywhere: the writer moves the log into the file between transactions (db_checkpoint_if_due)
 * when it has become long; what grows while a copy is made, whoever makes it (sqlite_copy.c).
 *
 * A reader that pauses keeps its transaction open, and so its snapshot. The next one goes on in it
 * if this process has committed nothing since; so it still sees all that was committed before it
 * began (docs/decisions/0011):
 *
 * - A commit is counted when it is done and before COMMIT returns, so before anybody is told of it.
 *   Being told, by a queue of the lanes or through sockets, comes after the count in the order of
 *   memory too. So whoever begins after he was told finds the count raised.
 * - The count is read before the snapshot is taken, so a snapshot is never older than its count;
 *   when it is newer, another one is taken without need.
 *
 * Somebody may remove the file under us, or put another in its place. What is written then is gone
 * when we end, and who opens it by its name meets a log that is not its own. So the writer looks at
 * the names now and then, and refuses to go on; all that was acknowledged is still in the file
 * that it has open, and is copied to "<path>.rescued".
 *
 * What another process commits (the sqlite3 shell) is not counted. It is seen by the first
 * transaction after db_end_snapshot. */
#include "store/driver/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "store/driver/sqlite_file.h"

enum {
    READER_BUSY_MS = 250,   /* a reader only ever waits for the log to be restarted */
    WRITER_BUSY_MS = 2000,  /* the sqlite3 shell, or a checkpoint that waits for readers */
    CLOCK_EVERY_OPS = 2000, /* look at the clock after so many virtual machine steps: ~50 µs */
    MOVED_PAGES = 256,      /* 1 MiB: what others can wait for, some milliseconds … */
    MOVED_AT_LAST = 1024,   /* … and so much while they do */
    CHECKPOINT_BUSY_MS = 5, /* many requests are over by then */
    CHECKPOINT_HARD_PAGES = 16384, /* 64 MiB: somebody reads for long, so wait longer */
    LOOK_EVERY_US = 100000,        /* whether the files are in their place: 8 µs each time */
};

/* -- Failure ---------------------------------------------------------------------------------- */

static ErrorCode constraint_code(int extended, const char *message)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERROR_DUPLICATE;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return ERROR_REFERENCED;
    case SQLITE_CONSTRAINT_TRIGGER:
        /* ON DELETE RESTRICT is a trigger inside SQLite. */
        return strstr(message, "FOREIGN KEY") != NULL ? ERROR_REFERENCED : ERROR_INTERNAL;
    default:
        return ERROR_INTERNAL;
    }
}

ErrorCode sqlite_code_of(sqlite3 *handle)
{
    int system_error = sqlite3_system_errno(handle);

    switch (sqlite3_errcode(handle) & 0xff) {
    case SQLITE_CONSTRAINT:
        return constraint_code(sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_RETRY;
    case SQLITE_FULL:
        return ERROR_STORAGE_FULL;
    case SQLITE_IOERR:
        return system_error == ENOSPC || system_error == EDQUOT ? ERROR_STORAGE_FULL
                                                                : ERROR_UNAVAILABLE;
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_INTERNAL;
    }
}

bool sqlite_fail(SqliteDb *db, const char *statement, Error *err)
{
    int code = sqlite3_errcode(db->handle) & 0xff;
    bool is_damage = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    ErrorCode kind = sqlite_code_of(db->handle);
    char message[DRIVER_MESSAGE_BYTES];

    /* A full disk is sometimes an "I/O error" in its words. */
    snprintf(message, sizeof(message), "%s%s",
             kind == ERROR_STORAGE_FULL ? sqlite3_errstr(SQLITE_FULL) : sqlite3_errmsg(db->handle),
             is_damage ? "; `fasti doctor` says what to do" : "");
    return db_fail(&db->base, kind, statement, message, err);
}

/* -- Connection ------------------------------------------------------------------------------- */

void sqlite_start_clock(SqliteDb *db)
{
    db->deadline_us = db->timeout_us == 0 ? INT64_MAX : clock_monotonic_us() + db->timeout_us;
}

/* A progress handler: anything but 0 interrupts the statement. */
static int is_too_late(void *context)
{
    const SqliteDb *db = context;

    return db->deadline_us != INT64_MAX && clock_monotonic_us() > db->deadline_us;
}

static bool is_search_too_late(const WordsClock *clock)
{
    return is_too_late((char *)(uintptr_t)clock - offsetof(SqliteDb, words_clock)) != 0;
}

/* Of the whole process, for a reader does not know its writer: another database's commit costs it a
 * new snapshot, and that is all. */
static atomic_uint_fast64_t commits;

void sqlite_count_commit(void)
{
    atomic_fetch_add(&commits, 1);
}

/* SQLite calls this when a commit is done and its lock released. */
static int note_commit(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    ((SqliteDb *)context)->wal_pages = pages;
    sqlite_count_commit();
    return SQLITE_OK;
}

static bool are_in_place(SqliteDb *db)
{
    bool are_there = true;

    for (size_t i = 0; i < SQLITE_FILES; i++)
        are_there = sqlite_file_is_still(db->paths[i], &db->files[i]) && are_there;
    return are_there;
}

bool sqlite_run_script(Db *base, const char *script, Error *err)
{
    SqliteDb *db = sqlite_of(base);

    sqlite_start_clock(db);
    if (sqlite3_exec(db->handle, script, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(db, NULL, err);
    /* With another kind of journal there are other files. */
    memset(db->files, 0, sizeof(db->files));
    (void)are_in_place(db);
    return true;
}

/* Who sees another number reads the definitions anew; RESET lets this connection do so. */
static bool edit_schema(Db *base, const char *script, Error *err)
{
    SqliteDb *db = sqlite_of(base);
    Arena AUTO(arena_finish) arena = { 0 };
    int next = sqlite_ask_pragma(db, "PRAGMA schema_version") + 1;
    const char *publish =
        arena_printf(&arena, "PRAGMA schema_version = %d; PRAGMA writable_schema = RESET", next);

    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    bool is_done = sqlite_run_script(base, "PRAGMA writable_schema = ON", err) &&
                   sqlite_run_script(base, script, err) && sqlite_run_script(base, publish, err);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return is_done;
}

/* The integer (or, for journal_mode, the first letter) that a pragma answers. */
int sqlite_ask_pragma(SqliteDb *db, const char *pragma)
{
    sqlite3_stmt *statement = NULL;
    int answer = -1;

    if (sqlite3_prepare_v2(db->handle, pragma, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        answer = sqlite3_column_type(statement, 0) == SQLITE_TEXT
                     ? (int)sqlite3_column_text(statement, 0)[0]
                     : sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

/* SQLite says nothing when it cannot do what a pragma asks, so what matters is read back. */
static bool has_settings(SqliteDb *db, Error *err)
{
    enum { FULL = 2 };

    if (sqlite_ask_pragma(db, "PRAGMA journal_mode") != 'w' ||
        sqlite_ask_pragma(db, "PRAGMA synchronous") != FULL ||
        sqlite_ask_pragma(db, "PRAGMA foreign_keys") != 1)
        return db_fail(&db->base, ERROR_UNAVAILABLE, NULL,
                       "WAL, full synchronization or foreign keys were not accepted", err);
    return true;
}

static bool configure(SqliteDb *db, Error *err)
{
    bool is_writer = db->base.mode == DB_WRITE;

    sqlite3_busy_timeout(db->handle, is_writer ? WRITER_BUSY_MS : READER_BUSY_MS);
    sqlite3_progress_handler(db->handle, CLOCK_EVERY_OPS, is_too_late, db);
    db->words_clock.is_too_late = is_search_too_late;
    if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite_words_install(db->handle, &db->words_clock) != SQLITE_OK)
        return sqlite_fail(db, NULL, err);
    if (!sqlite_run_script(
            &db->base,
            "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;"
            "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
            "PRAGMA mmap_size = 268435456; PRAGMA cache_size = -2048;", /* 256 MiB, 2 MiB */
            err))
        return false;
    /* The log stays in place between checkpoints; one that grew out of proportion is cut. */
    if (is_writer &&
        !sqlite_run_script(&db->base,
                           "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864", err))
        return false;
    /* After journal_mode, which would put SQLite's own automatic checkpoint back. */
    sqlite3_wal_autocheckpoint(db->handle, 0);
    if (is_writer) {
        sqlite3_wal_hook(db->handle, note_commit, db);
        return has_settings(db, err);
    }
    return sqlite_run_script(&db->base, "PRAGMA query_only = ON", err) && has_settings(db, err);
}

static void name_files(SqliteDb *db)
{
    static const char *const endings[SQLITE_FILES] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < SQLITE_FILES; i++)
        db->paths[i] = arena_printf(&db->base.arena, "%s%s", db->path, endings[i]);
    db->rescue = arena_printf(&db->base.arena, "%s.rescued", db->path);
}

/* Only the writer knows that nothing is written meanwhile. */
static bool refuse_lost(SqliteDb *db, Error *err)
{
    char message[DRIVER_MESSAGE_BYTES];
    Error ignored = { .code = ERROR_NONE };

    if (db->base.mode == DB_WRITE && !db->is_rescued)
        db->is_rescued = sqlite_copy(&db->base, db->rescue, &ignored);
    snprintf(message, sizeof(message),
             "the database file, its -wal or its -shm was removed or replaced; all is in %s%s: "
             "stop the server, remove what is left of them, and rename that",
             db->rescue,
             db->is_rescued || db->base.mode == DB_READ ? "" : ", or will be when there is room");
    return db_fail(&db->base, ERROR_UNAVAILABLE, "begin", message, err);
}

static bool refuse_access(const SqliteDb *db, int reason, Error *err)
{
    if (reason == ENOENT)
        return error_set(err, ERROR_UNAVAILABLE,
                         "There is no database at %s; `fasti migrate` makes one.", db->path);
    return error_set(err, ERROR_UNAVAILABLE,
                     "The database %s may not be read and written (%s): is this the server's user?",
                     db->path, strerror(reason));
}

static bool connect_to(SqliteDb *db, const char *path, Error *err)
{
    bool is_writer = db->base.mode == DB_WRITE;

    if (!sqlite_file_resolve(path, &db->base.arena, &db->path, err))
        return false;
    name_files(db);
    if (is_writer &&
        (!sqlite_file_lock(db->path, &db->lock_fd, err) || !sqlite_file_create(db->path, err)))
        return false;
    if (access(db->path, R_OK | W_OK) != 0)
        return refuse_access(db, errno, err);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    bool is_open = sqlite3_open_v2(db->path, &db->handle, flags, NULL) == SQLITE_OK
                       ? configure(db, err)
                       : sqlite_fail(db, NULL, err);
    if (!is_open)
        error_set(err, ERROR_UNAVAILABLE, "The database %s cannot be opened: %s.", db->path,
                  err->code == ERROR_STORAGE_FULL ? "the disk is full" : db->base.message);
    else
        (void)are_in_place(db); /* they are known from now on */
    return is_open;
}

static void sqlite_close(Db *base)
{
    SqliteDb *db = sqlite_of(base);
    Error ignored = { .code = ERROR_NONE };
    sqlite3_stmt *statement;

    /* Closing moves the log into the file, which may take its time. */
    db->deadline_us = INT64_MAX;
    while (db->handle != NULL && (statement = sqlite3_next_stmt(db->handle, NULL)) != NULL)
        sqlite3_finalize(statement);
    if (db->handle != NULL && base->mode == DB_WRITE && !are_in_place(db))
        refuse_lost(db, &ignored);
    int result = sqlite3_close(db->handle);
    assert(result == SQLITE_OK); /* anything else: rows that outlive their connection */
    if (db->is_copy)
        sqlite_remove_copy(db->path);
    if (db->lock_fd >= 0)
        close(db->lock_fd); /* after the last checkpoint, so that nobody opens in between */
}

static bool sqlite_ping(Db *base, Error *err)
{
    SqliteDb *db = sqlite_of(base);

    if (!are_in_place(db))
        return refuse_lost(db, err);

    sqlite_start_clock(db);
    /* Reading the schema's version touches the file and its lock, and nothing else. */
    if (sqlite3_exec(db->handle, "PRAGMA schema_version", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(db, "ping", err);
    return true;
}

static bool sqlite_set_timeout(Db *base, int64_t timeout_ms, Error *err)
{
    (void)err;
    sqlite_of(base)->timeout_us = timeout_ms * 1000;
    return true;
}

static const char *sqlite_file(const Db *base)
{
    return sqlite_of(base)->path;
}

/* -- Transactions ----------------------------------------------------------------------------- */

static const Sql begin_writing = { .name = "begin", .text = "BEGIN IMMEDIATE" };
static const Sql begin_reading = { .name = "begin", .text = "BEGIN" };
static const Sql commit_sql = { .name = "commit", .text = "COMMIT" };
static const Sql rollback_sql = { .name = "rollback", .text = "ROLLBACK" };

static bool run_plain(Db *base, const Sql *sql, Error *err)
{
    int64_t changed;

    return sqlite_execute(base, sql, NO_PARAMS, &changed, err);
}

static bool sqlite_has_transaction(const Db *base)
{
    return sqlite3_get_autocommit(sqlite_of(base)->handle) == 0;
}

static int64_t sqlite_changes(const Db *base)
{
    return sqlite3_total_changes64(sqlite_of(base)->handle);
}

static void sqlite_rollback(Db *base)
{
    Error ignored = { 0 };

    if (sqlite_has_transaction(base))
        run_plain(base, &rollback_sql, &ignored);
}

static void sqlite_end_snapshot(Db *base)
{
    SqliteDb *db = sqlite_of(base);

    if (!db->is_kept)
        return;
    db->is_kept = false;
    sqlite_rollback(base);
}

static void sqlite_keep_snapshot(Db *base)
{
    sqlite_of(base)->is_kept = sqlite_has_transaction(base);
}

static bool begin_to_read(Db *base, Error *err)
{
    SqliteDb *db = sqlite_of(base);
    uint64_t present = atomic_load(&commits); /* before BEGIN: see the top */

    if (db->is_kept && db->commits_seen == present && sqlite_has_transaction(base)) {
        db->is_kept = false;
        return true;
    }
    sqlite_end_snapshot(base);
    db->commits_seen = present;
    return run_plain(base, &begin_reading, err);
}

/* What is written between two looks is rescued with the rest. */
static bool may_write(SqliteDb *db, Error *err)
{
    int64_t now = clock_monotonic_us();

    if (now < db->look_at_us)
        return true;
    if (!are_in_place(db))
        return refuse_lost(db, err);
    db->look_at_us = now + LOOK_EVERY_US;
    return true;
}

static bool sqlite_begin(Db *base, Error *err)
{
    if (base->mode == DB_READ)
        return begin_to_read(base, err);
    return may_write(sqlite_of(base), err) && run_plain(base, &begin_writing, err);
}

/* A busy handler: 0 gives up. Whoever keeps a snapshot takes a new one for his next request, and
 * when all of the log is in the file, that one no longer needs the log. */
static int wait_for_readers(void *context, int waited_ms)
{
    const int *patience_ms = context;

    sqlite_count_commit();
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return waited_ms < *patience_ms;
}

/* Moves what is in the log into the file, and waits for nobody. All that wait for the writer wait
 * for this, so it is done by the mebibyte; once all is moved and no reader looks into the log, the
 * next commit starts it over. A failure loses nothing, the log still holds everything; the next
 * time tries again. */
static void move_log(SqliteDb *db)
{
    db->moved_pages = db->wal_pages;
    sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* The log can only start over when no reader looks into it: the writer waits a moment for that. If
 * somebody reads for longer, the log goes on, and the next try is due when some more was written.
 */
static void start_log_over(SqliteDb *db)
{
    int patience_ms = db->wal_pages >= CHECKPOINT_HARD_PAGES ? WRITER_BUSY_MS : CHECKPOINT_BUSY_MS;

    db->checkpoint_at = db->wal_pages + CHECKPOINT_PAGES / 4;
    sqlite3_busy_handler(db->handle, wait_for_readers, &patience_ms);
    sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite3_busy_timeout(db->handle, WRITER_BUSY_MS); /* in place of the handler */
}

static bool sqlite_checkpoint_if_due(Db *base, bool somebody_waits)
{
    SqliteDb *db = sqlite_of(base);
    int due = somebody_waits ? MOVED_AT_LAST : MOVED_PAGES;

    if (db->wal_pages < db->moved_pages) /* it has started over */
        db->moved_pages = 0;
    if (db->wal_pages < CHECKPOINT_PAGES)
        db->checkpoint_at = CHECKPOINT_PAGES;
    if (db->wal_pages - db->moved_pages < due || sqlite_is_being_copied(db))
        return false;
    db->deadline_us = INT64_MAX; /* half a checkpoint helps nobody */
    move_log(db);
    if (db->wal_pages >= db->checkpoint_at)
        start_log_over(db);
    return true;
}

static bool sqlite_commit(Db *base, Error *err)
{
    return run_plain(base, &commit_sql, err);
}

static void sqlite_checkpoint(Db *base)
{
    SqliteDb *db = sqlite_of(base);

    if (base->mode != DB_WRITE)
        return;
    db->deadline_us = INT64_MAX;
    sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* -- The driver ------------------------------------------------------------------------------- */

static const DbDriver driver = {
    .kind = DB_SQLITE,
    .close = sqlite_close,
    .ping = sqlite_ping,
    .set_timeout = sqlite_set_timeout,
    .run = sqlite_run_script,
    .edit_schema = edit_schema,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .has_transaction = sqlite_has_transaction,
    .changes = sqlite_changes,
    .keep_snapshot = sqlite_keep_snapshot,
    .end_snapshot = sqlite_end_snapshot,
    .prepare = sqlite_prepare,
    .query = sqlite_query,
    .execute = sqlite_execute,
    .next = sqlite_next,
    .close_rows = sqlite_close_rows,
    .column_count = sqlite_column_count,
    .column_name = sqlite_column_name,
    .is_null = sqlite_is_null,
    .is_integer = sqlite_is_integer,
    .read_integer = sqlite_read_integer,
    .read_boolean = sqlite_read_boolean,
    .read_time = sqlite_read_integer, /* stored as it is */
    .read_text = sqlite_read_text,
    .checkpoint = sqlite_checkpoint,
    .checkpoint_if_due = sqlite_checkpoint_if_due,
    .copy = sqlite_copy,
    .file = sqlite_file,
};

/* Counting all memory takes a lock of the whole process for each piece of it, and nobody asks for
 * the count. Whoever uses SQLite before us in this process keeps it: no harm done. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool sqlite_open(const char *path, DbMode mode, Db **ret_db, Error *err)
{
    static pthread_once_t is_configured = PTHREAD_ONCE_INIT;
    Arena arena = { 0 };
    SqliteDb *db = ARENA_NEW(&arena, SqliteDb);

    pthread_once(&is_configured, configure_library);
    db->base = (Db){ .driver = &driver, .mode = mode, .arena = arena };
    db->lock_fd = -1;
    db->timeout_us = INT64_C(1000) * LIMIT_STATEMENT_MS;
    db->deadline_us = INT64_MAX;
    db->checkpoint_at = CHECKPOINT_PAGES;
    *ret_db = &db->base;
    if (connect_to(db, path, err))
        return true;
    db_close(ret_db);
    return false;
}
