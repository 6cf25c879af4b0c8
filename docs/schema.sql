-- Fasti's schema as it is after all migrations, for each kind of database. `fasti schema` prints
-- this; tests/api/test_schema.py compares it with new databases, and writes it:
-- FASTI_TEST_WRITE_SCHEMA=1 pytest tests/api/test_schema.py

-- == SQLite

CREATE TABLE audit ( -- outlives what it speaks of: no references
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    user_id INTEGER,
    user_name TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT
, address TEXT, bytes INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE blocks ( user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, blocked_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, created_at INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)), place INTEGER, PRIMARY KEY (user_id, blocked_id)) STRICT, WITHOUT ROWID;

CREATE INDEX idx_blocks_blocked_id ON blocks (blocked_id);

CREATE INDEX idx_blocks_unfinished ON blocks (user_id, blocked_id) WHERE place IS NOT NULL;

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
, bytes INTEGER NOT NULL DEFAULT 0, change_set_id INTEGER) STRICT;

CREATE INDEX idx_changelog_change_set_id ON changelog (change_set_id);

CREATE INDEX idx_changelog_event_id ON changelog (event_id, id);

CREATE INDEX idx_changelog_zone_updates ON changelog (id) WHERE change_type = 'zone_update';

CREATE INDEX idx_changelog_zone_updates_of_event ON changelog (event_id, id) WHERE change_type = 'zone_update';

CREATE TABLE departures ( user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, username TEXT NOT NULL, heir_id INTEGER, by_id INTEGER, by_name TEXT, address TEXT) STRICT;

CREATE INDEX idx_departures_heir_id ON departures (heir_id) WHERE heir_id IS NOT NULL;

CREATE TABLE erasures ( user_id INTEGER PRIMARY KEY, username TEXT NOT NULL, email TEXT NOT NULL, display_name TEXT, username_key TEXT, email_key TEXT, pass INTEGER DEFAULT 0, last_id INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE event_counts ( user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, shard INTEGER NOT NULL, events INTEGER NOT NULL, owned_events INTEGER NOT NULL DEFAULT 0, owned_bytes INTEGER NOT NULL DEFAULT 0, history_bytes INTEGER NOT NULL DEFAULT 0, given_roles INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (user_id, shard)) STRICT, WITHOUT ROWID;

CREATE TABLE event_permissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id INTEGER NOT NULL REFERENCES roles (id) ON DELETE RESTRICT,
    granted_by INTEGER,
    granted_at INTEGER, start_time INTEGER NOT NULL DEFAULT 0, extent_class INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)), meaning INTEGER NOT NULL DEFAULT 3 CHECK (meaning BETWEEN 1 AND 3), answer TEXT CHECK (answer = 'yes' OR answer = 'maybe' OR answer = 'no'), accepted_from INTEGER, known_giver INTEGER, named_by INTEGER, named_email TEXT, refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
    UNIQUE (event_id, user_id)
) STRICT;

CREATE INDEX idx_event_permissions_accepted ON event_permissions (user_id, accepted_from) WHERE accepted_from IS NOT NULL;

CREATE INDEX idx_event_permissions_extent ON event_permissions (user_id, hidden, extent_class, start_time, event_id);

CREATE INDEX idx_event_permissions_given ON event_permissions (granted_by, user_id) WHERE granted_by <> user_id;

CREATE INDEX idx_event_permissions_giver ON event_permissions (user_id, known_giver) WHERE known_giver IS NOT NULL;

CREATE INDEX idx_event_permissions_start ON event_permissions (user_id, hidden, start_time, event_id);

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
    origin TEXT NOT NULL DEFAULT 'fasti' CHECK (origin IN ('fasti', 'old')), local_times TEXT,
    UNIQUE (event_id, version_number)
) STRICT;

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
        CHECK (status = 'confirmed' OR status = 'tentative' OR status = 'cancelled'),
    recurrence_overrides TEXT,
    version_number INTEGER NOT NULL CHECK (version_number > 0),
    deleted_at INTEGER,
    updated_by INTEGER,
    series_end INTEGER, series_of INTEGER REFERENCES events (id) ON DELETE SET NULL, series_start INTEGER NOT NULL DEFAULT 0, document_bytes INTEGER NOT NULL DEFAULT 0, transparency TEXT NOT NULL DEFAULT 'opaque' CHECK (transparency IN ('opaque', 'transparent')), start_local INTEGER NOT NULL DEFAULT 0, end_local INTEGER NOT NULL DEFAULT 0, start_is_second INTEGER NOT NULL DEFAULT 0 CHECK (start_is_second IN (0, 1)), end_is_second INTEGER NOT NULL DEFAULT 0 CHECK (end_is_second IN (0, 1)), local_times TEXT, zone_rules INTEGER NOT NULL DEFAULT 0, zone_release TEXT, -- last moment of any occurrence; null: never ends
    UNIQUE (owner_id, uid)
) STRICT;

