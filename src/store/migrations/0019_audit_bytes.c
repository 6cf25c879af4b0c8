/* Migration 19: a line of the audit trail says what it takes of its author's quota of history. What
 * is there already counts for nobody. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE audit ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;",
      .postgres = "ALTER TABLE audit ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;\n" },
};

const Migration migration_19 = MIGRATION(steps);
