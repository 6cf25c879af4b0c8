/* The PostgreSQL schema.
 *
 * How the first migration works: a database of the old FastAPI system and a new one take the same
 * way. The six tables of the old system are made as it made them, where they are not there yet, and
 * then altered; so both come out the same, down to the order of their columns. */
#include "store/migrations_list.h"

/* -- Which database is this? ------------------------------------------------------------------ */

/* How many of the old system's tables are here, and how many of their columns; and whether its
 * roles mean what ours do. Tables of other programs are no matter, unless they have our names. */
SQL_DIALECTS(
    count_old_columns, .sqlite = "SELECT 0 AS tables, 0 AS columns",
    .postgres =
        "SELECT count(DISTINCT table_name) AS tables, count(*) AS columns"
        " FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND (table_name, column_name) IN ("
        "('users', 'id'), ('users', 'username'), ('users', 'email'), ('users', 'hashed_password'),"
        "('users', 'created_at'), ('users', 'updated_at'), ('roles', 'id'), ('roles', 'name'),"
        "('roles', 'description'), ('events', 'id'), ('events', 'title'),"
        "('events', 'description'), ('events', 'start_time'), ('events', 'end_time'),"
        "('events', 'location'), ('events', 'owner_id'), ('events', 'is_recurring'),"
        "('events', 'recurrence_pattern'), ('events', 'created_at'), ('events', 'updated_at'),"
        "('event_permissions', 'id'), ('event_permissions', 'event_id'),"
        "('event_permissions', 'user_id'), ('event_permissions', 'role_id'),"
        "('event_versions', 'id'), ('event_versions', 'event_id'),"
        "('event_versions', 'version_number'), ('event_versions', 'data'),"
        "('event_versions', 'changed_by_user_id'), ('event_versions', 'timestamp'),"
        "('changelog', 'id'), ('changelog', 'event_id'), ('changelog', 'version_id'),"
        "('changelog', 'user_id'), ('changelog', 'timestamp'), ('changelog', 'changes'))");

SQL(count_other_roles, "SELECT count(*) AS n FROM roles WHERE NOT (id = 1 AND name = 'Owner'"
                       " OR id = 2 AND name = 'Editor' OR id = 3 AND name = 'Viewer')");

enum { OLD_TABLES = 6, OLD_COLUMNS = 36 };

static bool ask_two(Db *db, const Sql *sql, const char *first, int64_t *ret_first,
                    const char *second, int64_t *ret_second, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, sql, NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows)) {
        *ret_first = rows_int(&rows, first);
        if (second != NULL)
            *ret_second = rows_int(&rows, second);
    }
    return rows_finish(&rows, err);
}

/* An empty database and one of the old system's are taken; any other with tables of these names
 * is somebody else's and stays as it is. */
static bool recognise(Db *db, Error *err)
{
    int64_t tables = 0;
    int64_t columns = 0;
    int64_t other_roles = 0;

    if (!ask_two(db, &count_old_columns, "tables", &tables, "columns", &columns, err))
        return false;
    if (tables == 0)
        return true;
    if (tables != OLD_TABLES || columns != OLD_COLUMNS)
        return error_set(err, ERROR_UNAVAILABLE,
                         "This database has tables that are neither Fasti's nor the old system's; "
                         "give Fasti an empty one.");
    if (!ask_two(db, &count_other_roles, "n", &other_roles, NULL, NULL, err))
        return false;
    if (other_roles > 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "The roles of this database are not 1 Owner, 2 Editor and 3 Viewer; its "
                         "grants cannot be taken over.");
    return true;
}

/* -- Migration 1 ------------------------------------------------------------------------------ */

/* The lock_timeout: while the old system still runs, its transactions would keep us waiting for
 * ever. */
