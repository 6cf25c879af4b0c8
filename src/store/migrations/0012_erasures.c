/* Migration 12: people who are to be forgotten by name, and how far that has come. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "CREATE TABLE erasures ("
                " user_id INTEGER PRIMARY KEY,"
                " username TEXT NOT NULL,"
                " email TEXT NOT NULL,"
                " display_name TEXT,"
                " username_key TEXT,"
                " email_key TEXT,"
                " pass INTEGER DEFAULT 0,"
                " last_id INTEGER NOT NULL DEFAULT 0) STRICT;",
      .postgres = "-- Who is to be forgotten: no references, for the account goes first.\n"
                  "CREATE TABLE erasures (\n"
                  "    user_id BIGINT PRIMARY KEY,\n"
                  "    username TEXT NOT NULL, -- as it was, and so the others\n"
                  "    email TEXT NOT NULL,\n"
                  "    display_name TEXT,\n"
                  "    username_key TEXT,\n"
                  "    email_key TEXT,\n"
                  "    pass BIGINT DEFAULT 0, -- null: over, but for the file of SQLite\n"
                  "    last_id BIGINT NOT NULL DEFAULT 0 -- how far the pass has come\n"
                  ");\n" },
};

const Migration migration_12 = MIGRATION(steps);
