/* Database - how commands get at it. */
#pragma once

#include "cli/command.h"
#include "store/driver/db.h"

/* Makes the data directory (0700) when it is not there. */
bool database_make_directory(const Config *config, Error *err);

/* Brings the schema up to date and opens the database for writing. ERROR_RETRY: on SQLite nobody
 * else may have it open for writing, and somebody has. */
bool database_open(const Config *config, Db **ret_db, Error *err);

/* What database_open and a server that starts do, while nobody is served: see
 * store/erasures.h. What goes wrong is a warning in the log, and is tried again the next time. */
void database_rewrite(Db *db);

/* Where a server that has it open for writing listens to commands: beside the file, as its lock.
 * NULL on PostgreSQL, where anybody may write. */
const char *database_socket(const Config *config, Arena *arena);

/* For reading only, beside a server; the schema must be up to date. */
int database_open_to_read(Call *call, Db **ret_db);
