/* The file of SQLite and what lies beside it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/database.h"
#include "cli/doctor.h"

static const char damaged[] =
    "Stop the server, keep a copy of the file with its -wal, and restore the last backup. "
    "`sqlite3 FILE .recover` may read what was changed since.";

/* -- The file --------------------------------------------------------------------------------- */

/* https://www.sqlite.org/fileformat.html 1.3 */
enum { HEADER_BYTES = 100, AT_PAGE_SIZE = 16, AT_WRITE_VERSION = 18, AT_PAGES = 28, WAL = 2 };

static uint32_t big_endian(const unsigned char *bytes, size_t count)
{
    uint32_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* The library is not there yet, so no lock of it is lost when the file is closed. */
static ssize_t read_header(const char *path, unsigned char header[HEADER_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, header, HEADER_BYTES);
    close(fd);
    return got;
}

static void refuse_file(Checkup *checkup, const char *path, const char *what)
{
    checkup->has_damaged_file = true;
    checkup_fault(checkup, damaged, "%s %s.", path, what);
}

/* What the log holds counts more than what the file says, but for its first page. */
static void check_header(Checkup *checkup, const char *path, const struct stat *status)
{
    unsigned char header[HEADER_BYTES] = { 0 };
    ssize_t got = read_header(path, header);
    struct stat log;
    bool has_log = stat(arena_printf(checkup->arena, "%s-wal", path), &log) == 0 && log.st_size > 0;

    if (got < 0) {
        checkup->has_damaged_file = true;
        checkup_fault(checkup, "Run this as the user of the server.", "%s cannot be read: %s.",
                      path, strerror(errno));
        return;
    }
    if (got == 0 && has_log)
        return; /* nothing but the log yet */
    if (got < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0) {
        refuse_file(checkup, path, "is no database of SQLite, or was overwritten");
        return;
    }
    int64_t page = big_endian(header + AT_PAGE_SIZE, 2);
    int64_t pages = big_endian(header + AT_PAGES, 4);
    if (!has_log && (int64_t)status->st_size < pages * (page == 1 ? 65536 : page))
        refuse_file(checkup, path, "is shorter than it says: its end was cut off");
    else if (header[AT_WRITE_VERSION] != WAL) {
        checkup->has_damaged_file = true;
        checkup_fault(checkup, "Start the server, or `fasti migrate`: either puts it back.",
                      "The journal mode of %s is not WAL: somebody has changed it.", path);
    }
}

static void check_modes(Checkup *checkup, const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm", ".lock", ".sock" };
    struct stat status;

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        const char *one = arena_printf(checkup->arena, "%s%s", path, endings[i]);
        if (lstat(one, &status) == 0 && (status.st_mode & 0077) != 0)
            checkup_fault(checkup, arena_printf(checkup->arena, "chmod 600 %s", one),
                          "Others may read or write %s.", one);
    }
}

void check_file(Checkup *checkup)
{
    const char *path = db_url_file(checkup->config->database_url);
    struct stat status;

    if (path == NULL) {
        checkup_ok(checkup, "PostgreSQL keeps everything.");
        return;
    }
    if (lstat(path, &status) != 0) {
        checkup->has_damaged_file = true;
        checkup_fault(checkup,
                      "If this is new, start `fasti serve`. If not, correct DATABASE_URL or "
                      "FASTI_DATA_DIR, or restore the last backup; a server that starts before "
                      "makes an empty database.",
                      "%s cannot be found: %s.", path, strerror(errno));
        return;
    }
    if (!S_ISREG(status.st_mode)) {
        checkup->has_damaged_file = true;
        checkup_fault(checkup, "Give the path of the file itself.", "%s is not a plain file.",
                      path);
        return;
    }
    check_header(checkup, path, &status);
    check_modes(checkup, path);
    if (!checkup_has_found(checkup))
        checkup_ok(checkup, "%s has %lld bytes, and is for its user alone.", path,
                   (long long)status.st_size);
}

/* -- Who has it ------------------------------------------------------------------------------- */

/* A shared lock, which a server that starts at this moment waits for. */
static bool is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    close(fd);
    return !is_free;
}

static bool is_heard(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool is_there = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is_there;
}

void check_server(Checkup *checkup)
{
    const char *file = db_url_file(checkup->config->database_url);
    const char *socket_path = database_socket(checkup->config, checkup->arena);
    struct stat status;

    if (file == NULL) {
        checkup_ok(checkup, "Any number of servers may share PostgreSQL.");
        return;
    }
    bool is_taken = is_locked(arena_printf(checkup->arena, "%s.lock", file));
    bool has_socket = lstat(socket_path, &status) == 0;
    if (has_socket && !S_ISSOCK(status.st_mode))
        checkup_fault(checkup, arena_printf(checkup->arena, "Remove %s.", socket_path),
                      "%s is no socket: no server can hear commands.", socket_path);
    else if (is_taken && is_heard(socket_path))
        checkup_ok(checkup, "A server has the database, and hears commands.");
    else if (is_taken)
        checkup_warn(
            checkup,
            "If no command and no copy of the server is just at work, look into the log of "
            "the server, and restart it.",
            "Somebody has the lock of the database and hears no commands at %s.", socket_path);
    else if (has_socket)
        checkup_warn(checkup, "Start the server, which replaces it, and look into its log.",
                     "%s was left by a server that did not end in order.", socket_path);
    else
        checkup_ok(checkup, "No server has the database.");
}
