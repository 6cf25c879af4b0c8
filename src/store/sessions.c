#include "store/sessions.h"

#include "base/limits.h"
#include "store/rows.h"
#include "store/usage.h"

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

SQL(insert_session, "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at,"
                    " last_used_at, expires_at, address, agent)"
                    " VALUES ($1, $2, 0, $3, $3, $3, $4, $5, $6) RETURNING id");

SQL(revoke_oldest_sessions,
    "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND id <= ("
    "SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id DESC"
    " LIMIT 1 OFFSET $3)");

/* A session that ended stays until it would have expired, so that a replay is still known. */
SQL(delete_expired_sessions, "DELETE FROM sessions WHERE id IN"
                             " (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)");

SQL(select_session, "SELECT {columns} FROM sessions WHERE id = $1", .table = &session_schema);

SQL(select_sessions,
    "SELECT {columns} FROM sessions"
    " WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2"
    " ORDER BY last_used_at DESC, id DESC",
    .table = &session_schema);

#define IDENTIFY(columns, first)                                                                   \
    "SELECT u.id, u.username, u.email, u.timezone, u.is_admin, s.id AS session_id" columns         \
    " FROM " first "sessions s JOIN users u ON u.id = s.user_id"                                   \
    " WHERE s.id = $1 AND u.id = $2 AND s.revoked_at IS NULL AND u.is_active"

SQL(identify_session, IDENTIFY("", ""));
/* The counts first: SQLite makes a table of its own out of them anywhere else. */
SQL(identify_writer, IDENTIFY(", " USAGE_COLUMNS, USAGE_COUNTS("$2") " CROSS JOIN "));

SQL(rotate_session, "UPDATE sessions SET generation = generation + 1, rotated_at = $3,"
                    " last_used_at = $3, expires_at = $4"
                    " WHERE id = $1 AND generation = $2 AND revoked_at IS NULL");

SQL(revoke_session, "UPDATE sessions SET revoked_at = $3"
                    " WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL");

SQL(revoke_sessions, "UPDATE sessions SET revoked_at = $3"
                     " WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL");

bool sessions_insert(Db *db, Session *session, Error *err)
{
    if (!db_insert(db, &insert_session,
                   PARAMS(INT(session->user_id), TXT(session->nonce), TIME(session->created_at),
                          TIME(session->expires_at), TXT(session->address), TXT(session->agent)),
                   &session->id, err))
        return false;
    return db_execute(
        db, &revoke_oldest_sessions,
        PARAMS(INT(session->user_id), TIME(session->created_at), INT(LIMIT_SESSIONS_PER_USER)),
        NULL, err);
}

static const RowReader session_rows = { .schema = &session_schema };

Ask *sessions_ask(Db *db, Arena *arena, int64_t id)
{
    return db_ask(db, arena, &select_session, PARAMS(INT(id)));
}

bool sessions_find(Db *db, Arena *arena, int64_t id, Session **ret_session, Error *err)
{
    return sessions_take(sessions_ask(db, arena, id), arena, ret_session, err);
}

bool sessions_take(Ask *ask, Arena *arena, Session **ret_session, Error *err)
{
    return rows_one(ask, arena, &session_rows, ret_session, err);
}

Ask *sessions_ask_list(Db *db, Arena *arena, int64_t user_id, Instant now)
{
    return db_ask(db, arena, &select_sessions, PARAMS(INT(user_id), TIME(now)));
}

bool sessions_take_list(Ask *ask, Arena *arena, List *ret_sessions, Error *err)
{
    return rows_all(ask, arena, &session_rows, ret_sessions, err);
}

Ask *sessions_ask_identity(Db *db, Arena *arena, int64_t session_id, int64_t user_id, bool writes)
{
    return db_ask(db, arena, writes ? &identify_writer : &identify_session,
                  PARAMS(INT(session_id), INT(user_id)));
}

bool sessions_take_identity(Ask *ask, Arena *arena, Identity **ret_identity, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_identity = NULL;
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows)) {
        Identity *identity = ARENA_NEW(arena, Identity);
        *identity = (Identity){
            .user_id = rows_int(&rows, "id"),
            .username = rows_text(&rows, "username", arena),
            .email = rows_text(&rows, "email", arena),
            .timezone = rows_text(&rows, "timezone", arena),
            .is_admin = rows_bool(&rows, "is_admin"),
            .session_id = rows_int(&rows, "session_id"),
            .allowance = rows_has(&rows, "used_events") ? usage_read(&rows, arena) : NULL,
        };
        *ret_identity = identity;
    }
    return rows_finish(&rows, err);
}

bool sessions_rotate(Db *db, const Session *session, Instant now, Instant expires_at,
                     bool *ret_moved, Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, &rotate_session,
                    PARAMS(INT(session->id), INT(session->generation), TIME(now), TIME(expires_at)),
                    &changed, err))
        return false;
    *ret_moved = changed == 1;
    return true;
}

bool sessions_revoke(Db *db, int64_t id, int64_t user_id, Instant now, bool *ret_found, Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, &revoke_session, PARAMS(INT(id), INT(user_id), TIME(now)), &changed, err))
        return false;
    *ret_found = changed == 1;
    return true;
}

bool sessions_delete_expired(Db *db, Instant now, int64_t at_most, int64_t *ret_count, Error *err)
{
    return db_execute(db, &delete_expired_sessions, PARAMS(TIME(now), INT(at_most)), ret_count,
                      err);
}

bool sessions_revoke_all(Db *db, int64_t user_id, int64_t except, Instant now, int64_t *ret_ended,
                         Error *err)
{
    return db_execute(db, &revoke_sessions, PARAMS(INT(user_id), INT(except), TIME(now)), ret_ended,
                      err);
}
