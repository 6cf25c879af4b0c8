/* Idempotency - a change that its client names with an Idempotency-Key is made once, however often
 * it is sent. The first reply is kept (store/idempotency.h), and who sends the same again is given
 * that one, with `Idempotent-Replayed: true`.
 *
 *   intake.c      idempotency_read     the key and what it stands for, on the network thread
 *   operation.c   idempotency_find     in the transaction of the handler, before anything else
 *                 idempotency_admits   has this person kept too much already?
 *                 idempotency_keep     after the handler, in its transaction
 *
 * Two with one key at the same time: SQLite's one writer takes them one after the other, and the
 * second is given the reply of the first; on PostgreSQL the second finds the first one's lock and
 * is told that it is still running. */
#pragma once

#include "http/exchange.h"

typedef struct Once Once;

/* Sets x->once where the route honours a key and one came; faults go to x->fault. When query and
 * body have been read. */
void idempotency_read(Exchange *x);

/* The same with the text of the key: for idempotency_read and for tests. */
void idempotency_take_key(Exchange *x, const char *key);

typedef enum KeyState {
    KEY_IS_NEW,   /* nothing is known of it: go on */
    KEY_IS_KEPT,  /* idempotency_replay has the reply, for who may still have it */
    KEY_IS_TAKEN, /* it was used for something else: a 422 for who may do this */
    KEY_REFUSED,  /* request.error says why: it is still running, or the database failed */
} KeyState;

KeyState idempotency_find(Exchange *x);

/* Is anything kept under the key, whatever was asked? For a step before the handler, on any
 * connection: false also where that cannot be found out. */
bool idempotency_is_kept(Exchange *x);

/* The kept reply, after KEY_IS_KEPT. */
Reply idempotency_replay(Exchange *x);

/* The 422 of KEY_IS_TAKEN, in request.error. */
void idempotency_blame(Exchange *x);

/* False: request.error says that this person has used too many keys. */
bool idempotency_admits(Exchange *x);

/* Keeps the reply when something was changed. False: request.error. */
bool idempotency_keep(Exchange *x, const Reply *reply);
