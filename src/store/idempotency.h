/* Idempotency records - what was answered to a change that its client named with an
 * Idempotency-Key, for LIMIT_KEY_HOURS: who sends it again gets the same answer. A record is made
 * in the transaction of its change, so there is one exactly where the change was made. Keys are
 * each user's own.
 *
 * Nothing refers to the user: who is gone has no use for them, and they go with the day. */
#pragma once

#include "store/driver/db.h"
#include "time/instant.h"
#include "json/schema.h"

/* Whose change it is, and what it is known by. */
typedef struct KeyName {
    int64_t user_id;
    const char *name; /* a digest of method, path and key */
} KeyName;

typedef struct KeptReply {
    const char *digest; /* of what was asked */
    int64_t status;
    const char *headers; /* "Name: value\n", one after another */
    const char *body;    /* NULL: none */
} KeptReply;

/* What a user's records come to. */
typedef struct KeyUsage {
    int64_t count;
    int64_t bytes;
    Instant oldest; /* INSTANT_NULL without any */
} KeyUsage;

/* The moment before which what was answered at it is forgotten. */
Instant idempotency_oldest(Instant now);

/* Takes the name until the transaction ends, without waiting: `n` is 1, or 0 where another
 * transaction has it. Ask it before what is kept under the name, so that what that one left is
 * seen. On SQLite, whose one writer runs one request after another, it is always 1. */
Ask *idempotency_ask_lock(Db *db, Arena *arena, int64_t number);

/* What is kept under this name; *ret_reply NULL: nothing. */
Ask *idempotency_ask(Db *db, Arena *arena, const KeyName *name, Instant now);
bool idempotency_take(Ask *ask, Arena *arena, KeptReply **ret_reply, Error *err);

Ask *idempotency_ask_usage(Db *db, Arena *arena, int64_t user_id, Instant now);
bool idempotency_take_usage(Ask *ask, KeyUsage *ret_usage, Error *err);

/* Keeps a reply, in the place of an older one. */
bool idempotency_insert(Db *db, const KeyName *name, const KeptReply *reply, Instant now,
                        Error *err);

/* Takes away at most LIMIT_FORGOTTEN_KEYS of those whose time is over. */
bool idempotency_forget(Db *db, Instant now, int64_t *ret_count, Error *err);
