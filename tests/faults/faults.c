/* Faults - a machine that fails, for a server under test: LD_PRELOAD of this library.
 *
 * FAULTS_CONTROL names a file that is a Control, which a test changes while the server runs: the
 * clock goes wrong, the disk has no more room. FAULTS_FOLDER names the folder that this disk is, by
 * its beginning.
 *
 * FAULTS_LOG names a file into which everything goes that would be on the way to a disk in that
 * folder, and everything that is sent to a client, in the order in which it happens; so a test can
 * tell what a power loss at any moment leaves, and what had been promised by then. Then nothing
 * waits for the disk itself. FAULTS_LAZY=1 makes SQLite sync as with synchronous=NORMAL, whatever
 * the program asks for: with it, something must be lost.
 *
 * How it works: one lock around each operation and its line in the log keeps the order true. What
 * is sent goes into the log first, what is written or synced, when it is done: so a promise never
 * comes later in the log, nor a sync earlier, than it was. */
#undef _FILE_OFFSET_BITS /* open and open64 are two names here */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* All int64, as struct.pack("=3q") has them. */
typedef struct Control {
    int64_t clock_s;  /* added to what time it is */
    int64_t room;     /* bytes by which files of the folder may still grow; -1: no end */
    int64_t free_mib; /* what statvfs says; -1: the truth */
} Control;

/* A line of the log: this, the name, the bytes. */
typedef struct Line {
    uint32_t kind; /* 'o'pen, 'w'rite, 't'runcate, 's'ync, 'd'irectory synced, 'r'ename, 'u'nlink,
                      'a'nswer */
    uint32_t name_bytes;
    uint64_t file; /* inode; of an answer the descriptor */
    uint64_t offset;
    uint64_t bytes;
} Line;

enum { MOST_FILES = 1 << 16 };

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static Control *control;
static const char *folder;
static int journal = -1;
static bool is_ours[MOST_FILES];  /* descriptors of the folder's files … */
static int64_t taken[MOST_FILES]; /* … and how far each file takes room: what ftruncate adds is a
                                     hole */

#define REAL(name)            real(#name)
#define CALL(type, name, ...) ((type)(uintptr_t)REAL(name))(__VA_ARGS__)

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

typedef int OpenCall(const char *path, int flags, ...);
typedef ssize_t PwriteCall(int fd, const void *bytes, size_t count, off_t offset);
typedef ssize_t WriteCall(int fd, const void *bytes, size_t count);
typedef int FdCall(int fd);

