/* Stage - requests without a network: a database with the newest schema, people, and what each
 * route answers.
 *
 *   Stage *stage = stage_set(state);
 *   TokenClaims amira = stage_sign_up(stage, "amira", false);
 *   Reply reply = stage_ask(stage, &amira, "GET", "/api/users/me", NULL);
 *
 * Everything lives as long as the bench. */
#pragma once

#include "../store/bench.h"
#include "http/operation.h"

typedef struct Stage {
    Bench *bench;
    const Router *router; /* of all routes */
    App app;
    Config config;
} Stage;

extern const Instant stage_now;

Stage *stage_set(void **state);

/* An account with an open session. */
TokenClaims stage_sign_up(Stage *stage, const char *name, bool is_admin);

/* As the network side leaves a request: routed and decoded. `claims`: who is asking, or NULL.
 * `body` is JSON, or NULL. */
Exchange *stage_make(Stage *stage, const TokenClaims *claims, const char *method,
                     const char *target, const char *body);

/* Runs its present step, on a connection with an open transaction or none. */
Verdict stage_run(Exchange *x, Db *db);

/* Runs all its steps in a transaction, which is committed unless the reply is an error. */
Reply stage_ask(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                const char *body);

/* "POST /api/users -> 201 {…}" must be the status and hold these words. */
void stage_expect(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                  const char *body, int status, const char *words);
