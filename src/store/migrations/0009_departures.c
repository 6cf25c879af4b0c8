/* Migration 9: accounts that are gone and events that are purged, while what was theirs is still to
 * go, piece by piece; and what is needed to find sessions, tries to sign in and known networks that
 * are over. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "CREATE TABLE departures ("
                " user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,"
                " username TEXT NOT NULL,"
                " heir_id INTEGER,"
                " by_id INTEGER,"
                " by_name TEXT,"
                " address TEXT) STRICT;"
                "CREATE TABLE removals ("
                " event_id INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE) STRICT;"
                "CREATE INDEX idx_departures_heir_id ON departures (heir_id)"
                " WHERE heir_id IS NOT NULL;"
                "CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);"
                "CREATE INDEX idx_login_attempts_window_start ON login_attempts (window_start);"
                "CREATE INDEX idx_known_networks_last_used_at ON known_networks (last_used_at);",
      .postgres = "CREATE TABLE departures (\n"
                  "    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,\n"
                  "    username TEXT NOT NULL, -- as it was\n"
                  "    heir_id BIGINT, -- who gets the events; null: they go for good\n"
                  "    by_id BIGINT, -- who asked for it; null: the command line\n"
                  "    by_name TEXT,\n"
                  "    address TEXT -- where from\n"
                  ");\n"
                  "-- Purged, with a history too long to go at once: without grants.\n"
                  "CREATE TABLE removals (\n"
                  "    event_id BIGINT PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE\n"
                  ");\n"
                  "CREATE INDEX idx_departures_heir_id ON departures (heir_id)"
                  " WHERE heir_id IS NOT NULL;\n"
                  "CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);\n"
                  "CREATE INDEX idx_login_attempts_window_start ON login_attempts"
                  " (window_start);\n"
                  "CREATE INDEX idx_known_networks_last_used_at ON known_networks"
                  " (last_used_at);\n" },
};

const Migration migration_9 = MIGRATION(steps);