static const char old_tables[] =
    "SET LOCAL lock_timeout = '20s';\n"
    "\n"
    "CREATE TABLE schema_version (\n"
    "    version BIGINT PRIMARY KEY,\n"
    "    applied_at TIMESTAMPTZ NOT NULL\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS users (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    username VARCHAR(255) NOT NULL UNIQUE,\n"
    "    email VARCHAR(255) NOT NULL UNIQUE,\n"
    "    hashed_password VARCHAR(255) NOT NULL,\n"
    "    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
    "    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS roles (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    name VARCHAR(50) NOT NULL UNIQUE,\n"
    "    description VARCHAR(255)\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS events (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    title VARCHAR(255) NOT NULL,\n"
    "    description TEXT,\n"
    "    start_time TIMESTAMPTZ NOT NULL,\n"
    "    end_time TIMESTAMPTZ NOT NULL,\n"
    "    location VARCHAR(255),\n"
    "    owner_id INTEGER NOT NULL,\n"
    "    is_recurring BOOLEAN NOT NULL DEFAULT false,\n"
    "    recurrence_pattern JSONB,\n"
    "    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
    "    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS event_permissions (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    event_id INTEGER NOT NULL,\n"
    "    user_id INTEGER NOT NULL,\n"
    "    role_id INTEGER NOT NULL,\n"
    "    UNIQUE (event_id, user_id)\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS event_versions (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    event_id INTEGER NOT NULL,\n"
    "    version_number INTEGER NOT NULL,\n"
    "    data JSONB NOT NULL,\n"
    "    changed_by_user_id INTEGER,\n"
    "    timestamp TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
    "    UNIQUE (event_id, version_number)\n"
    ");\n"
    "\n"
    "CREATE TABLE IF NOT EXISTS changelog (\n"
    "    id SERIAL PRIMARY KEY,\n"
    "    event_id INTEGER NOT NULL,\n"
    "    version_id INTEGER,\n"
    "    user_id INTEGER,\n"
    "    timestamp TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
    "    changes JSONB NOT NULL\n"
    ");\n"
    "\n"
    "-- The references come back at the end, some with another rule.\n"
    "DO $$\n"
    "DECLARE reference record;\n"
    "BEGIN\n"
    "    FOR reference IN\n"
    "        SELECT conrelid::regclass AS owner, conname FROM pg_constraint\n"
    "        WHERE contype = 'f' AND conrelid IN ('events'::regclass, "
    "'event_permissions'::regclass,\n"
    "            'event_versions'::regclass, 'changelog'::regclass)\n"
    "    LOOP\n"
    "        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', reference.owner, "
    "reference.conname);\n"
    "    END LOOP;\n"
    "END $$;\n"
    "\n"
    "-- Ids of 64 bits, and sequences that begin after what is there.\n"
    "DO $$\n"
    "DECLARE\n"
    "    name text;\n"
    "    seq text;\n"
    "BEGIN\n"
    "    FOREACH name IN ARRAY ARRAY['users', 'roles', 'events', 'event_permissions',\n"
    "                                'event_versions', 'changelog']\n"
    "    LOOP\n"
    "        EXECUTE format('ALTER TABLE %I ALTER COLUMN id TYPE BIGINT', name);\n"
    "        seq := pg_get_serial_sequence(name, 'id');\n"
    "        IF seq IS NULL THEN\n"
    "            seq := name || '_id_seq';\n"
    "            EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', seq);\n"
    "            EXECUTE format('ALTER SEQUENCE %I OWNED BY %I.id', seq, name);\n"
    "            EXECUTE format('ALTER TABLE %I ALTER COLUMN id SET DEFAULT nextval(%L)', name, "
    "seq);\n"
    "        END IF;\n"
    "        EXECUTE format('ALTER SEQUENCE %s AS BIGINT', seq);\n"
    "        EXECUTE format('SELECT setval(%L, greatest((SELECT coalesce(max(id), 0) + 1 FROM %I), "
    "'\n"
    "                       '(SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM %s)), "
    "'\n"
    "                       'false)', seq, name, seq);\n"
    "    END LOOP;\n"
    "END $$;\n";

