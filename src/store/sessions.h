/* Sessions - where people are signed in. One row is one family of refresh tokens: each refresh
 * moves `generation` on; a token of an older generation is a replay and ends the family. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* Where somebody is signed in: one refresh-token family. */
typedef struct Session {
    Members given;
    int64_t id;
    int64_t user_id;
    const char *nonce;
    int64_t generation;
    Instant rotated_at;
    Instant created_at;
    Instant last_used_at;
    Instant expires_at;
    Instant revoked_at;
    const char *address;
    const char *agent;
    bool is_current; /* the one that asks */
} Session;

extern const Schema session_schema;

/* Sets session->id. The oldest sessions beyond LIMIT_SESSIONS_PER_USER end. */
bool sessions_insert(Db *db, Session *session, Error *err);

/* NULL when there is none; also one that has ended. */
bool sessions_find(Db *db, Arena *arena, int64_t id, Session **ret_session, Error *err);

/* The same in two halves. */
Ask *sessions_ask(Db *db, Arena *arena, int64_t id);
bool sessions_take(Ask *ask, Arena *arena, Session **ret_session, Error *err);

/* Who holds this session, if it is alive and its user active; else *ret_identity is NULL. Who
 * `writes` has an allowance. */
Ask *sessions_ask_identity(Db *db, Arena *arena, int64_t session_id, int64_t user_id, bool writes);
bool sessions_take_identity(Ask *ask, Arena *arena, Identity **ret_identity, Error *err);

/* Moves the generation from `session->generation` on; *ret_moved false: somebody was faster. */
bool sessions_rotate(Db *db, const Session *session, Instant now, Instant expires_at,
                     bool *ret_moved, Error *err);

/* The living ones of a user, the one used last first. */
Ask *sessions_ask_list(Db *db, Arena *arena, int64_t user_id, Instant now);
bool sessions_take_list(Ask *ask, Arena *arena, List *ret_sessions, Error *err);

/* Ends one; *ret_found false: this user has no such living session. */
bool sessions_revoke(Db *db, int64_t id, int64_t user_id, Instant now, bool *ret_found, Error *err);

/* Some of those that would have ended by themselves by now. */
bool sessions_delete_expired(Db *db, Instant now, int64_t at_most, int64_t *ret_count, Error *err);

/* Ends all of a user's sessions but `except` (0: none is spared). *ret_ended (or NULL): how many
 * lived until now. */
bool sessions_revoke_all(Db *db, int64_t user_id, int64_t except, Instant now, int64_t *ret_ended,
                         Error *err);
