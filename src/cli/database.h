/* Database - how commands get at it. */
#pragma once

#include "cli/command.h"
#include "store/driver/db.h"

/* Makes the data directory (0700) when it is not there. */
bool database_make_directory(const Config *config, Error *err);

/* Makes what is missing, brings the schema up to date and opens the database for writing. On SQLite
 * nobody else may have it open for writing: not while a server runs. Returns an exit code and
 * has said why when it is not EXIT_OK. */
int database_open(Call *call, Db **ret_db);

/* For reading only, beside a server; the schema must be up to date. */
int database_open_to_read(Call *call, Db **ret_db);

/* Commits when `is_done`, and takes everything back otherwise. Gives the exit code. */
int database_end(Db *db, bool is_done, Error *err);
