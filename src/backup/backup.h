/* Backup - all that a database holds in one file (backup/block_file.h), and back into a database of
 * either kind.
 *
 * A backup is of one moment: everything that was acknowledged before it began is in it, and of what
 * is written meanwhile nothing. It is read from a copy of SQLite's file, which lies beside it as
 * long as that takes, or from one snapshot of PostgreSQL; nobody waits for it.
 *
 * Restored, every id, version and hash is as it was; nobody is signed in, and rights are those of
 * the backup's moment. Errors are sentences for whoever runs the program. */
#pragma once

#include <stdatomic.h>

#include "backup/block_file.h"
#include "store/driver/db.h"

typedef struct BackupReport {
    Arena arena; /* of the head's texts; the caller's to finish */
    BackupHead head;
    bool was_read; /* its rows too: not of a sealed file without a passphrase */
    int64_t rows;
    int64_t events;
    int64_t users;
    int64_t bytes; /* of the file; only of one that was made */
} BackupReport;

void backup_report_finish(BackupReport *report); /* for AUTO */

typedef struct BackupOrder {
    const char *url; /* of the database */
    const char *path;
    const char *passphrase;           /* NULL: not sealed */
    const char *program;              /* version of the program */
    const atomic_bool *is_called_off; /* NULL: never; true: leave off, and leave nothing */
} BackupOrder;

/* An older file of that name is replaced, by a whole one. */
bool backup_make(const BackupOrder *order, BackupReport *ret_report, Error *err);

/* Looks at every byte of the file. */
bool backup_verify(const char *path, const char *passphrase, BackupReport *ret_report, Error *err);

typedef struct RestoreOrder {
    const char *url;
    const char *path;
    const char *passphrase;
    bool may_replace; /* what the database holds now */
} RestoreOrder;

/* Done whole, or the database is as it was, whatever happens on the way. ERROR_RETRY: on SQLite
 * somebody has it open for writing. */
bool backup_restore(const RestoreOrder *order, BackupReport *ret_report, Error *err);
