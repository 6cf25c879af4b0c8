/* SqliteFile - the file a database lies in: what is checked before the library opens it. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/* The full path of `path`. Its folder must be there and not be on a network file system (locks and
 * shared memory do not hold there); the file itself must not be a symbolic link. */
bool sqlite_file_resolve(const char *path, Arena *arena, const char **ret_path, Error *err);

/* Makes the file when it is not there, and takes everybody else's permissions from it. */
bool sqlite_file_create(const char *path, Error *err);

/* Takes the lock that one server holds as long as it runs: flock(2) on "<path>.lock". The kernel
 * gives it back when the process dies, whatever it dies of. ERROR_RETRY: another process has it. */
bool sqlite_file_lock(const char *path, int *ret_fd, Error *err);

/* Which file a name leads to; { 0 }: it is not known yet. */
typedef struct FileIdentity {
    dev_t device;
    ino_t number;
} FileIdentity;

/* Does it still lead there? What was not known is taken as it is now. */
bool sqlite_file_is_still(const char *path, FileIdentity *identity);
