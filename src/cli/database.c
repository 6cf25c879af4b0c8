#include "cli/database.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/erasures.h"
#include "store/migrations.h"

bool database_make_directory(const Config *config, Error *err)
{
    struct stat status;

    if (mkdir(config->data_dir, 0700) == 0)
        return true;
    if (errno != EEXIST)
        return error_set(err, ERROR_INVALID, "FASTI_DATA_DIR: %s cannot be made: %s.",
                         config->data_dir, strerror(errno));
    if (stat(config->data_dir, &status) != 0 || !S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INVALID, "FASTI_DATA_DIR: %s is not a directory.",
                         config->data_dir);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(err, ERROR_INVALID,
                         "FASTI_DATA_DIR: others may put files into %s or take them away: "
                         "chmod 700 it.",
                         config->data_dir);
    return true;
}

void database_rewrite(Db *db)
{
    Error err = { .code = ERROR_NONE };
    bool is_rewritten = false;

    if (!erasures_rewrite_file(db, &is_rewritten, &err))
        log_write(LOG_WARNING, "the file still has who was erased in its free places", "detail",
                  err.detail, NULL);
}

bool database_open(const Config *config, Db **ret_db, Error *err)
{
    int from = 0;
    int to = 0;

    if (!migrations_run(config->database_url, &from, &to, err) ||
        !db_open(config->database_url, DB_WRITE, ret_db, err))
        return false;
    database_rewrite(*ret_db);
    return true;
}

const char *database_socket(const Config *config, Arena *arena)
{
    const char *file = db_url_file(config->database_url);

    return file != NULL ? arena_printf(arena, "%s.sock", file) : NULL;
}

int database_open_to_read(Call *call, Db **ret_db)
{
    Error err = { .code = ERROR_NONE };
    int version = 0;

    if (!db_open(call->config->database_url, DB_READ, ret_db, &err) ||
        !migrations_version(*ret_db, &version, &err))
        return call_fail_database(&err);
    if (version != migrations_newest()) {
        error_set(&err, ERROR_UNAVAILABLE,
                  "The database has another schema than this program: run `fasti migrate`.");
        return call_fail_database(&err);
    }
    return EXIT_OK;
}
