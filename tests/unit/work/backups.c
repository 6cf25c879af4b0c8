/* The server makes a backup when one is due, and keeps as many as it should. */
#include "work/backups.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../store/bench.h"
#include "backup/backup.h"
#include "base/clock.h"
#include "base/log.h"

typedef struct Stand {
    Bench *bench;
    char folder[64];
    Config config;
    Lanes lanes;
    Schedule schedule;
    Backups backups;
} Stand;

static Stand *start(void **state)
{
    Bench *bench = bench_of(state);
    Stand *stand = ARENA_NEW(&bench->arena, Stand);
    LanesSetup setup = { .kind = db_kind(bench->db) };

    log_set_level(LOG_OFF);
    bench_migrate(bench);
    setup.url = bench->url;
    db_close(&bench->reader);
    db_close(&bench->db);
    stand->bench = bench;
    strcpy(stand->folder, "/tmp/fasti-shelf-XXXXXX");
    assert_non_null(mkdtemp(stand->folder));
    stand->config = (Config){
        .database_url = bench->url,
        .backup_every = 1,
        .backup_keep = 2,
        .backup_dir = arena_printf(&bench->arena, "%s/shelf", stand->folder),
    };
    bench_must(bench, NULL, lanes_start(&stand->lanes, &setup, &bench->arena, &bench->err));
    bench_must(bench, NULL, schedule_start(&stand->schedule, &stand->lanes, &bench->err));
    return stand;
}

static void finish(Stand *stand)
{
    char command[128];

    backups_stop(&stand->backups);
    schedule_stop(&stand->schedule);
    lanes_stop(&stand->lanes);
    lanes_finish(&stand->lanes);
    snprintf(command, sizeof(command), "rm -rf -- '%s'", stand->folder);
    assert_int_equal(system(command), 0);
}

static void put(const Stand *stand, const char *name, int64_t age_s)
{
    const char *path = arena_printf(&stand->bench->arena, "%s/%s", stand->config.backup_dir, name);
    const struct timespec times[2] = { { .tv_sec = clock_now_us() / 1000000 - age_s },
                                       { .tv_sec = clock_now_us() / 1000000 - age_s } };

    (void)mkdir(stand->config.backup_dir, 0700);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Names that begin so. */
static int count(const Stand *stand, const char *lead, const char **ret_last)
{
    DIR *open = opendir(stand->config.backup_dir);
    int found = 0;

    for (const struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;) {
        if (strncmp(entry->d_name, lead, strlen(lead)) == 0) {
            found++;
            if (*ret_last == NULL || strcmp(entry->d_name, *ret_last) > 0)
                *ret_last = arena_strdup(&stand->bench->arena, entry->d_name);
        }
    }
    if (open != NULL)
        closedir(open);
    return found;
}

static bool has(const Stand *stand, const char *name)
{
    return access(arena_printf(&stand->bench->arena, "%s/%s", stand->config.backup_dir, name),
                  F_OK) == 0;
}

static void wait_until_gone(const Stand *stand, const char *name)
{
    int64_t end = clock_monotonic_us() + 20 * INT64_C(1000000);

    while (has(stand, name)) {
        assert_true(clock_monotonic_us() < end);
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
}

static void one_that_is_due_is_made_and_the_oldest_go(void **state)
{
    Stand *stand = start(state);
    BackupReport AUTO(backup_report_finish) report = { 0 };
    const char *last = NULL;

    put(stand, "fasti-20200101T000000Z.backup", 9000);
    put(stand, "fasti-20200102T000000Z.backup", 8000);
    put(stand, "fasti-20200103T000000Z.backup", 7000);
    put(stand, "fasti-before-the-move.backup", 9000); /* somebody's own */
    backups_start(&stand->backups, &stand->schedule, &stand->config, "test");
    wait_until_gone(stand, "fasti-20200102T000000Z.backup");
    assert_false(has(stand, "fasti-20200101T000000Z.backup"));
    assert_true(has(stand, "fasti-20200103T000000Z.backup"));
    assert_true(has(stand, "fasti-before-the-move.backup"));
    assert_int_equal(count(stand, "fasti-20", &last), 2);
    const char *path = arena_printf(&stand->bench->arena, "%s/%s", stand->config.backup_dir, last);
    bench_must(stand->bench, NULL, backup_verify(path, NULL, &report, &stand->bench->err));
    finish(stand);
}

static void a_restart_makes_none_too_many(void **state)
{
    Stand *stand = start(state);
    const char *last = NULL;

    put(stand, "fasti-20200101T000000Z.backup", 60);
    backups_start(&stand->backups, &stand->schedule, &stand->config, "test");
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    assert_int_equal(count(stand, "fasti-", &last), 1);
    finish(stand);
}

static void none_are_made_unless_they_are_wanted(void **state)
{
    Stand *stand = start(state);
    const char *last = NULL;

    stand->config.backup_every = 0;
    backups_start(&stand->backups, &stand->schedule, &stand->config, "test");
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    assert_int_equal(count(stand, "", &last), 0);
    finish(stand);
}

static void one_that_fails_deletes_nothing(void **state)
{
    Stand *stand = start(state);

    put(stand, "fasti-20200101T000000Z.backup", 9000);
    put(stand, "fasti-20200102T000000Z.backup", 8000);
    put(stand, "fasti-20200103T000000Z.backup", 7000);
    stand->config.database_url = "sqlite:////no/such/database.db";
    backups_start(&stand->backups, &stand->schedule, &stand->config, "test");
    int64_t end = clock_monotonic_us() + 20 * INT64_C(1000000);
    while (!stand->backups.has_failed) {
        assert_true(clock_monotonic_us() < end);
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    assert_true(has(stand, "fasti-20200101T000000Z.backup"));
    finish(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_that_is_due_is_made_and_the_oldest_go),
        ON_SQLITE(a_restart_makes_none_too_many),
        ON_SQLITE(none_are_made_unless_they_are_wanted),
        ON_SQLITE(one_that_fails_deletes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
