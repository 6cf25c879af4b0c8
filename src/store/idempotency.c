#include "store/idempotency.h"

#include <string.h>

#include "base/limits.h"

/* A lock of PostgreSQL's on a number, which ends with the transaction. */
#define KEY LOCK_NUMBER("idempotency_keys", "$1")
SQL_DIALECTS(lock_key, .sqlite = "SELECT 1 AS n",
             .postgres = "SELECT CASE WHEN pg_try_advisory_xact_lock(" KEY
                         ") THEN 1 ELSE 0 END AS n");

SQL(select_key, "SELECT digest, status, headers, body FROM idempotency_keys"
                " WHERE user_id = $1 AND name = $2 AND created_at > $3");

SQL(select_key_usage,
    "SELECT count(*) AS n, CAST(COALESCE(sum(bytes), 0) AS BIGINT) AS bytes,"
    " min(created_at) AS oldest FROM idempotency_keys WHERE user_id = $1 AND created_at > $2");

SQL(insert_key,
    "INSERT INTO idempotency_keys"
    " (user_id, name, digest, created_at, status, headers, body, bytes)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " ON CONFLICT (user_id, name) DO UPDATE SET digest = excluded.digest,"
    " created_at = excluded.created_at, status = excluded.status, headers = excluded.headers,"
    " body = excluded.body, bytes = excluded.bytes");

SQL(delete_keys, "DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys"
                 " WHERE created_at <= $1 ORDER BY created_at LIMIT $2)");

Instant idempotency_oldest(Instant now)
{
    return now - LIMIT_KEY_HOURS * 3600 * SECOND_US;
}

Ask *idempotency_ask_lock(Db *db, Arena *arena, int64_t number)
{
    return db_ask(db, arena, &lock_key, PARAMS(INT(number)));
}

Ask *idempotency_ask(Db *db, Arena *arena, const KeyName *name, Instant now)
{
    return db_ask(db, arena, &select_key,
                  PARAMS(INT(name->user_id), TXT(name->name), TIME(idempotency_oldest(now))));
}

bool idempotency_take(Ask *ask, Arena *arena, KeptReply **ret_reply, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_reply = NULL;
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows)) {
        KeptReply *reply = ARENA_NEW(arena, KeptReply);
        *reply = (KeptReply){
            .digest = rows_text(&rows, "digest", arena),
            .status = rows_int(&rows, "status"),
            .headers = rows_text(&rows, "headers", arena),
            .body = rows_text(&rows, "body", arena),
        };
        *ret_reply = reply;
    }
    return rows_finish(&rows, err);
}

Ask *idempotency_ask_usage(Db *db, Arena *arena, int64_t user_id, Instant now)
{
    return db_ask(db, arena, &select_key_usage,
                  PARAMS(INT(user_id), TIME(idempotency_oldest(now))));
}

bool idempotency_take_usage(Ask *ask, KeyUsage *ret_usage, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_usage = (KeyUsage){ .oldest = INSTANT_NULL };
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows)) {
        ret_usage->count = rows_int(&rows, "n");
        ret_usage->bytes = rows_int(&rows, "bytes");
        ret_usage->oldest = rows_time(&rows, "oldest");
    }
    return rows_finish(&rows, err);
}

bool idempotency_insert(Db *db, const KeyName *name, const KeptReply *reply, Instant now,
                        Error *err)
{
    size_t bytes = strlen(reply->headers) + (reply->body != NULL ? strlen(reply->body) : 0);

    return db_execute_later(db, &insert_key,
                            PARAMS(INT(name->user_id), TXT(name->name), TXT(reply->digest),
                                   TIME(now), INT(reply->status), TXT(reply->headers),
                                   TXT(reply->body), INT((int64_t)bytes)),
                            err);
}

bool idempotency_forget(Db *db, Instant now, int64_t *ret_count, Error *err)
{
    return db_execute(db, &delete_keys,
                      PARAMS(TIME(idempotency_oldest(now)), INT(LIMIT_FORGOTTEN_KEYS)), ret_count,
                      err);
}