CREATE INDEX idx_events_series_of ON events (series_of) WHERE series_of IS NOT NULL;

CREATE TABLE idempotency_keys (    id INTEGER PRIMARY KEY,    user_id INTEGER NOT NULL,    name TEXT NOT NULL,    digest TEXT NOT NULL,    created_at INTEGER NOT NULL,    status INTEGER NOT NULL,    headers TEXT NOT NULL,    body TEXT,    bytes INTEGER NOT NULL,    UNIQUE (user_id, name)) STRICT;

CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE INDEX idx_idempotency_keys_usage ON idempotency_keys (user_id, created_at, bytes);

CREATE TABLE known_networks ( user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, network TEXT NOT NULL, last_used_at INTEGER NOT NULL, PRIMARY KEY (user_id, network)) STRICT, WITHOUT ROWID;

CREATE INDEX idx_known_networks_last_used_at ON known_networks (last_used_at);

CREATE TABLE login_attempts (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    window_start INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_login_attempts_window_start ON login_attempts (window_start);

CREATE TABLE removals ( event_id INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE) STRICT;

CREATE TABLE roles (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT
, meaning INTEGER NOT NULL DEFAULT 3 CONSTRAINT meaning_of_roles CHECK (meaning BETWEEN 1 AND 3)) STRICT;

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE search_texts ( event_id INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE, title TEXT, location TEXT, description TEXT) STRICT;

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

CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE INDEX idx_sessions_user_id ON sessions (user_id, id);

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
, quota_events INTEGER, quota_bytes INTEGER, quota_history_bytes INTEGER, quota_grants INTEGER, display_name TEXT, free_busy TEXT NOT NULL DEFAULT 'known' CHECK (free_busy = 'known' OR free_busy = 'everyone' OR free_busy = 'nobody')) STRICT;

CREATE INDEX idx_users_admins ON users (id) WHERE is_admin;

-- == PostgreSQL

