/* Migration 2: the event that one was split from. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE events ADD COLUMN series_of INTEGER"
                " REFERENCES events (id) ON DELETE SET NULL;"
                "CREATE INDEX idx_events_series_of ON events (series_of)"
                " WHERE series_of IS NOT NULL;",
      .postgres = "ALTER TABLE events ADD COLUMN series_of BIGINT"
                  " REFERENCES events (id) ON DELETE SET NULL;\n"
                  "CREATE INDEX idx_events_series_of ON events (series_of)"
                  " WHERE series_of IS NOT NULL;\n" },
};

const Migration migration_2 = MIGRATION(steps);
