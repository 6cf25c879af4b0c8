/* Migration 11: how many roles each person gave to others is kept beside what else he takes
 * (migration 8), counted from what is there. */

#include "store/migrations/migration.h"

#define COUNT_ALL                                                                                  \
    "INSERT INTO event_counts (user_id, shard, events, given_roles)"                               \
    " SELECT p.granted_by, 0, 0, count(*) FROM event_permissions p"                                \
    " JOIN users u ON u.id = p.granted_by WHERE p.granted_by <> p.user_id GROUP BY p.granted_by"   \
    " ON CONFLICT (user_id, shard) DO UPDATE SET given_roles = excluded.given_roles;"

static const MigrationStep steps[] = {
    { .sqlite =
          "ALTER TABLE event_counts ADD COLUMN given_roles INTEGER NOT NULL DEFAULT 0;" COUNT_ALL,
      .postgres =
          "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
          "ALTER TABLE event_counts ADD COLUMN given_roles BIGINT NOT NULL DEFAULT 0;\n" COUNT_ALL
          "\n" },
};

const Migration migration_11 = MIGRATION(steps);