CREATE TABLE audit (
    id bigserial,
    "timestamp" timestamp with time zone NOT NULL,
    user_id bigint,
    user_name text,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb,
    address text,
    bytes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE TABLE blocks (
    user_id bigint NOT NULL,
    blocked_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended boolean DEFAULT false NOT NULL,
    place bigint,
    CONSTRAINT blocks_pkey PRIMARY KEY (user_id, blocked_id)
);

CREATE TABLE changelog (
    id bigserial,
    event_id bigint NOT NULL,
    version_id bigint,
    user_id bigint,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    changes jsonb NOT NULL,
    version_number bigint,
    change_type text NOT NULL,
    comment text,
    user_name text,
    hash text,
    bytes bigint DEFAULT 0 NOT NULL,
    change_set_id bigint,
    CONSTRAINT changelog_pkey PRIMARY KEY (id)
);

CREATE TABLE departures (
    user_id bigint NOT NULL,
    username text NOT NULL,
    heir_id bigint,
    by_id bigint,
    by_name text,
    address text,
    CONSTRAINT departures_pkey PRIMARY KEY (user_id)
);

CREATE TABLE erasures (
    user_id bigint NOT NULL,
    username text NOT NULL,
    email text NOT NULL,
    display_name text,
    username_key text,
    email_key text,
    pass bigint DEFAULT 0,
    last_id bigint DEFAULT 0 NOT NULL,
    CONSTRAINT erasures_pkey PRIMARY KEY (user_id)
);

CREATE TABLE event_counts (
    user_id bigint NOT NULL,
    shard integer NOT NULL,
    events bigint NOT NULL,
    owned_events bigint DEFAULT 0 NOT NULL,
    owned_bytes bigint DEFAULT 0 NOT NULL,
    history_bytes bigint DEFAULT 0 NOT NULL,
    given_roles bigint DEFAULT 0 NOT NULL,
    CONSTRAINT event_counts_pkey PRIMARY KEY (user_id, shard)
) WITH (fillfactor=50);

CREATE TABLE event_permissions (
    id bigserial,
    event_id bigint NOT NULL,
    user_id bigint NOT NULL,
    role_id bigint NOT NULL,
    granted_by bigint,
    granted_at timestamp with time zone,
    start_time timestamp with time zone NOT NULL,
    extent_class smallint NOT NULL,
    hidden boolean NOT NULL,
    meaning smallint NOT NULL,
    answer text,
    accepted_from bigint,
    known_giver bigint,
    named_by bigint,
    named_email text,
    refused boolean DEFAULT false NOT NULL,
    CONSTRAINT event_permissions_pkey PRIMARY KEY (id),
    CONSTRAINT event_permissions_answer_check CHECK ((answer = ANY (ARRAY['yes'::text, 'maybe'::text, 'no'::text]))),
    CONSTRAINT event_permissions_event_id_user_id_key UNIQUE (event_id, user_id),
    CONSTRAINT event_permissions_meaning_check CHECK ((meaning = ANY (ARRAY[1, 2, 3])))
);

CREATE TABLE event_versions (
    id bigserial,
    event_id bigint NOT NULL,
    version_number bigint NOT NULL,
    data jsonb NOT NULL,
    changed_by_user_id bigint,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    change_type text NOT NULL,
    comment text,
    changed_by_name text,
    changed_fields jsonb,
    origin text DEFAULT 'fasti'::text NOT NULL,
    local_times jsonb,
    CONSTRAINT event_versions_pkey PRIMARY KEY (id),
    CONSTRAINT event_versions_event_id_version_number_key UNIQUE (event_id, version_number),
    CONSTRAINT event_versions_origin_check CHECK ((origin = ANY (ARRAY['fasti'::text, 'old'::text])))
);

CREATE TABLE events (
    id bigserial,
    title character varying(255) NOT NULL,
    description text,
    start_time timestamp with time zone NOT NULL,
    end_time timestamp with time zone NOT NULL,
    location character varying(255),
    owner_id bigint NOT NULL,
    is_recurring boolean DEFAULT false NOT NULL,
    recurrence_pattern jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    uid text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    all_day boolean DEFAULT false NOT NULL,
    status text DEFAULT 'confirmed'::text NOT NULL,
    recurrence_overrides jsonb,
    version_number bigint NOT NULL,
    deleted_at timestamp with time zone,
    updated_by bigint,
    series_end timestamp with time zone,
    series_of bigint,
    series_start timestamp with time zone NOT NULL,
    document_bytes bigint DEFAULT 0 NOT NULL,
    transparency text DEFAULT 'opaque'::text NOT NULL,
    start_local timestamp without time zone DEFAULT '1970-01-01 00:00:00'::timestamp without time zone NOT NULL,
    end_local timestamp without time zone DEFAULT '1970-01-01 00:00:00'::timestamp without time zone NOT NULL,
    start_is_second boolean DEFAULT false NOT NULL,
    end_is_second boolean DEFAULT false NOT NULL,
    local_times jsonb,
    zone_rules bigint DEFAULT 0 NOT NULL,
    zone_release text,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_owner_id_uid_key UNIQUE (owner_id, uid),
    CONSTRAINT events_status_check CHECK ((status = ANY (ARRAY['confirmed'::text, 'tentative'::text, 'cancelled'::text]))),
    CONSTRAINT events_transparency_check CHECK ((transparency = ANY (ARRAY['opaque'::text, 'transparent'::text]))),
    CONSTRAINT events_version_number_check CHECK ((version_number > 0))
);

CREATE TABLE idempotency_keys (
    id bigserial,
    user_id bigint NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    status bigint NOT NULL,
    headers text NOT NULL,
    body text,
    bytes bigint NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
    CONSTRAINT idempotency_keys_user_id_name_key UNIQUE (user_id, name)
);

CREATE TABLE known_networks (
    user_id bigint NOT NULL,
    network text NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    CONSTRAINT known_networks_pkey PRIMARY KEY (user_id, network)
);

CREATE TABLE login_attempts (
    key text NOT NULL,
    count bigint NOT NULL,
    window_start timestamp with time zone NOT NULL,
    CONSTRAINT login_attempts_pkey PRIMARY KEY (key)
);

CREATE TABLE removals (
    event_id bigint NOT NULL,
    CONSTRAINT removals_pkey PRIMARY KEY (event_id)
);

CREATE TABLE roles (
    id bigserial,
    name character varying(50) NOT NULL,
    description character varying(255),
    meaning smallint NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_meaning_check CHECK ((meaning = ANY (ARRAY[1, 2, 3]))),
    CONSTRAINT roles_name_key UNIQUE (name)
);

CREATE TABLE schema_version (
    version bigint NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    CONSTRAINT schema_version_pkey PRIMARY KEY (version)
);

CREATE TABLE search_texts (
    event_id bigint NOT NULL,
    title text,
    location text,
    description text,
    CONSTRAINT search_texts_pkey PRIMARY KEY (event_id)
);

CREATE TABLE sessions (
    id bigserial,
    user_id bigint NOT NULL,
    nonce text NOT NULL,
    generation bigint NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    address text,
    agent text,
    revoked_at timestamp with time zone,
    CONSTRAINT sessions_pkey PRIMARY KEY (id)
);

CREATE TABLE users (
    id bigserial,
    username character varying(255) NOT NULL,
    email character varying(255) NOT NULL,
    hashed_password character varying(255) NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    username_key text,
    email_key text,
    is_admin boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    timezone text,
    quota_events bigint,
    quota_bytes bigint,
    quota_history_bytes bigint,
    quota_grants bigint,
    display_name text,
    free_busy text DEFAULT 'known'::text NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_email_key_key UNIQUE (email_key),
    CONSTRAINT users_free_busy_check CHECK ((free_busy = ANY (ARRAY['known'::text, 'everyone'::text, 'nobody'::text]))),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_username_key_key UNIQUE (username_key)
);

ALTER TABLE blocks ADD CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE blocks ADD CONSTRAINT blocks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE changelog ADD CONSTRAINT changelog_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE;

ALTER TABLE departures ADD CONSTRAINT departures_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE event_counts ADD CONSTRAINT event_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE event_permissions ADD CONSTRAINT event_permissions_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE;

ALTER TABLE event_permissions ADD CONSTRAINT event_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE RESTRICT;

ALTER TABLE event_permissions ADD CONSTRAINT event_permissions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE event_versions ADD CONSTRAINT event_versions_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE;

ALTER TABLE events ADD CONSTRAINT events_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users(id) ON DELETE RESTRICT;

ALTER TABLE events ADD CONSTRAINT events_series_of_fkey FOREIGN KEY (series_of) REFERENCES events(id) ON DELETE SET NULL;

ALTER TABLE known_networks ADD CONSTRAINT known_networks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

ALTER TABLE removals ADD CONSTRAINT removals_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE;

ALTER TABLE search_texts ADD CONSTRAINT search_texts_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE;

ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;

CREATE INDEX idx_blocks_blocked_id ON blocks USING btree (blocked_id);

CREATE INDEX idx_blocks_unfinished ON blocks USING btree (user_id, blocked_id) WHERE (place IS NOT NULL);

CREATE INDEX idx_changelog_change_set_id ON changelog USING btree (change_set_id);

CREATE INDEX idx_changelog_event_id ON changelog USING btree (event_id, id);

CREATE INDEX idx_changelog_zone_updates ON changelog USING btree (id) WHERE (change_type = 'zone_update'::text);

CREATE INDEX idx_changelog_zone_updates_of_event ON changelog USING btree (event_id, id) WHERE (change_type = 'zone_update'::text);

CREATE INDEX idx_departures_heir_id ON departures USING btree (heir_id) WHERE (heir_id IS NOT NULL);

CREATE INDEX idx_event_permissions_accepted ON event_permissions USING btree (user_id, accepted_from) WHERE (accepted_from IS NOT NULL);

CREATE INDEX idx_event_permissions_extent ON event_permissions USING btree (user_id, hidden, extent_class, start_time, event_id);

CREATE INDEX idx_event_permissions_given ON event_permissions USING btree (granted_by, user_id) WHERE (granted_by <> user_id);

CREATE INDEX idx_event_permissions_giver ON event_permissions USING btree (user_id, known_giver) WHERE (known_giver IS NOT NULL);

CREATE INDEX idx_event_permissions_start ON event_permissions USING btree (user_id, hidden, start_time, event_id);

CREATE INDEX idx_events_series_of ON events USING btree (series_of) WHERE (series_of IS NOT NULL);

CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys USING btree (created_at);

CREATE INDEX idx_idempotency_keys_usage ON idempotency_keys USING btree (user_id, created_at, bytes);

CREATE INDEX idx_known_networks_last_used_at ON known_networks USING btree (last_used_at);

CREATE INDEX idx_login_attempts_window_start ON login_attempts USING btree (window_start);

CREATE INDEX idx_sessions_expires_at ON sessions USING btree (expires_at);

CREATE INDEX idx_sessions_user_id ON sessions USING btree (user_id, id);

CREATE INDEX idx_users_admins ON users USING btree (id) WHERE is_admin;

