/* Migration 18: what new zone files moved is found without looking at the rest of the changelog:
 * all of it, newest first, and that of some events. No other entry costs anything for it. */

#include "store/migrations/migration.h"

#define INDEX(name, columns)                                                                       \
    "CREATE INDEX " name " ON changelog (" columns ") WHERE change_type = 'zone_update';\n"
#define INDEXES                                                                                    \
    INDEX("idx_changelog_zone_updates", "id")                                                      \
    INDEX("idx_changelog_zone_updates_of_event", "event_id, id")

static const MigrationStep steps[] = { { .sqlite = INDEXES, .postgres = INDEXES } };

const Migration migration_18 = MIGRATION(steps);