static const char new_columns[] =
    "ALTER TABLE users\n"
    "    ADD COLUMN username_key TEXT UNIQUE,\n"
    "    ADD COLUMN email_key TEXT UNIQUE,\n"
    "    ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT false,\n"
    "    ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT true,\n"
    "    ADD COLUMN timezone TEXT;\n"
    "\n"
    "ALTER TABLE events\n"
    "    ALTER COLUMN owner_id TYPE BIGINT,\n"
    "    ADD COLUMN uid TEXT NOT NULL DEFAULT gen_random_uuid()::text,\n"
    "    ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC',\n"
    "    ADD COLUMN all_day BOOLEAN NOT NULL DEFAULT false,\n"
    "    ADD COLUMN status TEXT NOT NULL DEFAULT 'confirmed'\n"
    "        CHECK (status IN ('confirmed', 'tentative', 'cancelled')),\n"
    "    ADD COLUMN recurrence_overrides JSONB,\n"
    "    ADD COLUMN version_number BIGINT NOT NULL DEFAULT 1 CHECK (version_number > 0),\n"
    "    ADD COLUMN deleted_at TIMESTAMPTZ,\n"
    "    ADD COLUMN updated_by BIGINT,\n"
    "    ADD COLUMN series_end TIMESTAMPTZ; -- last moment of any occurrence; null: never ends\n"
    "ALTER TABLE events\n"
    "    ALTER COLUMN uid DROP DEFAULT,\n"
    "    ALTER COLUMN version_number DROP DEFAULT,\n"
    "    ADD CONSTRAINT events_owner_id_uid_key UNIQUE (owner_id, uid);\n"
    "\n"
    "ALTER TABLE event_permissions\n"
    "    ALTER COLUMN event_id TYPE BIGINT,\n"
    "    ALTER COLUMN user_id TYPE BIGINT,\n"
    "    ALTER COLUMN role_id TYPE BIGINT,\n"
    "    ADD COLUMN granted_by BIGINT,\n"
    "    ADD COLUMN granted_at TIMESTAMPTZ;\n"
    "\n"
    "-- What is there now came from the old system.\n"
    "ALTER TABLE event_versions\n"
    "    ALTER COLUMN event_id TYPE BIGINT,\n"
    "    ALTER COLUMN version_number TYPE BIGINT,\n"
    "    ALTER COLUMN changed_by_user_id TYPE BIGINT,\n"
    "    ADD COLUMN change_type TEXT NOT NULL DEFAULT 'update',\n"
    "    ADD COLUMN comment TEXT,\n"
    "    ADD COLUMN changed_by_name TEXT,\n"
    "    ADD COLUMN changed_fields JSONB,\n"
    "    ADD COLUMN origin TEXT NOT NULL DEFAULT 'old' CHECK (origin IN ('fasti', 'old'));\n"
    "ALTER TABLE event_versions\n"
    "    ALTER COLUMN change_type DROP DEFAULT,\n"
    "    ALTER COLUMN origin SET DEFAULT 'fasti';\n"
    "\n"
    "ALTER TABLE changelog\n"
    "    ALTER COLUMN event_id TYPE BIGINT,\n"
    "    ALTER COLUMN version_id TYPE BIGINT,\n"
    "    ALTER COLUMN user_id TYPE BIGINT,\n"
    "    ADD COLUMN version_number BIGINT,\n"
    "    ADD COLUMN change_type TEXT NOT NULL DEFAULT 'update',\n"
    "    ADD COLUMN comment TEXT,\n"
    "    ADD COLUMN user_name TEXT,\n"
    "    ADD COLUMN hash TEXT;\n"
    "ALTER TABLE changelog ALTER COLUMN change_type DROP DEFAULT;\n";

static const char new_tables[] =
    "CREATE TABLE sessions (\n"
    "    id BIGSERIAL PRIMARY KEY,\n"
    "    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"
    "    nonce TEXT NOT NULL,\n"
    "    generation BIGINT NOT NULL,\n"
    "    rotated_at TIMESTAMPTZ NOT NULL,\n"
    "    created_at TIMESTAMPTZ NOT NULL,\n"
    "    last_used_at TIMESTAMPTZ NOT NULL,\n"
    "    expires_at TIMESTAMPTZ NOT NULL,\n"
    "    address TEXT,\n"
    "    agent TEXT,\n"
    "    revoked_at TIMESTAMPTZ\n"
    ");\n"
    "\n"
    "CREATE TABLE login_attempts (\n"
    "    key TEXT PRIMARY KEY,\n"
    "    count BIGINT NOT NULL,\n"
    "    window_start TIMESTAMPTZ NOT NULL\n"
    ");\n"
    "\n"
    "CREATE TABLE audit (\n"
    "    id BIGSERIAL PRIMARY KEY,\n"
    "    timestamp TIMESTAMPTZ NOT NULL,\n"
    "    user_id BIGINT, -- no reference: the trail outlives the account\n"
    "    user_name TEXT,\n"
    "    action TEXT NOT NULL,\n"
    "    subject TEXT NOT NULL,\n"
    "    detail JSONB\n"
    ");\n";

