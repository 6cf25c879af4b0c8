#include "store/driver/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"

enum { OWNER_ONLY = 0600 };

/* Not in every <linux/magic.h>; from statfs(2). */
#define SMB2_MAGIC 0xfe534d42u
#define CIFS_MAGIC 0xff534d42u

static bool is_on_network(const char *folder)
{
    struct statfs info;

    if (statfs(folder, &info) != 0)
        return false;
    unsigned type = (unsigned)info.f_type;
    return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == SMB2_MAGIC ||
           type == CIFS_MAGIC;
}

bool sqlite_file_resolve(const char *path, Arena *arena, const char **ret_path, Error *err)
{
    char folder[PATH_MAX];
    struct stat info;

    /* dirname and basename may write into what they are given. */
    if (realpath(dirname(arena_strdup(arena, path)), folder) == NULL)
        return errno == ENOENT
                   ? error_set(err, ERROR_UNAVAILABLE,
                               "The folder of the database file %s is not there; make it first.",
                               path)
                   : error_set(err, ERROR_UNAVAILABLE,
                               "The database %s cannot be reached (%s): is this the server's user?",
                               path, strerror(errno));
    if (is_on_network(folder))
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s is on a network file system, where SQLite is not safe; use a local "
                         "disk or PostgreSQL.",
                         path);
    const char *full = arena_printf(arena, "%s/%s", folder, basename(arena_strdup(arena, path)));
    if (lstat(full, &info) == 0 && !S_ISREG(info.st_mode))
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s is not a plain file; give the database's own path, not a link.", full);
    *ret_path = full;
    return true;
}

bool sqlite_file_create(const char *path, Error *err)
{
    /* O_EXCL: an existing database is never opened here, because closing a descriptor would drop
     * the POSIX locks that SQLite holds on the file in this process. */
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, OWNER_ONLY);
    if (fd >= 0)
        return close(fd) == 0 && file_sync_folder(path);
    if (errno == EEXIST && chmod(path, OWNER_ONLY) == 0)
        return true;
    return error_set(err, ERROR_UNAVAILABLE, "The database file %s cannot be made or opened: %s.",
                     path, strerror(errno));
}

bool sqlite_file_lock(const char *path, int *ret_fd, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    const char *name = arena_printf(&scratch, "%s.lock", path);

    int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, OWNER_ONLY);
    if (fd < 0)
        return error_set(err, ERROR_UNAVAILABLE, "The lock file %s cannot be opened: %s.", name,
                         strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return error_set(err, ERROR_RETRY,
                         "Another fasti process already writes to %s; stop it first.", path);
    }
    *ret_fd = fd;
    return true;
}

bool sqlite_file_is_still(const char *path, FileIdentity *identity)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return identity->number == 0;
    if (identity->number == 0)
        *identity = (FileIdentity){ .device = info.st_dev, .number = info.st_ino };
    return info.st_dev == identity->device && info.st_ino == identity->number;
}
