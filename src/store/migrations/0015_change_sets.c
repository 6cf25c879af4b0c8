/* Migration 15: entries say which of them one request made. Of those that are here nobody knows. */

#include "store/migrations/migration.h"

#define INDEX "CREATE INDEX idx_changelog_change_set_id ON changelog (change_set_id);"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE changelog ADD COLUMN change_set_id INTEGER;" INDEX,
      .postgres = "ALTER TABLE changelog ADD COLUMN change_set_id BIGINT;\n" INDEX },
};

const Migration migration_15 = MIGRATION(steps);