static const char old_rows[] =
    "-- ASCII letters only, whatever the database's locale: two names that differ in case keep "
    "their\n"
    "-- accounts, and the later one is found by its exact name alone.\n"
    "UPDATE users SET\n"
    "    username_key = CASE WHEN twins.username_rank = 1 THEN lower(username COLLATE \"C\") END,\n"
    "    email_key = CASE WHEN twins.email_rank = 1 THEN lower(email COLLATE \"C\") END\n"
    "FROM (SELECT id,\n"
    "        row_number() OVER (PARTITION BY lower(username COLLATE \"C\") ORDER BY id) AS "
    "username_rank,\n"
    "        row_number() OVER (PARTITION BY lower(email COLLATE \"C\") ORDER BY id) AS "
    "email_rank\n"
    "    FROM users) AS twins\n"
    "WHERE twins.id = users.id;\n"
    "\n"
    "INSERT INTO roles (id, name, description) VALUES\n"
    "    (1, 'Owner', 'May do everything.'),\n"
    "    (2, 'Editor', 'May read and change the event.'),\n"
    "    (3, 'Viewer', 'May read the event.')\n"
    "ON CONFLICT DO NOTHING;\n"
    "SELECT setval(pg_get_serial_sequence('roles', 'id'), (SELECT max(id) FROM roles));\n"
    "\n"
    "-- The old system wrote JSON's null.\n"
    "UPDATE events SET recurrence_pattern = NULL WHERE jsonb_typeof(recurrence_pattern) = 'null';\n"
    "\n"
    "-- The strongest of several grants; the table may have lost its constraint.\n"
    "DELETE FROM event_permissions AS weaker USING event_permissions AS stronger\n"
    "    WHERE weaker.event_id = stronger.event_id AND weaker.user_id = stronger.user_id\n"
    "    AND (weaker.role_id, weaker.id) > (stronger.role_id, stronger.id);\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS event_permissions_event_id_user_id_key\n"
    "    ON event_permissions (event_id, user_id);\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS event_versions_event_id_version_number_key\n"
    "    ON event_versions (event_id, version_number);\n"
    "\n"
    "-- An owner had no grant of its own, and could be given a lower one.\n"
    "INSERT INTO event_permissions (event_id, user_id, role_id)\n"
    "    SELECT id, owner_id, 1 FROM events ORDER BY id\n"
    "ON CONFLICT (event_id, user_id) DO UPDATE SET role_id = 1;\n"
    "\n"
    "UPDATE event_versions SET changed_by_name = users.username\n"
    "    FROM users WHERE users.id = changed_by_user_id;\n"
    "UPDATE changelog SET user_name = users.username FROM users WHERE users.id = user_id;\n"
    "UPDATE changelog SET version_number = event_versions.version_number\n"
    "    FROM event_versions WHERE event_versions.id = version_id;\n";

static const char references_and_indexes[] =
    "ALTER TABLE events\n"
    "    ADD CONSTRAINT events_owner_id_fkey\n"
    "        FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE RESTRICT;\n"
    "ALTER TABLE event_permissions\n"
    "    ADD CONSTRAINT event_permissions_event_id_fkey\n"
    "        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE,\n"
    "    ADD CONSTRAINT event_permissions_user_id_fkey\n"
    "        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,\n"
    "    ADD CONSTRAINT event_permissions_role_id_fkey\n"
    "        FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE RESTRICT;\n"
    "-- Who did something is a fact, not a reference: it stays when the account goes.\n"
    "ALTER TABLE event_versions\n"
    "    ADD CONSTRAINT event_versions_event_id_fkey\n"
    "        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE;\n"
    "ALTER TABLE changelog\n"
    "    ADD CONSTRAINT changelog_event_id_fkey\n"
    "        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE;\n"
    "\n"
    "-- What begins like a longer index, or like that of a unique column, costs and serves "
    "nobody;\n"
    "-- nor does what nobody asks for.\n"
    "DROP INDEX IF EXISTS idx_users_username, idx_users_email, idx_roles_name, "
    "idx_changelog_event_id,\n"
    "    idx_changelog_timestamp, idx_event_permissions_event_id, idx_event_permissions_user_id,\n"
    "    idx_event_permissions_role_id, idx_event_versions_event_id,\n"
    "    idx_event_versions_changed_by_user_id, idx_changelog_user_id, idx_changelog_version_id;\n"
    "\n"
    "CREATE INDEX IF NOT EXISTS idx_events_owner_id ON events (owner_id);\n"
    "CREATE INDEX IF NOT EXISTS idx_events_start_time ON events (start_time);\n"
    "CREATE INDEX idx_events_updated_at ON events (updated_at);\n"
    "CREATE INDEX idx_event_permissions_user_event ON event_permissions (user_id, event_id);\n"
    "CREATE INDEX idx_changelog_event_id ON changelog (event_id, id);\n"
    "CREATE INDEX idx_sessions_user_id ON sessions (user_id, id);\n";

