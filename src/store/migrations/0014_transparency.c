/* Migration 14: events that are shown but occupy no time. Those that are here occupied theirs. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE events ADD COLUMN transparency TEXT NOT NULL DEFAULT 'opaque'"
                " CHECK (transparency IN ('opaque', 'transparent'));",
      .postgres = "ALTER TABLE events ADD COLUMN transparency TEXT NOT NULL DEFAULT 'opaque'\n"
                  "    CHECK (transparency IN ('opaque', 'transparent'));\n" },
};

const Migration migration_14 = MIGRATION(steps);
