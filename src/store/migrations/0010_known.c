/* Migration 10: who is known to whom. Grants remember what was answered to them, and who named the
 * person by which address; those that are here already are from people who are known. Beside it
 * what people show of themselves, and whose shares they do not take. */

#include "store/migrations/migration.h"

/* What one gave, what one accepted, and from whom one had something before there was this rule:
 * what store/known.h asks. One's own role on one's own event is in none of them. The first also
 * counts what somebody gave, as the narrower one did whose place it takes. */
#define INDEXES                                                                                    \
    "DROP INDEX idx_event_permissions_given;"                                                      \
    "CREATE INDEX idx_event_permissions_given ON event_permissions (granted_by, user_id)"          \
    " WHERE granted_by <> user_id;"                                                                \
    "CREATE INDEX idx_event_permissions_accepted ON event_permissions (user_id, accepted_from)"    \
    " WHERE accepted_from IS NOT NULL;"                                                            \
    "CREATE INDEX idx_event_permissions_giver ON event_permissions (user_id, known_giver)"         \
    " WHERE known_giver IS NOT NULL;"                                                              \
    "CREATE INDEX idx_blocks_blocked_id ON blocks (blocked_id);"

#define MARK_OLD_GRANTS                                                                            \
    "UPDATE event_permissions SET known_giver = coalesce(granted_by, e.owner_id)"                  \
    " FROM events e WHERE e.id = event_id"                                                         \
    " AND coalesce(granted_by, e.owner_id) <> event_permissions.user_id;"

static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE users ADD COLUMN display_name TEXT;"
                "ALTER TABLE users ADD COLUMN free_busy TEXT NOT NULL DEFAULT 'known'"
                " CHECK (free_busy IN ('known', 'everyone', 'nobody'));"
                "ALTER TABLE event_permissions ADD COLUMN answer TEXT"
                " CHECK (answer IN ('yes', 'maybe', 'no'));"
                "ALTER TABLE event_permissions ADD COLUMN accepted_from INTEGER;"
                "ALTER TABLE event_permissions ADD COLUMN known_giver INTEGER;"
                "ALTER TABLE event_permissions ADD COLUMN named_by INTEGER;"
                "ALTER TABLE event_permissions ADD COLUMN named_email TEXT;"
                "ALTER TABLE event_permissions ADD COLUMN refused INTEGER NOT NULL DEFAULT 0"
                " CHECK (refused IN (0, 1));"
                "CREATE TABLE blocks ("
                " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                " blocked_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                " created_at INTEGER NOT NULL, PRIMARY KEY (user_id, blocked_id))"
                " STRICT, WITHOUT ROWID;" MARK_OLD_GRANTS INDEXES,
      .postgres = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                  "ALTER TABLE users ADD COLUMN display_name TEXT,\n"
                  "    ADD COLUMN free_busy TEXT NOT NULL DEFAULT 'known'\n"
                  "    CHECK (free_busy IN ('known', 'everyone', 'nobody'));\n"
                  "ALTER TABLE event_permissions\n"
                  "    ADD COLUMN answer TEXT CHECK (answer IN ('yes', 'maybe', 'no')),\n"
                  "    ADD COLUMN accepted_from BIGINT,\n"
                  "    ADD COLUMN known_giver BIGINT,\n"
                  "    ADD COLUMN named_by BIGINT,\n"
                  "    ADD COLUMN named_email TEXT,\n"
                  "    ADD COLUMN refused BOOLEAN NOT NULL DEFAULT false;\n"
                  "CREATE TABLE blocks (\n"
                  "    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"
                  "    blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"
                  "    created_at TIMESTAMPTZ NOT NULL,\n"
                  "    PRIMARY KEY (user_id, blocked_id)\n"
                  ");\n" MARK_OLD_GRANTS INDEXES },
};

const Migration migration_10 = MIGRATION(steps);
