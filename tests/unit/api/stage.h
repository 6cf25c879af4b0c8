/* Stage - requests without a network and without threads: a database with the newest schema,
 * people, and what each route answers.
 *
 *   Stage *stage = stage_set(state);
 *   TokenClaims amira = stage_sign_up(stage, "amira", false);
 *   Reply reply = stage_ask(stage, &amira, "GET", "/api/users/me", NULL);
 *
 * A request takes the way of every other: its head and body are read by http/intake.h, it is
 * submitted as an operation, and what that puts into a lane is run as a thread of the lane runs it
 * (lanes_run), so that a WRITE step is a group commit; reads from PostgreSQL are gathered. What is
 * missing is libmicrohttpd, the guard of heads and the limit of the rate. Everything lives as long
 * as the bench. */
#pragma once

#include "../store/bench.h"
#include "http/operation.h"

typedef struct Stage {
    Bench *bench; /* bench->db is the WRITE lane's connection, bench->reader the one of the pool */
    const Router *router; /* of all routes */
    TokenCache *tokens;
    App app;
    Config config;
    Peer peer;
    Lanes lanes;
    Worker network; /* the thread that submits … */
    Gather gather;  /* … and its reads from PostgreSQL */
    Worker writer;
} Stage;

extern const Instant stage_now;

Stage *stage_set(void **state);

/* All of it but the database: it can make requests, and does not run them. */
Stage *stage_without_db(Bench *bench);

/* Opens the connections again, or for the first time, and gives them to the lanes. */
void stage_connect(Stage *stage);

/* An account with an open session. */
TokenClaims stage_sign_up(Stage *stage, const char *name, bool is_admin);

/* As the network side leaves a request: routed and decoded. `claims`: who is asking, or NULL.
 * `body` is JSON, or NULL. For exchange_destroy. */
Exchange *stage_make(Stage *stage, const TokenClaims *claims, const char *method,
                     const char *target, const char *body);

/* Whose request that is. */
const Route *stage_route(Stage *stage, const char *method, const char *target);

/* Runs all its steps, each in its lane, until it has its reply. */
void stage_run(Stage *stage, Exchange *x);

/* The same of several that came at one moment. */
void stage_run_all(Stage *stage, Exchange *const exchanges[], size_t count);

/* To make it and run it, in one. */
Reply stage_ask(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                const char *body);

/* "POST /api/users -> 201 {…}" must be the status and hold these words. */
void stage_expect(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                  const char *body, int status, const char *words);
