#include "store/records.h"

#include "base/config.h"
#include "base/limits.h"
#include "store/sessions.h"
#include "store/users.h"

static const Field user_fields[] = {
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Assigned by the server.", .example = "7"),
    TEXT(User, username, .flags = READ_ONLY, .max = 255, .doc = "The name to sign in with.",
         .example = "\"amira\""),
    TEXT(User, email, .flags = READ_ONLY, .max = 255, .format = "email",
         .doc = "Shown to the person and to administrators only.",
         .example = "\"amira@example.org\""),
    TEXT(User, display_name, .flags = READ_ONLY | NULLABLE, .max = LIMIT_DISPLAY_NAME,
         .doc = "What the person wants to be called; null: no more than the user name.",
         .example = "\"Amira Haddad\""),
    BOOLEAN(User, is_admin, .flags = READ_ONLY, .doc = "May manage accounts.", .example = "false"),
    BOOLEAN(User, is_active, .flags = READ_ONLY,
            .doc = "False: the account is disabled and cannot sign in.", .example = "true"),
    TEXT(User, timezone, .flags = READ_ONLY | NULLABLE, .max = 64,
         .doc = "IANA time zone that new events get when they name none; null is UTC.",
         .example = "\"Europe/Zurich\""),
    CHOICE(User, free_busy, .flags = READ_ONLY, .choices = free_busy_names,
           .doc = "Who sees when the person is busy: people they know, everyone, or nobody.",
           .example = "\"known\""),
    INSTANT(User, created_at, .flags = READ_ONLY, .doc = "When the account was made.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INSTANT(User, updated_at, .flags = READ_ONLY, .doc = "When it was last changed.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INTEGER(User, quota_events, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most live events that they may own; left out: what everybody may.",
            .example = "100000"),
    INTEGER(User, quota_bytes, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most bytes of these; left out: what everybody may."),
    INTEGER(User, quota_history_bytes, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most bytes of history that they may write; left out: what everybody may."),
    INTEGER(User, quota_grants, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most roles that they may give to others; left out: what everybody may."),
};

static const Field user_unseen[] = { TEXT(User, hashed_password, .flags = WRITE_ONLY) };

const Schema user_schema = SCHEMA(User, user_fields, UNSEEN(user_unseen), .doc = "An account.");

static const Field session_fields[] = {
    INTEGER(Session, id, .flags = READ_ONLY, .doc = "Names the session when it is ended.",
            .example = "12"),
    INSTANT(Session, created_at, .flags = READ_ONLY, .doc = "When the person signed in.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INSTANT(Session, last_used_at, .flags = READ_ONLY,
            .doc = "When its tokens were last refreshed.", .example = "\"2026-03-02T08:00:00Z\""),
    INSTANT(Session, expires_at, .flags = READ_ONLY,
            .doc = "When it ends unless it is refreshed before.",
            .example = "\"2026-03-31T08:00:00Z\""),
    TEXT(Session, address, .flags = READ_ONLY | NULLABLE, .max = 64,
         .doc = "The network address it was opened from.", .example = "\"192.0.2.7\""),
    TEXT(Session, agent, .flags = READ_ONLY | NULLABLE, .max = 255,
         .doc = "What the program called itself (User-Agent).", .example = "\"curl/7.88\""),
    BOOLEAN(Session, is_current, .flags = READ_ONLY | DERIVED,
            .doc = "True for the session that asks.", .example = "true"),
};

static const Field session_unseen[] = {
    INTEGER(Session, user_id, .flags = WRITTEN_ONCE),
    TEXT(Session, nonce, .flags = WRITTEN_ONCE),
    INTEGER(Session, generation, .flags = READ_ONLY),
    INSTANT(Session, rotated_at, .flags = READ_ONLY),
    INSTANT(Session, revoked_at, .flags = READ_ONLY | NULLABLE),
};

const Schema session_schema = SCHEMA(Session, session_fields, UNSEEN(session_unseen),
                                     .doc = "A place where somebody is signed in.");
