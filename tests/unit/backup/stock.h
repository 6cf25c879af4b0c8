/* Stock - a database with something of everything in it, and what a database holds as a text. */
#pragma once

#include "../store/bench.h"

/* The newest schema, people, events, versions, a session; the connections are open. */
Bench *stock_start(void **state);

/* bench->url is nobody's: no connection is open. */
void stock_leave(Bench *bench);

/* A file of this name in a folder of the bench's. */
const char *stock_path(Bench *bench, const char *name);

/* A backup of the database into that file, and back. */
bool stock_backup(Bench *bench, const char *path);
bool stock_restore(Bench *bench, const char *path, bool may_replace);

/* Every row of every table that is carried, with its values; in the bench's arena. */
const char *stock_contents(Bench *bench, Db *db);
