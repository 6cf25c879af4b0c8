#include "stage.h"

#include <poll.h>
#include <string.h>

#include "api/routes.h"
#include "http/intake.h"
#include "http/router.h"
#include "store/sessions.h"
#include "store/users.h"

const Instant stage_now = INT64_C(1772355600000000); /* 2026-03-01T09:00:00Z */

/* -- Instead of libmicrohttpd ----------------------------------------------------------------- */

/* The linker puts them in the places of exchange_suspend and exchange_resume (--wrap). */
void __wrap_exchange_suspend(Exchange *x);
void __wrap_exchange_resume(Exchange *x);

void __wrap_exchange_suspend(Exchange *x)
{
    (void)x;
}

void __wrap_exchange_resume(Exchange *x)
{
    (void)x;
}

/* -- Lanes without threads -------------------------------------------------------------------- */

/* Runs what waits in one of them. False: nothing does. */
static bool run_waiting(Stage *stage)
{
    for (size_t i = 0; i < LANE_COUNT; i++) {
        Worker other = worker_of(&stage->lanes);
        if (lanes_waiting(&stage->lanes, (Lane)i) == 0)
            continue;
        lanes_run((Lane)i, queue_take(&stage->lanes.queues[i], 1),
                  i == LANE_WRITE ? &stage->writer : &other);
        return true;
    }
    return false;
}

/* False: nothing is left to be done for anybody. */
static bool go_on(Stage *stage)
{
    gather_ask(&stage->gather);
    if (stage->gather.asked == NULL)
        return run_waiting(stage);
    const AskWatch watch = gather_watch(&stage->gather);
    struct pollfd one = { .fd = watch.socket, .events = watch.events };
    (void)poll(&one, 1, 10);
    gather_continue(&stage->gather);
    return true;
}

/* They say that they have threads where they would (work/lanes.c). */
static void set_lanes(Stage *stage)
{
    Bench *bench = stage->bench;
    DbKind kind = db_kind(bench->db);
    Lanes *lanes = &stage->lanes;

    *lanes = (Lanes){ .setup = { .url = bench->url, .kind = kind } };
    for (size_t i = 0; i < LANE_COUNT; i++) {
        lanes->threads_of[i] = i != LANE_READ;
        queue_init(&lanes->queues[i], 1);
    }
    db_pool_init(&lanes->readers, bench->url, 1, &bench->arena);
    Db *reader = bench->reader;
    db_pool_take_back(&lanes->readers, &reader);
    stage->network = worker_of(lanes);
    stage->gather = (Gather){ .worker = &stage->network };
    stage->writer = (Worker){ .lanes = lanes, .db = bench->db };
}

/* -- The stage -------------------------------------------------------------------------------- */

Stage *stage_without_db(Bench *bench)
{
    Stage *stage = ARENA_NEW(&bench->arena, Stage);

    stage->bench = bench;
    stage->router = router_create(all_routes, &bench->arena);
    stage->config = (Config){ .database_url = bench->url,
                              .access_token_expire_minutes = 30,
                              .bcrypt_cost = 4,
                              .has_docs = true };
    stage->app = (App){ .config = &stage->config, .tables = all_routes };
    TokenKey *key = ARENA_NEW(&bench->arena, TokenKey);
    *key = (TokenKey){ .secret = stage->app.access_key, .secret_length = KEY_BYTES };
    stage->tokens = token_cache_create(key, &bench->arena);
    stage->peer = (Peer){ .address = "127.0.0.1", .id = "test" };
    return stage;
}

void stage_connect(Stage *stage)
{
    bench_reconnect(stage->bench);
    set_lanes(stage);
}

Stage *stage_set(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    Stage *stage = stage_without_db(bench);
    set_lanes(stage);
    return stage;
}

TokenClaims stage_sign_up(Stage *stage, const char *name, bool is_admin)
{
    Bench *bench = stage->bench;
    User user = {
        .username = name,
        .email = arena_printf(&bench->arena, "%s@example.org", name),
        .hashed_password = "none",
        .is_admin = is_admin,
        .is_active = true,
        .created_at = stage_now,
        .updated_at = stage_now,
    };
    Session session = {
        .nonce = "nonce",
        .created_at = stage_now,
        .expires_at = INSTANT_END,
        .address = "127.0.0.1",
    };

    bench_must(bench, bench->db, users_insert(bench->db, &user, name, user.email, &bench->err));
    session.user_id = user.id;
    bench_must(bench, bench->db, sessions_insert(bench->db, &session, &bench->err));
    return (TokenClaims){
        .user_id = user.id,
        .session_id = session.id,
        .issued_at_s = stage_now / 1000000,
        .expires_at_s = stage_now / 1000000 + 60,
    };
}

static const char *authorization_of(const Stage *stage, const TokenClaims *claims, Arena *arena)
{
    const TokenKey key = { .secret = stage->app.access_key, .secret_length = KEY_BYTES };

    return claims != NULL ? arena_printf(arena, "Bearer %s", token_issue(&key, claims, arena))
                          : NULL;
}

Exchange *stage_make(Stage *stage, const TokenClaims *claims, const char *method,
                     const char *target, const char *body)
{
    Exchange *x = exchange_create(NULL, target);
    Request *req = &x->request;

    x->peer = &stage->peer;
    x->tokens = stage->tokens;
    x->router = stage->router;
    req->app = &stage->app;
    x->method = method;
    x->head.authorization = authorization_of(stage, claims, &x->arena);
    x->head.content_type = body != NULL ? "application/json" : NULL;
    intake_introduce(x);
    req->now = stage_now;
    if (!intake_read_head(x)) {
        exchange_reply(x, reply_error(req));
        return x;
    }
    x->content = buffer_start(&x->arena);
    buffer_add(&x->content, body != NULL ? body : "");
    intake_read_input(x);
    return x;
}

const Route *stage_route(Stage *stage, const char *method, const char *target)
{
    Exchange *x = stage_make(stage, NULL, method, target, NULL);
    const Route *route = x->request.route;

    exchange_destroy(&x);
    return route;
}

void stage_run_all(Stage *stage, Exchange *const exchanges[], size_t count)
{
    bool is_over = false;

    while (!is_over) {
        is_over = true;
        for (size_t i = 0; i < count; i++)
            is_over &= operation_submit(&stage->gather, exchanges[i]);
        while (go_on(stage))
            continue;
    }
    worker_give_back(&stage->network);
}

void stage_run(Stage *stage, Exchange *x)
{
    stage_run_all(stage, &x, 1);
}

Reply stage_ask(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                const char *body)
{
    Exchange *x = stage_make(stage, claims, method, target, body);

    stage_run(stage, x);
    Reply reply = x->reply;
    reply.body = arena_strndup(&stage->bench->arena, reply.body, reply.length);
    reply.header_count = 0; /* they were in the arena of the exchange */
    exchange_destroy(&x);
    return reply;
}

void stage_expect(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                  const char *body, int status, const char *words)
{
    Reply reply = stage_ask(stage, claims, method, target, body);
    const char *text = reply.body != NULL ? reply.body : "";

    if (reply.status != status || strstr(text, words) == NULL)
        fail_msg("%s %s -> %d %.*s; expected %d and %s", method, target, reply.status,
                 (int)reply.length, text, status, words);
}
