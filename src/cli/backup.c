/* fasti backup, fasti restore: all that the database holds, in one file and back. */

#include <stdio.h>
#include <string.h>

#include "backup/backup.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/version.h"

static int fail(const Error *err)
{
    return err->code == ERROR_INVALID || err->code == ERROR_CONFLICT || err->code == ERROR_NOT_FOUND
               ? call_fail(err)
               : call_fail_database(err);
}

static void print_contents(const BackupReport *report)
{
    char made_at[INSTANT_TEXT];

    instant_format(report->head.made_at, made_at);
    printf("%s, taken at %s from %s by fasti %s (schema %lld)",
           report->head.salt != NULL ? "Sealed" : "Not sealed", made_at, report->head.database,
           report->head.program, (long long)report->head.schema);
    if (report->was_read)
        printf(": %lld rows, of them %lld events and %lld people", (long long)report->rows,
               (long long)report->events, (long long)report->users);
    puts(".");
}

static void print_consequences(const BackupReport *report, const char *who)
{
    char made_at[INSTANT_TEXT];

    instant_format(report->head.made_at, made_at);
    printf("%s: nobody is signed in, and rights, passwords and accounts are those of %s.\n", who,
           made_at);
}

/* -- backup ----------------------------------------------------------------------------------- */

static int make(Call *call, const char *path)
{
    const BackupOrder order = {
        .url = call->config->database_url,
        .path = path,
        .passphrase = call->config->backup_passphrase,
        .program = version_text,
    };
    BackupReport AUTO(backup_report_finish) report = { 0 };
    Error err = { .code = ERROR_NONE };

    if (!backup_make(&order, &report, &err))
        return fail(&err);
    printf("%s: %lld bytes. ", path, (long long)report.bytes);
    print_contents(&report);
    print_consequences(&report, "When it is restored");
    puts("Settings, certificates and the secret in the data directory are not in it.");
    return EXIT_OK;
}

static int verify(Call *call, const char *path)
{
    BackupReport AUTO(backup_report_finish) report = { 0 };
    Error err = { .code = ERROR_NONE };

    if (!backup_verify(path, call->config->backup_passphrase, &report, &err))
        return fail(&err);
    printf("%s is whole. ", path);
    print_contents(&report);
    if (!report.was_read)
        puts("Only its checksums were looked at: FASTI_BACKUP_PASSPHRASE_FILE opens it.");
    return EXIT_OK;
}

int run_backup(Call *call)
{
    bool verifies = call->argc > 1 && text_equal(call->argv[0], "verify");

    if (!call_takes(call, verifies ? 2 : 1))
        return EXIT_BAD_USAGE;
    return verifies ? verify(call, call->argv[1]) : make(call, call->argv[0]);
}

/* -- restore ---------------------------------------------------------------------------------- */

int run_restore(Call *call)
{
    RestoreOrder order = {
        .url = call->config->database_url,
        .passphrase = call->config->backup_passphrase,
        .may_replace = call_take_flag(call, "--replace"),
    };
    BackupReport AUTO(backup_report_finish) report = { 0 };
    Error err = { .code = ERROR_NONE };

    if (!call_takes(call, 1))
        return EXIT_BAD_USAGE;
    if (!database_make_directory(call->config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    order.path = call->argv[0];
    memory_keep_some(); /* SQLite asks for a little more, and gives it back, at each row */
    if (!backup_restore(&order, &report, &err))
        return fail(&err);
    printf("Restored %s. ", order.path);
    print_contents(&report);
    print_consequences(&report, "As of now");
    return EXIT_OK;
}
