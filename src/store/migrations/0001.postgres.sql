-- A database of the old system and a new one take the same way: its six tables are made as it made
-- them, where they are not there yet, and then altered. So both come out the same, down to the order
-- of their columns.

-- While the old system still runs, its transactions would keep us waiting for ever.
SET LOCAL lock_timeout = '20s';

CREATE TABLE schema_version (
    version BIGINT PRIMARY KEY,
    applied_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS users (
    id SERIAL PRIMARY KEY,
    username VARCHAR(255) NOT NULL UNIQUE,
    email VARCHAR(255) NOT NULL UNIQUE,
    hashed_password VARCHAR(255) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS roles (
    id SERIAL PRIMARY KEY,
    name VARCHAR(50) NOT NULL UNIQUE,
    description VARCHAR(255)
);
ALTER TABLE roles ADD COLUMN IF NOT EXISTS meaning SMALLINT; -- 1 Owner, 2 Editor, 3 Viewer

CREATE TABLE IF NOT EXISTS events (
    id SERIAL PRIMARY KEY,
    title VARCHAR(255) NOT NULL,
    description TEXT,
    start_time TIMESTAMPTZ NOT NULL,
    end_time TIMESTAMPTZ NOT NULL,
    location VARCHAR(255),
    owner_id INTEGER NOT NULL,
    is_recurring BOOLEAN NOT NULL DEFAULT false,
    recurrence_pattern JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS event_permissions (
    id SERIAL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    UNIQUE (event_id, user_id)
);

CREATE TABLE IF NOT EXISTS event_versions (
    id SERIAL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    version_number INTEGER NOT NULL,
    data JSONB NOT NULL,
    changed_by_user_id INTEGER,
    timestamp TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (event_id, version_number)
);

CREATE TABLE IF NOT EXISTS changelog (
    id SERIAL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    version_id INTEGER,
    user_id INTEGER,
    timestamp TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    changes JSONB NOT NULL
);

-- The references come back at the end, some with another rule.
DO $$
DECLARE reference record;
BEGIN
    FOR reference IN
        SELECT conrelid::regclass AS owner, conname FROM pg_constraint
        WHERE contype = 'f' AND conrelid IN ('events'::regclass, 'event_permissions'::regclass,
            'event_versions'::regclass, 'changelog'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', reference.owner, reference.conname);
    END LOOP;
END $$;

-- Ids of 64 bits, and sequences that begin after what is there.
DO $$
DECLARE
    name text;
    seq text;
BEGIN
    FOREACH name IN ARRAY ARRAY['users', 'roles', 'events', 'event_permissions',
                                'event_versions', 'changelog']
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN id TYPE BIGINT', name);
        seq := pg_get_serial_sequence(name, 'id');
        IF seq IS NULL THEN
            seq := name || '_id_seq';
            EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', seq);
            EXECUTE format('ALTER SEQUENCE %I OWNED BY %I.id', seq, name);
            EXECUTE format('ALTER TABLE %I ALTER COLUMN id SET DEFAULT nextval(%L)', name, seq);
        END IF;
        EXECUTE format('ALTER SEQUENCE %s AS BIGINT', seq);
        EXECUTE format('SELECT setval(%L, greatest((SELECT coalesce(max(id), 0) + 1 FROM %I), '
                       '(SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM %s)), '
                       'false)', seq, name, seq);
    END LOOP;
END $$;

ALTER TABLE users
    ADD COLUMN username_key TEXT UNIQUE,
    ADD COLUMN email_key TEXT UNIQUE,
    ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN timezone TEXT;

ALTER TABLE events
    ALTER COLUMN owner_id TYPE BIGINT,
    ALTER COLUMN recurrence_pattern TYPE JSONB USING recurrence_pattern::jsonb,
    ADD COLUMN uid TEXT NOT NULL DEFAULT gen_random_uuid()::text,
    ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC',
    ADD COLUMN all_day BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN status TEXT NOT NULL DEFAULT 'confirmed'
        CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
    ADD COLUMN recurrence_overrides JSONB,
    ADD COLUMN version_number BIGINT NOT NULL DEFAULT 1 CHECK (version_number > 0),
    ADD COLUMN deleted_at TIMESTAMPTZ,
    ADD COLUMN updated_by BIGINT,
    ADD COLUMN series_end TIMESTAMPTZ; -- last moment of any occurrence; null: never ends
ALTER TABLE events
    ALTER COLUMN uid DROP DEFAULT,
    ALTER COLUMN version_number DROP DEFAULT,
    ADD CONSTRAINT events_owner_id_uid_key UNIQUE (owner_id, uid);

ALTER TABLE event_permissions
    ALTER COLUMN event_id TYPE BIGINT,
    ALTER COLUMN user_id TYPE BIGINT,
    ALTER COLUMN role_id TYPE BIGINT,
    ADD COLUMN granted_by BIGINT,
    ADD COLUMN granted_at TIMESTAMPTZ;

-- What is there now came from the old system.
ALTER TABLE event_versions
    ALTER COLUMN event_id TYPE BIGINT,
    ALTER COLUMN version_number TYPE BIGINT,
    ALTER COLUMN changed_by_user_id TYPE BIGINT,
    ALTER COLUMN data TYPE JSONB USING data::jsonb,
    ADD COLUMN change_type TEXT NOT NULL DEFAULT 'update',
    ADD COLUMN comment TEXT,
    ADD COLUMN changed_by_name TEXT,
    ADD COLUMN changed_fields JSONB,
    ADD COLUMN origin TEXT NOT NULL DEFAULT 'old' CHECK (origin IN ('fasti', 'old'));
ALTER TABLE event_versions
    ALTER COLUMN change_type DROP DEFAULT,
    ALTER COLUMN origin SET DEFAULT 'fasti';

ALTER TABLE changelog
    ALTER COLUMN event_id TYPE BIGINT,
    ALTER COLUMN version_id TYPE BIGINT,
    ALTER COLUMN user_id TYPE BIGINT,
    ALTER COLUMN changes TYPE JSONB USING changes::jsonb,
    ADD COLUMN version_number BIGINT,
    ADD COLUMN change_type TEXT NOT NULL DEFAULT 'update',
    ADD COLUMN comment TEXT,
    ADD COLUMN user_name TEXT,
    ADD COLUMN hash TEXT;
ALTER TABLE changelog ALTER COLUMN change_type DROP DEFAULT;

CREATE TABLE sessions (
    id BIGSERIAL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    generation BIGINT NOT NULL,
    rotated_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    address TEXT,
    agent TEXT,
    revoked_at TIMESTAMPTZ
);

CREATE TABLE login_attempts (
    key TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    window_start TIMESTAMPTZ NOT NULL
);

CREATE TABLE audit (
    id BIGSERIAL PRIMARY KEY,
    timestamp TIMESTAMPTZ NOT NULL,
    user_id BIGINT, -- no reference: the trail outlives the account
    user_name TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail JSONB
);

-- ASCII letters only, whatever the database's locale: two names that differ in case keep their
-- accounts, and the later one is found by its exact name alone.
UPDATE users SET
    username_key = CASE WHEN twins.username_rank = 1 THEN lower(username COLLATE "C") END,
    email_key = CASE WHEN twins.email_rank = 1 THEN lower(email COLLATE "C") END
FROM (SELECT id,
        row_number() OVER (PARTITION BY lower(username COLLATE "C") ORDER BY id) AS username_rank,
        row_number() OVER (PARTITION BY lower(email COLLATE "C") ORDER BY id) AS email_rank
    FROM users) AS twins
WHERE twins.id = users.id;

-- A role that no row means gets the id that it has in a new database, unless another has it.
INSERT INTO roles (id, name, description, meaning)
    SELECT CASE WHEN EXISTS (SELECT 1 FROM roles WHERE roles.id = ours.meaning)
            THEN ours.meaning + (SELECT greatest(max(id), 3) FROM roles)
            ELSE ours.meaning END, ours.name, ours.description, ours.meaning
    FROM (VALUES
        (1, 'Owner', 'May do everything.'),
        (2, 'Editor', 'May read and change the event.'),
        (3, 'Viewer', 'May read the event.')) AS ours (meaning, name, description)
    WHERE NOT EXISTS (SELECT 1 FROM roles WHERE roles.meaning = ours.meaning);
SELECT setval(pg_get_serial_sequence('roles', 'id'), (SELECT max(id) FROM roles));

-- The old system wrote JSON's null.
UPDATE events SET recurrence_pattern = NULL WHERE jsonb_typeof(recurrence_pattern) = 'null';

-- The strongest of several grants; the table may have lost its constraint.
DELETE FROM event_permissions AS weaker USING event_permissions AS stronger
    WHERE weaker.event_id = stronger.event_id AND weaker.user_id = stronger.user_id
    AND (coalesce((SELECT meaning FROM roles WHERE id = weaker.role_id), 4), weaker.id) >
        (coalesce((SELECT meaning FROM roles WHERE id = stronger.role_id), 4), stronger.id);
CREATE UNIQUE INDEX IF NOT EXISTS event_permissions_event_id_user_id_key
    ON event_permissions (event_id, user_id);
CREATE UNIQUE INDEX IF NOT EXISTS event_versions_event_id_version_number_key
    ON event_versions (event_id, version_number);

-- An owner had no grant of its own, and could be given a lower one.
INSERT INTO event_permissions (event_id, user_id, role_id)
    SELECT id, owner_id, (SELECT min(id) FROM roles WHERE meaning = 1) FROM events ORDER BY id
ON CONFLICT (event_id, user_id) DO UPDATE SET role_id = excluded.role_id;

UPDATE event_versions SET changed_by_name = users.username
    FROM users WHERE users.id = changed_by_user_id;
UPDATE changelog SET user_name = users.username FROM users WHERE users.id = user_id;
UPDATE changelog SET version_number = event_versions.version_number
    FROM event_versions WHERE event_versions.id = version_id;

ALTER TABLE events
    ADD CONSTRAINT events_owner_id_fkey
        FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE event_permissions
    ADD CONSTRAINT event_permissions_event_id_fkey
        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE,
    ADD CONSTRAINT event_permissions_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    ADD CONSTRAINT event_permissions_role_id_fkey
        FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE RESTRICT;
-- Who did something is a fact, not a reference: it stays when the account goes.
ALTER TABLE event_versions
    ADD CONSTRAINT event_versions_event_id_fkey
        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE;
ALTER TABLE changelog
    ADD CONSTRAINT changelog_event_id_fkey
        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE;

-- What begins like a longer index, or like that of a unique column, costs and serves nobody;
-- nor does what nobody asks for.
DROP INDEX IF EXISTS idx_users_username, idx_users_email, idx_roles_name, idx_changelog_event_id,
    idx_changelog_timestamp, idx_event_permissions_event_id, idx_event_permissions_user_id,
    idx_event_permissions_role_id, idx_event_versions_event_id,
    idx_event_versions_changed_by_user_id, idx_changelog_user_id, idx_changelog_version_id;

CREATE INDEX IF NOT EXISTS idx_events_owner_id ON events (owner_id);
CREATE INDEX IF NOT EXISTS idx_events_start_time ON events (start_time);
CREATE INDEX idx_events_updated_at ON events (updated_at);
CREATE INDEX idx_event_permissions_user_event ON event_permissions (user_id, event_id);
CREATE INDEX idx_changelog_event_id ON changelog (event_id, id);
CREATE INDEX idx_sessions_user_id ON sessions (user_id, id);
