#include "work/backups.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/clock.h"
#include "base/log.h"

#define HOUR_US      INT64_C(3600000000)
#define TRY_AGAIN_US INT64_C(300000000)

static Backups *backups_of(Task *task)
{
    return (Backups *)task;
}

/* -- What lies there -------------------------------------------------------------------------- */

typedef struct Shelf {
    Arena *arena;
    char **names; /* in their order, which is that of their moments */
    size_t count;
} Shelf;

/* As path_for makes them, and nothing that somebody else has put there. */
static bool is_ours(const char *name)
{
    static const char form[] = "fasti-########T######Z.backup";

    if (strlen(name) != strlen(form))
        return false;
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool is_digit = name[i] >= '0' && name[i] <= '9';
        if (form[i] == '#' ? !is_digit : name[i] != form[i])
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(Shelf *shelf, const char *name)
{
    size_t size = sizeof(*shelf->names);

    shelf->names =
        arena_grow(shelf->arena, shelf->names, shelf->count * size, (shelf->count + 1) * size);
    shelf->names[shelf->count++] = arena_strdup(shelf->arena, name);
}

static bool look(const char *directory, Shelf *shelf, Error *err)
{
    DIR *open = opendir(directory);

    if (open == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "FASTI_BACKUP_DIR: %s cannot be read: %s.",
                         directory, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
        if (is_ours(entry->d_name))
            add_name(shelf, entry->d_name);
    }
    closedir(open);
    if (shelf->count > 1)
        qsort(shelf->names, shelf->count, sizeof(*shelf->names), compare_names);
    return true;
}

static void throw_away(const char *directory, const Shelf *shelf, int64_t kept)
{
    for (size_t i = 0; i + (size_t)kept < shelf->count; i++) {
        const char *path = arena_printf(shelf->arena, "%s/%s", directory, shelf->names[i]);
        if (unlink(path) != 0)
            log_write(LOG_WARNING, "an old backup cannot be deleted", "file", path, "reason",
                      strerror(errno), NULL);
    }
}

/* -- Making one ------------------------------------------------------------------------------- */

/* A name has no colon, which some file systems do not take. */
static const char *path_for(Arena *arena, const char *directory, Instant moment)
{
    char text[INSTANT_TEXT];
    size_t kept = 0;

    instant_format(moment - moment % SECOND_US, text);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != ':' && *at != '-')
            text[kept++] = *at;
    }
    text[kept] = '\0';
    return arena_printf(arena, "%s/fasti-%s.backup", directory, text);
}

static bool make(const Backups *backups, Arena *arena, Error *err)
{
    const Config *config = backups->config;
    Shelf shelf = { .arena = arena };
    BackupReport AUTO(backup_report_finish) report = { 0 };
    const BackupOrder order = {
        .url = config->database_url,
        .path = path_for(arena, config->backup_dir, clock_now_us()),
        .passphrase = config->backup_passphrase,
        .program = backups->program,
        .is_called_off = &backups->is_stopping,
    };

    if (mkdir(config->backup_dir, 0700) != 0 && errno != EEXIST)
        return error_set(err, ERROR_UNAVAILABLE, "FASTI_BACKUP_DIR: %s cannot be made: %s.",
                         config->backup_dir, strerror(errno));
    if (!backup_make(&order, &report, err) || !look(config->backup_dir, &shelf, err))
        return false;
    log_write(LOG_INFO, "backup made", "file", order.path, "bytes",
              arena_printf(arena, "%" PRId64, report.bytes), "rows",
              arena_printf(arena, "%" PRId64, report.rows), NULL);
    throw_away(config->backup_dir, &shelf, config->backup_keep);
    return true;
}

static Verdict run(Task *task, Worker *worker)
{
    Backups *backups = backups_of(task);
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };

    (void)worker; /* its connection is for requests: this one is for long */
    backups->has_failed = false;
    if (make(backups, &arena, &err))
        return TASK_GOOD;
    task->kind->fail(task, &err);
    return TASK_BROKEN;
}

static void undo(Task *task)
{
    backups_of(task)->has_failed = false;
}

static void fail(Task *task, const Error *error)
{
    Backups *backups = backups_of(task);

    backups->has_failed = true;
    if (!atomic_load(&backups->is_stopping))
        log_write(LOG_ERROR, "no backup was made, to be tried again", "detail", error->detail,
                  NULL);
}

static void done(Task *task, Worker *worker)
{
    Backups *backups = backups_of(task);
    int64_t pause = backups->config->backup_every * HOUR_US;

    (void)worker;
    if (backups->has_failed && pause > TRY_AGAIN_US)
        pause = TRY_AGAIN_US;
    (void)schedule_put(backups->schedule, task, clock_monotonic_us() + pause);
}

static const TaskKind backups_kind = {
    .run = run,
    .undo = undo,
    .fail = fail,
    .done = done,
};

/* How long ago the newest was made; INT64_MAX: there is none. */
static int64_t age_of_newest(const Config *config)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Shelf shelf = { .arena = &arena };
    Error ignored = { .code = ERROR_NONE };
    struct stat status;

    if (!look(config->backup_dir, &shelf, &ignored) || shelf.count == 0 ||
        stat(arena_printf(&arena, "%s/%s", config->backup_dir, shelf.names[shelf.count - 1]),
             &status) != 0)
        return INT64_MAX;
    return clock_now_us() - (int64_t)status.st_mtime * SECOND_US;
}

void backups_start(Backups *backups, Schedule *schedule, const Config *config, const char *program)
{
    int64_t every = config->backup_every * HOUR_US;
    int64_t age = every > 0 ? age_of_newest(config) : 0;

    backups->task = (Task){ .kind = &backups_kind, .lane = LANE_BULK };
    backups->schedule = schedule;
    backups->config = config;
    backups->program = program;
    atomic_init(&backups->is_stopping, false);
    if (every > 0)
        (void)schedule_put(schedule, &backups->task,
                           clock_monotonic_us() + (age >= 0 && age < every ? every - age : 0));
}

void backups_stop(Backups *backups)
{
    atomic_store(&backups->is_stopping, true);
}