__attribute__((constructor)) static void set_up(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    const char *log = getenv("FAULTS_LOG");

    folder = getenv("FAULTS_FOLDER");
    if (path != NULL) {
        int fd = CALL(OpenCall *, open64, path, O_RDWR | O_CLOEXEC);
        void *map = mmap(NULL, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        control = map != MAP_FAILED ? map : NULL;
        close(fd);
    }
    if (log != NULL)
        journal = CALL(OpenCall *, open64, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* -- The log ---------------------------------------------------------------------------------- */

static void note(char kind, uint64_t file, uint64_t offset, const char *name,
                 const struct iovec *parts, size_t count)
{
    size_t name_bytes = name != NULL ? strlen(name) : 0;
    Line line = { (uint32_t)kind, (uint32_t)name_bytes, file, offset, 0 };
    ssize_t done = 0;

    if (journal < 0)
        return;
    for (size_t i = 0; i < count; i++)
        line.bytes += parts[i].iov_len;
    done += CALL(WriteCall *, write, journal, &line, sizeof(line));
    if (name_bytes > 0)
        done += CALL(WriteCall *, write, journal, name, name_bytes);
    for (size_t i = 0; i < count; i++)
        done += CALL(WriteCall *, write, journal, parts[i].iov_base, parts[i].iov_len);
    if (done != (ssize_t)(sizeof(line) + name_bytes + line.bytes))
        abort();
}

static uint64_t inode_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

static bool is_inside(const char *path)
{
    return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static bool is_file_of_ours(int fd)
{
    return fd >= 0 && fd < MOST_FILES && is_ours[fd];
}

/* -- Room ------------------------------------------------------------------------------------- */

/* How many of `count` bytes at `offset` find room; -1: none do. */
static ssize_t take_room(int fd, size_t count, off_t offset)
{
    int64_t growth = offset + (int64_t)count - taken[fd];

    if (control == NULL || control->room < 0)
        return (ssize_t)count;
    if (growth <= 0)
        return (ssize_t)count;
    if (growth > control->room) {
        int64_t fits = (int64_t)count - (growth - control->room);
        control->room = 0;
        if (fits > 0)
            return (ssize_t)fits;
        errno = ENOSPC;
        return -1;
    }
    control->room -= growth;
    return (ssize_t)count;
}

/* -- Files ------------------------------------------------------------------------------------ */

static void note_open(int fd, const char *path, bool is_emptied)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return;
    taken[fd] = status.st_size;
    note('o', (uint64_t)status.st_ino, is_emptied, path, NULL, 0);
}

static int open_any(const char *path, int flags, mode_t mode)
{
    pthread_mutex_lock(&order);
    int fd = CALL(OpenCall *, open64, path, flags, mode);
    if (fd >= 0 && fd < MOST_FILES) {
        is_ours[fd] = is_inside(path) && (flags & O_ACCMODE) != O_RDONLY;
        if (is_ours[fd])
            note_open(fd, path, (flags & O_TRUNC) != 0);
    }
    pthread_mutex_unlock(&order);
    return fd;
}

#define MODE_OF(flags)                                                                             \
    mode_t mode = 0;                                                                               \
    if (((flags)&O_CREAT) != 0) {                                                                  \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode = va_arg(args, mode_t);                                                               \
        va_end(args);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_any(path, flags, mode);
}

int close(int fd)
{
    if (fd >= 0 && fd < MOST_FILES)
        is_ours[fd] = false;
    return CALL(FdCall *, close, fd);
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset)
{
    if (!is_file_of_ours(fd))
        return CALL(PwriteCall *, pwrite64, fd, bytes, count, offset);
    pthread_mutex_lock(&order);
    ssize_t done = take_room(fd, count, offset);
    if (done > 0)
        done = CALL(PwriteCall *, pwrite64, fd, bytes, (size_t)done, offset);
    if (done > 0) {
        taken[fd] = offset + done > taken[fd] ? offset + done : taken[fd];
        note('w', inode_of(fd), (uint64_t)offset, NULL,
             &(struct iovec){ (void *)(uintptr_t)bytes, (size_t)done }, 1);
    }
    pthread_mutex_unlock(&order);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return write_at(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    return write_at(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    if (!is_file_of_ours(fd))
        return CALL(WriteCall *, write, fd, bytes, count);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = write_at(fd, bytes, count, offset);
    if (done > 0)
        (void)lseek(fd, offset + done, SEEK_SET);
    return done;
}

static int truncate_to(int fd, off_t length)
{
    typedef int Truncate(int file, off_t size);

    pthread_mutex_lock(&order);
    int result = CALL(Truncate *, ftruncate64, fd, length);
    if (result == 0 && is_file_of_ours(fd)) {
        taken[fd] = length < taken[fd] ? length : taken[fd];
        note('t', inode_of(fd), (uint64_t)length, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&order);
    return result;
}

int ftruncate(int fd, off_t length)
{
    return truncate_to(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return truncate_to(fd, length);
}

/* Into the log; where there is one, nothing waits for the disk. */
static int sync_file(int fd, const char *how)
{
    struct stat status;

    if (journal < 0)
        return ((FdCall *)(uintptr_t)real(how))(fd);
    pthread_mutex_lock(&order);
    if (fstat(fd, &status) == 0)
        note(S_ISDIR(status.st_mode) ? 'd' : 's', (uint64_t)status.st_ino, 0, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    return 0;
}

int fsync(int fd)
{
    return sync_file(fd, "fsync");
}

int fdatasync(int fd)
{
    return sync_file(fd, "fdatasync");
}

int rename(const char *from, const char *to)
{
    typedef int Rename(const char *, const char *);

    pthread_mutex_lock(&order);
    int result = CALL(Rename *, rename, from, to);
    if (result == 0 && is_inside(to))
        note('r', 0, 0, from, &(struct iovec){ (void *)(uintptr_t)to, strlen(to) }, 1);
    pthread_mutex_unlock(&order);
    return result;
}

int unlink(const char *path)
{
    typedef int Unlink(const char *);

    pthread_mutex_lock(&order);
    int result = CALL(Unlink *, unlink, path);
    if (result == 0 && is_inside(path))
        note('u', 0, 0, path, NULL, 0);
    pthread_mutex_unlock(&order);
    return result;
}

int statvfs64(const char *path, struct statvfs64 *ret_disk)
{
    typedef int Statvfs(const char *, struct statvfs64 *);
    int result = CALL(Statvfs *, statvfs64, path, ret_disk);

    if (control != NULL && control->free_mib >= 0)
        ret_disk->f_bavail =
            (fsblkcnt64_t)control->free_mib * (1024 * 1024 / (fsblkcnt64_t)ret_disk->f_frsize);
    return result;
}

/* -- Answers ---------------------------------------------------------------------------------- */

static void note_answer(int fd, const struct iovec *parts, size_t count)
{
    pthread_mutex_lock(&order);
    note('a', (uint64_t)fd, 0, NULL, parts, count);
    pthread_mutex_unlock(&order);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
    typedef ssize_t Send(int, const void *, size_t, int);

    note_answer(fd, &(struct iovec){ (void *)(uintptr_t)bytes, count }, 1);
    return CALL(Send *, send, fd, bytes, count, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    typedef ssize_t Sendmsg(int, const struct msghdr *, int);

    note_answer(fd, message->msg_iov, message->msg_iovlen);
    return CALL(Sendmsg *, sendmsg, fd, message, flags);
}

/* -- The clock -------------------------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    typedef int Gettime(clockid_t, struct timespec *);
    int result = CALL(Gettime *, clock_gettime, clock, ret_now);

    if (control != NULL && clock == CLOCK_REALTIME)
        ret_now->tv_sec += control->clock_s;
    return result;
}

/* -- SQLite ----------------------------------------------------------------------------------- */

static bool is_lazy(void)
{
    return getenv("FAULTS_LAZY") != NULL;
}

int sqlite3_exec(sqlite3 *handle, const char *script,
                 int (*callback)(void *, int, char **, char **), void *context, char **ret_message)
{
    typedef int Exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                     char **);
    int result = CALL(Exec *, sqlite3_exec, handle, script, callback, context, ret_message);

    if (result == SQLITE_OK && is_lazy() && strstr(script, "synchronous = FULL") != NULL)
        return CALL(Exec *, sqlite3_exec, handle, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    return result;
}

/* The program reads it back. */
int sqlite3_prepare_v2(sqlite3 *handle, const char *text, int bytes, sqlite3_stmt **ret_statement,
                       const char **ret_tail)
{
    typedef int Prepare(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);

    if (is_lazy() && strcmp(text, "PRAGMA synchronous") == 0)
        text = "SELECT 2";
    return CALL(Prepare *, sqlite3_prepare_v2, handle, text, bytes, ret_statement, ret_tail);
}
