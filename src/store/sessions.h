/* Sessions - where people are signed in. One row is one family of refresh tokens: each refresh
 * moves `generation` on; a token of an older generation is a replay and ends the family. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

extern const Schema session_schema;

/* Sets session->id. The oldest sessions beyond LIMIT_SESSIONS_PER_USER end. */
bool sessions_insert(Db *db, Session *session, Error *err);

/* Each gives NULL when there is none. `sessions_find` also gives one that has ended. */
bool sessions_find(Db *db, Arena *arena, int64_t id, Session **ret_session, Error *err);

/* sessions_identify with the same values comes soon: db_foresee. */
void sessions_foresee(Db *db, int64_t session_id, int64_t user_id);

/* Who holds this session, if it is alive and its user active; else *ret_identity is NULL. */
bool sessions_identify(Db *db, Arena *arena, int64_t session_id, int64_t user_id,
                       Identity **ret_identity, Error *err);

/* Moves the generation from `session->generation` on; *ret_moved false: somebody was faster. */
bool sessions_rotate(Db *db, const Session *session, Instant now, Instant expires_at,
                     bool *ret_moved, Error *err);

bool sessions_list(Db *db, Arena *arena, int64_t user_id, Instant now, List *ret_sessions,
                   Error *err);

/* Ends one; *ret_found false: this user has no such living session. */
bool sessions_revoke(Db *db, int64_t id, int64_t user_id, Instant now, bool *ret_found, Error *err);

/* Ends all of a user's sessions but `except` (0: none is spared). */
bool sessions_revoke_all(Db *db, int64_t user_id, int64_t except, Instant now, Error *err);
