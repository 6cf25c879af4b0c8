/* Migrations - numbered, forward only, embedded: src/store/migrations/.
 *
 * Run at start: under an advisory lock on PostgreSQL, after a copy of the file on SQLite when there
 * is something to do. Each migration is one transaction with its own row in schema_version, so a
 * kill at any point leaves the database at one of the numbered states. A database newer than the
 * program is refused (ERROR_UNAVAILABLE). The first PostgreSQL migration recognises a database
 * of the old FastAPI system and adds what is missing (docs/MOVING.md). */
#pragma once

#include "store/migrations/migration.h"

/* Brings the database behind `url` to the newest schema; *ret_from and *ret_to get the versions. */
bool migrations_run(const char *url, int *ret_from, int *ret_to, Error *err);

/* Before it, on its connection: which of the three each role means that is not named so. `roles` is
 * a JSON object as {"Commenter": "viewer"}; only a database of the old system looks at it. */
bool migrations_say_roles(Db *db, const char *roles, Error *err);

/* In a transaction of the caller's, where there are no tables yet: the schema of that version. */
bool migrations_build(Db *db, int version, Error *err);

/* The version a connection sees; 0: none yet. */
bool migrations_version(Db *db, int *ret_version, Error *err);
int migrations_newest(void);

/* All of them; and the way to the end of any list, behind a DB_WRITE connection. */
/* PostgreSQL's lock of who migrates, in two parts, for such numbers are the whole database's:
 * "fast" in ASCII, and the schema. */
#define MIGRATIONS_LOCK_CLASS  "1717662580"
#define MIGRATIONS_LOCK_NUMBER "hashtext(current_schema())"

extern const MigrationList all_migrations;
bool migrations_apply(Db *db, const MigrationList *list, int *ret_from, int *ret_to, Error *err);