static const MigrationStep first_steps[] = {
    { .run = recognise },
    { .script = old_tables },
    { .script = new_columns },
    { .script = new_tables },
    { .script = old_rows },
    { .script = references_and_indexes },
    { .run = migration_adopt_events },
};

/* -- Migration 2 ------------------------------------------------------------------------------ */

/* The event that one was split from. */
static const MigrationStep series_steps[] = {
    { .script = "ALTER TABLE events ADD COLUMN series_of BIGINT"
                " REFERENCES events (id) ON DELETE SET NULL;\n"
                "CREATE INDEX idx_events_series_of ON events (series_of)"
                " WHERE series_of IS NOT NULL;\n" },
};

/* -- Migration 3 ------------------------------------------------------------------------------ */

/* What lists look for, in the grants that they walk along, and how many events each person may
 * read: store/permissions.h. */
static const MigrationStep extent_steps[] = {
    { .script = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                "ALTER TABLE events ADD COLUMN series_start TIMESTAMPTZ;\n"
                "UPDATE events SET series_start = start_time;\n"
                "ALTER TABLE events ALTER COLUMN series_start SET NOT NULL;\n" },
    { .run = migration_find_series_starts },
    { .script =
          "ALTER TABLE event_permissions\n"
          "    ADD COLUMN start_time TIMESTAMPTZ,\n"
          "    ADD COLUMN extent_class SMALLINT,\n"
          "    ADD COLUMN hidden BOOLEAN;\n"
          "UPDATE event_permissions SET start_time = e.start_time,\n"
          "    hidden = e.deleted_at IS NOT NULL,\n"
          "    extent_class = CASE WHEN e.series_start < e.start_time THEN 6\n"
          "        WHEN e.series_end IS NULL THEN 5\n"
          "        WHEN e.series_end - e.start_time <= interval '24 hours' THEN 0\n"
          "        WHEN e.series_end - e.start_time <= 8 * interval '24 hours' THEN 1\n"
          "        WHEN e.series_end - e.start_time <= 64 * interval '24 hours' THEN 2\n"
          "        WHEN e.series_end - e.start_time <= 512 * interval '24 hours' THEN 3\n"
          "        WHEN e.series_end - e.start_time <= 4096 * interval '24 hours' THEN 4\n"
          "        ELSE 5 END\n"
          "    FROM events e WHERE e.id = event_id;\n"
          "ALTER TABLE event_permissions\n"
          "    ALTER COLUMN start_time SET NOT NULL,\n"
          "    ALTER COLUMN extent_class SET NOT NULL,\n"
          "    ALTER COLUMN hidden SET NOT NULL;\n"
          "\n"
          "-- Changed with every event that is made: room for the next form of a row beside it.\n"
          "CREATE TABLE event_counts (\n"
          "    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"
          "    shard INTEGER NOT NULL,\n"
          "    events BIGINT NOT NULL,\n"
          "    PRIMARY KEY (user_id, shard)\n"
          ") WITH (fillfactor = 50);\n"
          "INSERT INTO event_counts (user_id, shard, events)\n"
          "    SELECT user_id, 0, count(*) FROM event_permissions WHERE NOT hidden\n"
          "    GROUP BY user_id;\n"
          "\n"
          "CREATE INDEX idx_event_permissions_start ON event_permissions\n"
          "    (user_id, hidden, start_time, event_id);\n"
          "CREATE INDEX idx_event_permissions_extent ON event_permissions\n"
          "    (user_id, hidden, extent_class, start_time, event_id);\n"
          "-- The new ones serve what these did, or nothing asks for them.\n"
          "DROP INDEX idx_event_permissions_user_event, idx_events_start_time,\n"
          "    idx_events_updated_at, idx_events_owner_id;\n" },
};

/* -- The list --------------------------------------------------------------------------------- */

static const Migration migrations[] = {
    MIGRATION(first_steps),
    MIGRATION(series_steps),
    MIGRATION(extent_steps),
};

const MigrationList postgres_migrations = {
    .migrations = migrations,
    .count = sizeof(migrations) / sizeof(migrations[0]),
};
