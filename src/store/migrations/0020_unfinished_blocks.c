/* Migration 20: a block says how far it has come with what was given before it (place; null:
 * through all), and whether it is one or the end of one, which goes when it has come through. So
 * whatever was cut off goes on.
 *
 * That is unknown of those that are there, and what they left wrong with it: all go through once
 * more, and where something is refused without a block the end of one does. */

#include "store/migrations/migration.h"

#define INDEX                                                                                      \
    "CREATE INDEX idx_blocks_unfinished ON blocks (user_id, blocked_id)"                           \
    " WHERE place IS NOT NULL;\n"

#define ONCE_MORE(now)                                                                             \
    "UPDATE blocks SET place = 0;\n"                                                               \
    "INSERT INTO blocks (user_id, blocked_id, created_at, ended, place)"                           \
    " SELECT DISTINCT p.user_id, p.granted_by, " now ", TRUE, 0 FROM event_permissions p"          \
    " JOIN users u ON u.id = p.granted_by WHERE p.refused AND p.granted_by <> p.user_id"           \
    " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = p.user_id"                          \
    " AND b.blocked_id = p.granted_by);\n"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE blocks ADD COLUMN ended INTEGER NOT NULL DEFAULT 0"
                " CHECK (ended IN (0, 1));"
                "ALTER TABLE blocks ADD COLUMN place INTEGER;" INDEX ONCE_MORE("0"),
      .postgres = "ALTER TABLE blocks ADD COLUMN ended BOOLEAN NOT NULL DEFAULT false,\n"
                  "    ADD COLUMN place BIGINT;\n" INDEX ONCE_MORE("now()") },
};

const Migration migration_20 = MIGRATION(steps);
