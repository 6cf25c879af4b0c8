/* Migration 8: what each person takes of the database (live events and their bytes, history),
 * counted from what is there; an index of the roles he gave to others; and how much an account may
 * take. */

#include "store/migrations/migration.h"

#define COUNT_ALL                                                                                  \
    "INSERT INTO event_counts (user_id, shard, events, owned_events, owned_bytes, history_bytes)"  \
    " SELECT u.id, 0, 0, coalesce(e.n, 0), coalesce(e.bytes, 0), coalesce(h.bytes, 0)"             \
    " FROM users u"                                                                                \
    " LEFT JOIN (SELECT owner_id, count(*) AS n, sum(document_bytes) AS bytes FROM events"         \
    " WHERE deleted_at IS NULL GROUP BY owner_id) e ON e.owner_id = u.id"                          \
    " LEFT JOIN (SELECT user_id, sum(bytes) AS bytes FROM changelog GROUP BY user_id) h"           \
    " ON h.user_id = u.id"                                                                         \
    " WHERE true ON CONFLICT (user_id, shard) DO UPDATE SET"                                       \
    " owned_events = excluded.owned_events, owned_bytes = excluded.owned_bytes,"                   \
    " history_bytes = excluded.history_bytes;"

/* An event's bytes are at first those of its newest version; an entry's are those of its version
 * too. */
static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE users ADD COLUMN quota_events INTEGER;"
                "ALTER TABLE users ADD COLUMN quota_bytes INTEGER;"
                "ALTER TABLE users ADD COLUMN quota_history_bytes INTEGER;"
                "ALTER TABLE users ADD COLUMN quota_grants INTEGER;"
                "ALTER TABLE events ADD COLUMN document_bytes INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE changelog ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE event_counts ADD COLUMN owned_events INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE event_counts ADD COLUMN owned_bytes INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE event_counts ADD COLUMN history_bytes INTEGER NOT NULL DEFAULT 0;"
                "CREATE INDEX idx_event_permissions_given ON event_permissions (granted_by)"
                " WHERE granted_by <> user_id;"
                "UPDATE events SET document_bytes = coalesce((SELECT length(CAST(v.data AS BLOB))"
                " FROM event_versions v WHERE v.event_id = events.id"
                " AND v.version_number = events.version_number), 0);"
                "UPDATE changelog SET bytes = 256 + length(CAST(changes AS BLOB))"
                " + coalesce(length(CAST(comment AS BLOB)), 0)"
                " + coalesce((SELECT length(CAST(v.data AS BLOB)) FROM event_versions v"
                " WHERE v.id = changelog.version_id), 0);" COUNT_ALL,
      .postgres =
          "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
          "ALTER TABLE users ADD COLUMN quota_events BIGINT, ADD COLUMN quota_bytes BIGINT,\n"
          "    ADD COLUMN quota_history_bytes BIGINT, ADD COLUMN quota_grants BIGINT;\n"
          "ALTER TABLE events ADD COLUMN document_bytes BIGINT NOT NULL DEFAULT 0;\n"
          "ALTER TABLE changelog ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;\n"
          "ALTER TABLE event_counts\n"
          "    ADD COLUMN owned_events BIGINT NOT NULL DEFAULT 0,\n"
          "    ADD COLUMN owned_bytes BIGINT NOT NULL DEFAULT 0,\n"
          "    ADD COLUMN history_bytes BIGINT NOT NULL DEFAULT 0;\n"
          "CREATE INDEX idx_event_permissions_given ON event_permissions (granted_by)\n"
          "    WHERE granted_by <> user_id;\n"
          "UPDATE events SET document_bytes = octet_length(v.data::text) FROM event_versions v\n"
          "    WHERE v.event_id = events.id AND v.version_number = events.version_number;\n"
          "UPDATE changelog c SET bytes = 256 + octet_length(c.changes::text)\n"
          "    + coalesce(octet_length(c.comment), 0)\n"
          "    + coalesce((SELECT octet_length(v.data::text) FROM event_versions v\n"
          "        WHERE v.id = c.version_id), 0);\n" COUNT_ALL "\n" },
};

const Migration migration_8 = MIGRATION(steps);
