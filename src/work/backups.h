/* Backups - those that the server makes by itself (FASTI_BACKUP_EVERY), in the BULK lane: into
 * FASTI_BACKUP_DIR, fasti-<moment>.backup each, and no more of them than FASTI_BACKUP_KEEP.
 *
 * The next one is due so long after the newest that lies there, whoever made it, so a restart makes
 * none too many. One that fails leaves an error in the log and is tried again after some minutes;
 * nothing is deleted before it is replaced. */
#pragma once

#include <stdatomic.h>

#include "base/config.h"
#include "work/schedule.h"

typedef struct Backups {
    Task task;
    Schedule *schedule;
    const Config *config;
    const char *program; /* version of the program */
    atomic_bool is_stopping;
    atomic_bool has_failed;
} Backups;

/* Does nothing when none are wanted. `backups` lives until the schedule and the lanes are stopped.
 */
void backups_start(Backups *backups, Schedule *schedule, const Config *config, const char *program);

/* Before the lanes stop: one that is being made is left off. */
void backups_stop(Backups *backups);
