/* Migration 5: what was answered to changes that came with an Idempotency-Key. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "CREATE TABLE idempotency_keys ("
                "    id INTEGER PRIMARY KEY,"
                "    user_id INTEGER NOT NULL,"
                "    name TEXT NOT NULL,"
                "    digest TEXT NOT NULL,"
                "    created_at INTEGER NOT NULL,"
                "    status INTEGER NOT NULL,"
                "    headers TEXT NOT NULL,"
                "    body TEXT,"
                "    bytes INTEGER NOT NULL,"
                "    UNIQUE (user_id, name)"
                ") STRICT;"
                "CREATE INDEX idx_idempotency_keys_usage"
                " ON idempotency_keys (user_id, created_at, bytes);"
                "CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);",
      .postgres = "CREATE TABLE idempotency_keys (\n"
                  "    id BIGSERIAL PRIMARY KEY,\n"
                  "    user_id BIGINT NOT NULL,\n"
                  "    name TEXT NOT NULL,\n"
                  "    digest TEXT NOT NULL,\n"
                  "    created_at TIMESTAMPTZ NOT NULL,\n"
                  "    status BIGINT NOT NULL,\n"
                  "    headers TEXT NOT NULL,\n"
                  "    body TEXT,\n"
                  "    bytes BIGINT NOT NULL,\n"
                  "    UNIQUE (user_id, name)\n"
                  ");\n"
                  "CREATE INDEX idx_idempotency_keys_usage"
                  " ON idempotency_keys (user_id, created_at, bytes);\n"
                  "CREATE INDEX idx_idempotency_keys_created_at"
                  " ON idempotency_keys (created_at);\n" },
};

const Migration migration_5 = MIGRATION(steps);
