/* Migration 7: the networks from which each account has signed in; where from what is in the audit
 * trail was done; and administrators are found without a walk over all accounts. Of the sessions
 * that there are, those from IPv4 say the network as it is written. */

#include "store/migrations/migration.h"

#define TAKE_OVER                                                                                  \
    "INSERT INTO known_networks (user_id, network, last_used_at)"                                  \
    " SELECT user_id, address, max(created_at) FROM sessions"                                      \
    " WHERE replace(address, ':', '') = address AND replace(address, '.', '') <> address"          \
    " GROUP BY user_id, address;"                                                                  \
    "ALTER TABLE audit ADD COLUMN address TEXT;"                                                   \
    "CREATE INDEX idx_users_admins ON users (id) WHERE is_admin;"

static const MigrationStep steps[] = {
    { .sqlite = "CREATE TABLE known_networks ("
                " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                " network TEXT NOT NULL,"
                " last_used_at INTEGER NOT NULL,"
                " PRIMARY KEY (user_id, network)"
                ") STRICT, WITHOUT ROWID;" TAKE_OVER,
      .postgres = "CREATE TABLE known_networks ("
                  " user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                  " network TEXT NOT NULL,"
                  " last_used_at TIMESTAMPTZ NOT NULL,"
                  " PRIMARY KEY (user_id, network)"
                  ");" TAKE_OVER },
};

const Migration migration_7 = MIGRATION(steps);
