/* Migration 20: a block says how far it has come with what was given before it (place; null:
 * through all), and whether it is one or the end of one, which goes when it has come through. So
 * whatever was cut off goes on. */

#include "store/migrations/migration.h"

#define INDEX                                                                                      \
    "CREATE INDEX idx_blocks_unfinished ON blocks (user_id, blocked_id)"                           \
    " WHERE place IS NOT NULL;\n"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE blocks ADD COLUMN ended INTEGER NOT NULL DEFAULT 0"
                " CHECK (ended IN (0, 1));"
                "ALTER TABLE blocks ADD COLUMN place INTEGER;" INDEX,
      .postgres = "ALTER TABLE blocks ADD COLUMN ended BOOLEAN NOT NULL DEFAULT false,\n"
                  "    ADD COLUMN place BIGINT;\n" INDEX },
};

const Migration migration_20 = MIGRATION(steps);
