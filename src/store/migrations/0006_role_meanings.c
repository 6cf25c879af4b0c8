/* Migration 6: what each role means (1 Owner, 2 Editor, 3 Viewer), beside its id, which an old
 * installation may have given as it liked; and a copy in each grant, so that lists and reads need
 * not look it up. A role that is none of the three, and that somebody put there by hand, ends the
 * migration: nobody is given a right by guess. */

#include "store/migrations/migration.h"

/* SQLite's defaults are only for the rows that are there, until the next statement; it takes no
 * other way. PostgreSQL's first migration may have made roles.meaning already. */
static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE roles ADD COLUMN meaning INTEGER NOT NULL DEFAULT 3"
                " CONSTRAINT meaning_of_roles CHECK (meaning IN (1, 2, 3));"
                "UPDATE roles SET meaning = id;"
                "ALTER TABLE event_permissions ADD COLUMN meaning INTEGER NOT NULL DEFAULT 3"
                " CHECK (meaning IN (1, 2, 3));"
                "UPDATE event_permissions SET meaning ="
                " (SELECT meaning FROM roles WHERE roles.id = role_id);",
      .postgres = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                  "ALTER TABLE roles ADD COLUMN IF NOT EXISTS meaning SMALLINT;\n"
                  "UPDATE roles SET meaning = id WHERE meaning IS NULL;\n"
                  "ALTER TABLE roles ALTER COLUMN meaning SET NOT NULL,\n"
                  "    ADD CHECK (meaning IN (1, 2, 3));\n"
                  "ALTER TABLE event_permissions ADD COLUMN meaning SMALLINT;\n"
                  "UPDATE event_permissions SET meaning =\n"
                  "    (SELECT meaning FROM roles WHERE roles.id = role_id);\n"
                  "ALTER TABLE event_permissions ALTER COLUMN meaning SET NOT NULL,\n"
                  "    ADD CHECK (meaning IN (1, 2, 3));\n" },
};

const Migration migration_6 = MIGRATION(steps);
