#include "store/migrations_list.h"

/* The first migration begins where the old FastAPI system ended: it makes the old system's six
 * tables where they are missing and then adds to them what Fasti needs. So a new database and
 * one that the old system filled come out the same, by the same statements, and the steps about
 * data find nothing to do in a new one. */

static const MigrationStep first_steps[] = {
    /* What the old system had. */
    { .script = "CREATE TABLE schema_version (version bigint PRIMARY KEY,"
                " applied_at timestamptz NOT NULL);"
                "CREATE TABLE IF NOT EXISTS users (id bigserial PRIMARY KEY,"
                " username varchar(255) NOT NULL UNIQUE, email varchar(255) NOT NULL UNIQUE,"
                " hashed_password varchar(255) NOT NULL,"
                " created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                " updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP);"
                "CREATE TABLE IF NOT EXISTS roles (id bigserial PRIMARY KEY,"
                " name varchar(50) NOT NULL UNIQUE, description varchar(255));"
                "CREATE TABLE IF NOT EXISTS events (id bigserial PRIMARY KEY,"
                " title varchar(255) NOT NULL, description text,"
                " start_time timestamptz NOT NULL, end_time timestamptz NOT NULL,"
                " location varchar(255), owner_id bigint NOT NULL"
                " CONSTRAINT events_owner_id_fkey REFERENCES users (id),"
                " is_recurring boolean NOT NULL DEFAULT false, recurrence_pattern jsonb,"
                " created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                " updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP);"
                "CREATE TABLE IF NOT EXISTS event_permissions (id bigserial PRIMARY KEY,"
                " event_id bigint NOT NULL REFERENCES events (id) ON DELETE CASCADE,"
                " user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                " role_id bigint NOT NULL REFERENCES roles (id) ON DELETE RESTRICT,"
                " UNIQUE (event_id, user_id));"
                "CREATE TABLE IF NOT EXISTS event_versions (id bigserial PRIMARY KEY,"
                " event_id bigint NOT NULL REFERENCES events (id) ON DELETE CASCADE,"
                " version_number bigint NOT NULL, data jsonb NOT NULL,"
                " changed_by_user_id bigint REFERENCES users (id) ON DELETE SET NULL,"
                " \"timestamp\" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                " UNIQUE (event_id, version_number));"
                "CREATE TABLE IF NOT EXISTS changelog (id bigserial PRIMARY KEY,"
                " event_id bigint NOT NULL REFERENCES events (id) ON DELETE CASCADE,"
                " version_id bigint REFERENCES event_versions (id) ON DELETE CASCADE,"
                " user_id bigint REFERENCES users (id) ON DELETE SET NULL,"
                " \"timestamp\" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                " changes jsonb NOT NULL);" },

    /* Ids of 32 bits run out; an account must not take its events along when it goes. */
    { .script =
          "ALTER TABLE users ALTER COLUMN id TYPE bigint;"
          "ALTER TABLE roles ALTER COLUMN id TYPE bigint;"
          "ALTER TABLE events ALTER COLUMN id TYPE bigint, ALTER COLUMN owner_id TYPE bigint;"
          "ALTER TABLE event_permissions ALTER COLUMN id TYPE bigint,"
          " ALTER COLUMN event_id TYPE bigint, ALTER COLUMN user_id TYPE bigint,"
          " ALTER COLUMN role_id TYPE bigint;"
          "ALTER TABLE event_versions ALTER COLUMN id TYPE bigint,"
          " ALTER COLUMN event_id TYPE bigint, ALTER COLUMN version_number TYPE bigint,"
          " ALTER COLUMN changed_by_user_id TYPE bigint;"
          "ALTER TABLE changelog ALTER COLUMN id TYPE bigint, ALTER COLUMN event_id TYPE bigint,"
          " ALTER COLUMN version_id TYPE bigint, ALTER COLUMN user_id TYPE bigint;"
          "ALTER SEQUENCE IF EXISTS users_id_seq AS bigint;"
          "ALTER SEQUENCE IF EXISTS roles_id_seq AS bigint;"
          "ALTER SEQUENCE IF EXISTS events_id_seq AS bigint;"
          "ALTER SEQUENCE IF EXISTS event_permissions_id_seq AS bigint;"
          "ALTER SEQUENCE IF EXISTS event_versions_id_seq AS bigint;"
          "ALTER SEQUENCE IF EXISTS changelog_id_seq AS bigint;"
          "ALTER TABLE events DROP CONSTRAINT IF EXISTS events_owner_id_fkey;"
          "ALTER TABLE events ADD CONSTRAINT events_owner_id_fkey"
          " FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE RESTRICT;" },

    /* What Fasti adds. */
    { .script = "ALTER TABLE users ADD COLUMN username_key text UNIQUE,"
                " ADD COLUMN email_key text UNIQUE,"
                " ADD COLUMN is_admin boolean NOT NULL DEFAULT false,"
                " ADD COLUMN is_active boolean NOT NULL DEFAULT true, ADD COLUMN timezone text;"
                "ALTER TABLE events ADD COLUMN uid text UNIQUE,"
                " ADD COLUMN timezone text NOT NULL DEFAULT 'UTC',"
                " ADD COLUMN all_day boolean NOT NULL DEFAULT false,"
                " ADD COLUMN status text NOT NULL DEFAULT 'confirmed'"
                " CHECK (status IN ('confirmed', 'tentative', 'cancelled')),"
                " ADD COLUMN recurrence_overrides jsonb, ADD COLUMN version_number bigint,"
                " ADD COLUMN deleted_at timestamptz,"
                " ADD COLUMN updated_by bigint REFERENCES users (id) ON DELETE SET NULL,"
                " ADD COLUMN series_end timestamptz;" /* of the last occurrence; null: never ends */
                "ALTER TABLE event_permissions"
                " ADD COLUMN granted_by bigint REFERENCES users (id) ON DELETE SET NULL,"
                " ADD COLUMN granted_at timestamptz;"
                "ALTER TABLE event_versions ADD COLUMN change_type text NOT NULL DEFAULT 'update',"
                " ADD COLUMN comment text, ADD COLUMN changed_by_name text,"
                " ADD COLUMN changed_fields jsonb, ADD COLUMN origin text NOT NULL DEFAULT 'old'"
                " CHECK (origin IN ('fasti', 'old'));"
                "ALTER TABLE event_versions ALTER COLUMN change_type DROP DEFAULT,"
                " ALTER COLUMN origin SET DEFAULT 'fasti';"
                "ALTER TABLE changelog ADD COLUMN version_number bigint,"
                " ADD COLUMN change_type text NOT NULL DEFAULT 'update', ADD COLUMN comment text,"
                " ADD COLUMN user_name text, ADD COLUMN hash text;"
                "ALTER TABLE changelog ALTER COLUMN change_type DROP DEFAULT;" },
    { .script =
          "CREATE TABLE sessions (id bigserial PRIMARY KEY,"
          " user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
          " nonce text NOT NULL, generation bigint NOT NULL, rotated_at timestamptz NOT NULL,"
          " created_at timestamptz NOT NULL, last_used_at timestamptz NOT NULL,"
          " expires_at timestamptz NOT NULL, address text, agent text, revoked_at timestamptz);"
          "CREATE TABLE login_attempts (key text PRIMARY KEY, count bigint NOT NULL,"
          " window_start timestamptz NOT NULL);"
          /* Outlives what it speaks of: no references. */
          "CREATE TABLE audit (id bigserial PRIMARY KEY, \"timestamp\" timestamptz NOT NULL,"
          " user_id bigint, user_name text, action text NOT NULL, subject text NOT NULL,"
          " detail jsonb);"
          "CREATE INDEX idx_sessions_user_id ON sessions (user_id, id);"
          "CREATE INDEX IF NOT EXISTS idx_events_owner_id ON events (owner_id);"
          "CREATE INDEX IF NOT EXISTS idx_events_start_time ON events (start_time);"
          "CREATE INDEX idx_events_updated_at ON events (updated_at);"
          "CREATE INDEX idx_events_updated_by ON events (updated_by);"
          "DROP INDEX IF EXISTS idx_event_permissions_event_id;" /* the unique ones serve as well */
          "DROP INDEX IF EXISTS idx_event_permissions_user_id;"
          "DROP INDEX IF EXISTS idx_event_permissions_role_id;"
          "DROP INDEX IF EXISTS idx_event_versions_event_id;"
          "DROP INDEX IF EXISTS idx_changelog_event_id;"
          "DROP INDEX IF EXISTS idx_changelog_timestamp;"
          "DROP INDEX IF EXISTS idx_roles_name;"
          "DROP INDEX IF EXISTS idx_users_email;"
          "DROP INDEX IF EXISTS idx_users_username;"
          "CREATE INDEX idx_event_permissions_user_event ON event_permissions (user_id, event_id);"
          "CREATE INDEX idx_event_permissions_granted_by ON event_permissions (granted_by);"
          "CREATE INDEX IF NOT EXISTS idx_event_versions_changed_by_user_id"
          " ON event_versions (changed_by_user_id);"
          "CREATE INDEX idx_changelog_event_id ON changelog (event_id, id);"
          "CREATE INDEX IF NOT EXISTS idx_changelog_user_id ON changelog (user_id);"
          "CREATE INDEX IF NOT EXISTS idx_changelog_version_id ON changelog (version_id);" },

    /* What the old system's rows say in Fasti's words. */
    { .script =
          "INSERT INTO roles (id, name, description) VALUES (1, 'Owner', 'May do everything.'),"
          " (2, 'Editor', 'May read and change the event.'), (3, 'Viewer', 'May read the event.')"
          " ON CONFLICT DO NOTHING;"
          "SELECT setval('roles_id_seq', (SELECT max(id) FROM roles));"
          /* Accounts that differ in case alone: the first keeps the key, the others are found by
           * their exact names. */
          "UPDATE users u SET username_key = lower(username) WHERE NOT EXISTS (SELECT 1"
          " FROM users o WHERE lower(o.username) = lower(u.username) AND o.id < u.id);"
          "UPDATE users u SET email_key = lower(email) WHERE NOT EXISTS (SELECT 1"
          " FROM users o WHERE lower(o.email) = lower(u.email) AND o.id < u.id);"
          "UPDATE events SET uid = gen_random_uuid()::text, updated_by = NULL;"
          "UPDATE events SET recurrence_pattern = NULL WHERE recurrence_pattern = 'null'::jsonb;"
          "INSERT INTO event_permissions (event_id, user_id, role_id)"
          " SELECT id, owner_id, 1 FROM events ORDER BY id"
          " ON CONFLICT (event_id, user_id) DO UPDATE SET role_id = 1;"
          "UPDATE event_versions v SET changed_by_name = u.username FROM users u"
          " WHERE u.id = v.changed_by_user_id;"
          "UPDATE changelog c SET user_name = u.username FROM users u WHERE u.id = c.user_id;"
          "UPDATE changelog c SET version_number = v.version_number FROM event_versions v"
          " WHERE v.id = c.version_id;" },
    { .run = migration_adopt_events },
    { .script = "ALTER TABLE events ALTER COLUMN uid SET NOT NULL,"
                " ALTER COLUMN version_number SET NOT NULL;" },
};

static const Migration migrations[] = {
    MIGRATION(first_steps),
};

const MigrationList postgres_migrations = {
    .migrations = migrations,
    .count = sizeof(migrations) / sizeof(migrations[0]),
};
