/* What the machine gives: a directory, room, the time, and what governments made of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "auth/secret.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "time/instant.h"
#include "time/timezone.h"

static const char zone_directory[] = "/usr/share/zoneinfo";

enum {
    MIB = 1024 * 1024,
    FULL_MIB = 64,    /* the log of SQLite alone grows so far */
    NARROW_MIB = 512, /* a few weeks of a busy server */
    LEAST_FILES = 100,
    FIRST_YEAR = 2025, /* this program did not exist before */
    LARGEST_ZONE_LIST = 1024 * 1024,
};

/* -- The data directory ----------------------------------------------------------------------- */

void check_data_directory(Checkup *checkup)
{
    const char *path = checkup->config->data_dir;
    struct stat status;

    if (stat(path, &status) != 0) {
        if (errno == ENOENT)
            checkup_ok(checkup, "%s is not there yet; a server makes it.", path);
        else
            checkup_fault(checkup, "Run this as the user of the server, or correct FASTI_DATA_DIR.",
                          "%s cannot be looked at: %s.", path, strerror(errno));
    } else if (!S_ISDIR(status.st_mode)) {
        checkup_fault(checkup, "Correct FASTI_DATA_DIR.", "%s is not a directory.", path);
    } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        checkup_fault(checkup, arena_printf(checkup->arena, "chmod 700 %s", path),
                      "Others may put files into %s or take them away: no server starts so.", path);
    } else if ((status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        checkup_warn(checkup, arena_printf(checkup->arena, "chmod 700 %s", path),
                     "Others may look into %s.", path);
    } else if (access(path, R_OK | W_OK | X_OK) != 0) {
        checkup_fault(checkup, "Run the server, and this, as the user whose directory it is.",
                      "%s cannot be written: %s.", path, strerror(errno));
    } else {
        checkup_ok(checkup, "%s is for its user alone.", path);
    }
}

void check_secret(Checkup *checkup)
{
    const Config *config = checkup->config;
    const char *path = arena_printf(checkup->arena, "%s/secret", config->data_dir);
    Secret AUTO(secret_finish) secret = { 0 };
    Error err = { .code = ERROR_NONE };
    struct stat status;

    if (config->secret_key == NULL && lstat(path, &status) != 0) {
        checkup_ok(checkup, "%s is not there yet; a server makes it.", path);
        return;
    }
    if (config->secret_key == NULL && geteuid() == 0 && status.st_uid != 0) {
        checkup_skip(checkup, "It is another user's: run this as that user.");
        return;
    }
    bool is_sound = config->secret_key != NULL ? secret_from_text(config->secret_key, &secret, &err)
                                               : secret_load_or_create(path, &secret, &err);
    if (is_sound)
        checkup_ok(checkup, "Tokens are signed with %s.",
                   config->secret_key != NULL ? "SECRET_KEY" : path);
    else
        checkup_fault(checkup,
                      "Correct it: no server starts so. A new secret signs everybody out, and "
                      "nothing else.",
                      "%s", err.detail);
}

/* -- Room ------------------------------------------------------------------------------------- */

static int64_t size_of(const char *path)
{
    struct stat status;

    return path != NULL && stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

static void look_at_disk(Checkup *checkup, const char *path, const struct statvfs *disk)
{
    int64_t free_bytes = (int64_t)(disk->f_bavail * disk->f_frsize);
    int64_t free_mib = free_bytes / MIB;
    int64_t own = size_of(db_url_file(checkup->config->database_url));

    if (free_mib < FULL_MIB)
        checkup_fault(checkup, "Make room at once: what cannot be stored is refused (507).",
                      "%lld MiB are free where %s is.", (long long)free_mib, path);
    else if (disk->f_files > 0 && disk->f_favail < LEAST_FILES)
        checkup_fault(checkup, "Remove files: none can be made any more (inodes).",
                      "There is room for %lld files where %s is.", (long long)disk->f_favail, path);
    else if (free_mib < NARROW_MIB || free_bytes < own)
        checkup_warn(checkup,
                     "Make room: an upgrade copies the database first, and a full disk refuses "
                     "changes (507).",
                     "%lld MiB are free where %s is; the database has %lld.", (long long)free_mib,
                     path, (long long)(own / MIB));
    else
        checkup_ok(checkup, "%lld MiB are free where %s is.", (long long)free_mib, path);
}

/* Where the file of SQLite is; with PostgreSQL its own server knows. */
void check_disk(Checkup *checkup)
{
    const char *file = db_url_file(checkup->config->database_url);
    const char *path = file != NULL && access(file, F_OK) == 0 ? file : checkup->config->data_dir;
    struct statvfs disk;

    if (statvfs(path, &disk) == 0)
        look_at_disk(checkup, path, &disk);
    else
        checkup_skip(checkup, "Neither the data directory nor a database is there yet.");
}

/* -- Time ------------------------------------------------------------------------------------- */

static int64_t year_of(Instant instant)
{
    int64_t year;
    unsigned month, day;

    date_from_days(instant / DAY_US, &year, &month, &day);
    return year;
}

void check_clock(Checkup *checkup)
{
    Instant now = clock_now_us();
    struct timex state = { .modes = 0 };

    if (year_of(now) < FIRST_YEAR) {
        checkup_fault(checkup,
                      "Set the clock, and have it kept by NTP (chrony, systemd-timesyncd).",
                      "The clock says %s.", instant_text(checkup->arena, now));
        return;
    }
    checkup_ok(checkup, "It is %s; %s.", instant_text(checkup->arena, now),
               adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0
                   ? "the clock is kept by NTP"
                   : "the kernel knows of nobody (NTP) who keeps the clock");
}

/* "# version 2025b" is the first line of tzdata.zi. */
static const char *release_of(const char *directory, Arena *arena)
{
    static const char lead[] = "# version ";
    Error err = { .code = ERROR_NONE };
    const char *text = NULL;
    const char *path = arena_printf(arena, "%s/tzdata.zi", directory);

    if (!file_read(path, FILE_ANY, LARGEST_ZONE_LIST, arena, &text, &err) ||
        !text_starts_with(text, lead))
        return NULL;
    text += strlen(lead);
    return arena_strndup(arena, text, strcspn(text, "\r\n"));
}

void check_tzdata_in(Checkup *checkup, const char *directory, int64_t year)
{
    const char *advice = "Install the newest package tzdata, or a newer image; a running server "
                         "takes it up within a minute.";
    const char *release = release_of(directory, checkup->arena);
    long long released = 0;

    if (access(arena_printf(checkup->arena, "%s/Europe/Zurich", directory), R_OK) != 0)
        checkup_fault(checkup, "Install the package tzdata.",
                      "There are no time zones in %s: only UTC is known.", directory);
    else if (release == NULL ||
             !text_to_int64(arena_strndup(checkup->arena, release, 4), &released))
        checkup_warn(checkup, advice, "%s does not say of which release it is.", directory);
    else if (released + 1 < year)
        checkup_warn(checkup, advice,
                     "The time zones are those of %s: several governments have changed their "
                     "clocks since.",
                     release);
    else
        checkup_ok(checkup, "The time zones are those of release %s.", release);
}

void check_tzdata(Checkup *checkup)
{
    check_tzdata_in(checkup, zone_directory, year_of(clock_now_us()));
}
