-- Times are microseconds since 1970 in UTC, booleans 0 and 1, JSON is text that only our own writer
-- makes (json_valid cannot stand in a CHECK with trusted_schema=OFF). STRICT tables refuse a value
-- of another type. Ids are never used again (AUTOINCREMENT), as with PostgreSQL's sequences: an id
-- in somebody's hands must not come to mean another thing. Who did something is a fact, not a
-- reference: it stays when the account goes.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    hashed_password TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    username_key TEXT UNIQUE, -- the canonical forms
    email_key TEXT UNIQUE,
    is_admin INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    timezone TEXT
) STRICT;

CREATE TABLE roles (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT
) STRICT;
INSERT INTO roles (id, name, description) VALUES
    (1, 'Owner', 'May do everything.'),
    (2, 'Editor', 'May read and change the event.'),
    (3, 'Viewer', 'May read the event.');

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    description TEXT,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    location TEXT,
    owner_id INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    is_recurring INTEGER NOT NULL DEFAULT 0 CHECK (is_recurring IN (0, 1)),
    recurrence_pattern TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    uid TEXT NOT NULL,
    timezone TEXT NOT NULL DEFAULT 'UTC',
    all_day INTEGER NOT NULL DEFAULT 0 CHECK (all_day IN (0, 1)),
    status TEXT NOT NULL DEFAULT 'confirmed'
        CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
    recurrence_overrides TEXT,
    version_number INTEGER NOT NULL CHECK (version_number > 0),
    deleted_at INTEGER,
    updated_by INTEGER,
    series_end INTEGER, -- last moment of any occurrence; null: never ends
    UNIQUE (owner_id, uid)
) STRICT;
CREATE INDEX idx_events_owner_id ON events (owner_id);
CREATE INDEX idx_events_start_time ON events (start_time);
CREATE INDEX idx_events_updated_at ON events (updated_at);

CREATE TABLE event_permissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id INTEGER NOT NULL REFERENCES roles (id) ON DELETE RESTRICT,
    granted_by INTEGER,
    granted_at INTEGER,
    UNIQUE (event_id, user_id)
) STRICT;
CREATE INDEX idx_event_permissions_user_event ON event_permissions (user_id, event_id);

CREATE TABLE event_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    version_number INTEGER NOT NULL,
    data TEXT NOT NULL,
    changed_by_user_id INTEGER,
    timestamp INTEGER NOT NULL,
    change_type TEXT NOT NULL,
    comment TEXT,
    changed_by_name TEXT,
    changed_fields TEXT,
    origin TEXT NOT NULL DEFAULT 'fasti' CHECK (origin IN ('fasti', 'old')),
    UNIQUE (event_id, version_number)
) STRICT;

CREATE TABLE changelog (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    version_id INTEGER,
    user_id INTEGER,
    timestamp INTEGER NOT NULL,
    changes TEXT NOT NULL,
    version_number INTEGER,
    change_type TEXT NOT NULL,
    comment TEXT,
    user_name TEXT,
    hash TEXT
) STRICT;
CREATE INDEX idx_changelog_event_id ON changelog (event_id, id);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT,
    agent TEXT,
    revoked_at INTEGER
) STRICT;
CREATE INDEX idx_sessions_user_id ON sessions (user_id, id);

CREATE TABLE login_attempts (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    window_start INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit ( -- outlives what it speaks of: no references
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    user_id INTEGER,
    user_name TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT
) STRICT;
