#include "stage.h"

#include <string.h>

#include "api/routes.h"
#include "http/router.h"
#include "store/migrations.h"
#include "store/sessions.h"
#include "store/users.h"
#include "json/reader.h"

const Instant stage_now = INT64_C(1772355600000000); /* 2026-03-01T09:00:00Z */

Stage *stage_set(void **state)
{
    Bench *bench = bench_of(state);
    Stage *stage = ARENA_NEW(&bench->arena, Stage);
    int from;
    int to;

    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
    stage->bench = bench;
    stage->router = router_create(all_routes, &bench->arena);
    stage->config = (Config){ .database_url = bench->url, .bcrypt_cost = 4 };
    stage->app = (App){ .config = &stage->config };
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
    return (TokenClaims){ .user_id = user.id, .session_id = session.id };
}

static bool read_query(Request *req)
{
    const Schema *schema = req->route->in.query;
    TextPair pairs[8];
    size_t count = 0;

    if (!uri_read_pairs(req->query_text, strlen(req->query_text), req->arena, pairs, &count,
                        &req->error))
        return false;
    if (schema == NULL)
        return true;
    req->query = arena_alloc(req->arena, schema->size);
    return schema_parse(schema, pairs, count, req->arena, &query_location, req->query, &req->error);
}

static bool read_body(Request *req, const char *body)
{
    const Schema *schema = req->route->in.takes;
    json_t AUTO(json_release) *value = NULL;

    req->body = arena_alloc(req->arena, schema->size);
    return json_read(body, strlen(body), &value, &req->error) &&
           schema_decode(schema, req->route->in.mode, value, req->arena, &body_location, req->body,
                         &req->error);
}

Exchange *stage_make(Stage *stage, const TokenClaims *claims, const char *method,
                     const char *target, const char *body)
{
    Arena *arena = &stage->bench->arena;
    Exchange *x = ARENA_NEW(arena, Exchange);
    Request *req = &x->request;
    size_t length = strcspn(target, "?");
    Path path;
    Match match;

    *req = (Request){ .arena = arena, .app = &stage->app, .now = stage_now, .id = "test" };
    if (claims != NULL) {
        req->has_token = true;
        req->claims = *claims;
    }
    req->query_text = target[length] == '?' ? target + length + 1 : "";
    assert_true(uri_read_path(target, length, arena, &path, &req->error));
    assert_true(router_find(stage->router, method, &path, arena, &match, &req->error));
    req->path = path.text;
    req->route = match.route;
    memcpy(req->path_values, match.values, sizeof(match.values));
    if (!read_query(req) || (body != NULL && !read_body(req, body))) {
        x->fault = req->error;
        error_clear(&req->error);
    }
    return x;
}

Verdict stage_run(Exchange *x, Db *db)
{
    Worker worker = { .db = db };

    x->task.lane = LANE_WRITE; /* on the connection of the worker */
    return operation_kind.run(&x->task, &worker);
}

Reply stage_ask(Stage *stage, const TokenClaims *claims, const char *method, const char *target,
                const char *body)
{
    Bench *bench = stage->bench;
    Exchange *x = stage_make(stage, claims, method, target, body);

    Verdict verdict;

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    do {
        verdict = stage_run(x, bench->db);
        operation_go_on(x);
    } while (!x->has_reply);
    if (verdict == TASK_GOOD)
        bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    else
        db_rollback(bench->db);
    return x->reply;
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
