#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

static bool is_mounted_secret(const char *path)
{
    return text_starts_with(path, "/run/secrets/") && strstr(path, "/../") == NULL;
}

bool file_is_trusted(const char *path, unsigned mode, FileCheck check, Error *err)
{
    bool others_write = (mode & (S_IWGRP | S_IWOTH)) != 0;
    bool others_read = (mode & (S_IRGRP | S_IROTH)) != 0;

    if (check == FILE_SECRET && (others_write || (others_read && !is_mounted_secret(path))))
        return error_set(err, ERROR_INVALID,
                         "%s holds a secret but others may read or write it: chmod 600 it%s.", path,
                         others_write ? "" : ", or mount it into /run/secrets");
    return check != FILE_OURS || !others_write ||
           error_set(err, ERROR_INVALID,
                     "%s says what this program does but others may write it: chmod go-w it.",
                     path);
}

/* On the open file, not on its name: nobody can exchange it in between. */
static bool is_fit(int descriptor, const char *path, FileCheck check, Error *err)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(err, ERROR_INVALID, "%s is not a plain file.", path);
    return file_is_trusted(path, status.st_mode, check, err);
}

bool file_read(const char *path, FileCheck check, size_t limit, Arena *arena, const char **ret_text,
               Error *err)
{
    int AUTO(close_descriptor) descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID,
                         "%s cannot be read: %s.", path, strerror(errno));
    if (!is_fit(descriptor, path, check, err))
        return false;

    char *text = arena_alloc(arena, limit + 2);
    size_t length = 0;
    while (length <= limit) {
        ssize_t got = read(descriptor, text + length, limit + 1 - length);
        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_INVALID, "%s cannot be read: %s.", path, strerror(errno));
        length += (size_t)got;
    }
    if (length > limit)
        return error_set(err, ERROR_INVALID, "%s is larger than %zu bytes.", path, limit);
    if (memchr(text, '\0', length) != NULL)
        return error_set(err, ERROR_INVALID, "%s holds a NUL byte: it is not a text.", path);
    *ret_text = text;
    return true;
}

bool file_sync_folder(const char *path)
{
    Arena AUTO(arena_finish) scratch = { 0 };

    /* dirname may write into what it is given. */
    int fd = open(dirname(arena_strdup(&scratch, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_done = fsync(fd) == 0;
    return close(fd) == 0 && is_done;
}
