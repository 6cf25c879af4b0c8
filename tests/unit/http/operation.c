/* The steps of a request, each in its lane and its transaction, and what it costs to make one
 * without a network. */
#include "../api/stage.h"

#include <string.h>

#include "api/routes.h"
#include "auth/password.h"
#include "base/clock.h"
#include "store/users.h"

enum { REQUESTS = 50, MOST_US = 5000 };

SQL(count_attempts, "SELECT count(*) AS n FROM login_attempts");
SQL(count_sessions, "SELECT count(*) AS n FROM sessions");
SQL(count_events, "SELECT count(*) AS n FROM events");

static const char market[] = "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","
                             "\"end_time\":\"2026-03-07T10:00:00Z\"}";

#define SERIES                                                                                     \
    "{\"title\":\"Every day\",\"start_time\":\"2026-03-07T09:00:00Z\","                            \
    "\"end_time\":\"2026-03-07T10:00:00Z\",\"recurrence_pattern\":{\"freq\":\"daily\"}}"
static const char series[] = SERIES;

static void sign_up_with_password(Stage *stage, const char *password)
{
    static char hash[PASSWORD_HASH_BYTES];
    Bench *bench = stage->bench;
    User user = {
        .username = "amira",
        .email = "amira@example.org",
        .hashed_password = hash,
        .is_active = true,
        .created_at = stage_now,
        .updated_at = stage_now,
    };

    assert_true(password_hash(password, (int)stage->config.bcrypt_cost, hash, &bench->err));
    bench_must(bench, bench->db, users_insert(bench->db, &user, "amira", user.email, &bench->err));
}

/* What a thread has taken of its processor, which goes on by so much whenever somebody looks: under
 * a sanitizer, and beside others, the true one would say something else each time. */
static int64_t step_us;

int64_t __wrap_clock_thread_us(void); /* NOLINT: the linker's name */
int64_t __wrap_clock_thread_us(void)
{
    static int64_t now_us;

    return now_us += step_us;
}

/* WRITE, then HASH, then WRITE: what the first one committed stays, whatever comes after it. */
static void a_step_that_is_committed_stays_when_a_later_one_refuses(void **state)
{
    Stage *stage = stage_set(state);
    Db *db = stage->bench->db;

    stage->config.rate_limit = true;
    sign_up_with_password(stage, "four plain words, 1");
    stage_expect(stage, NULL, "POST", "/api/auth/login",
                 "{\"username\":\"amira\",\"password\":\"another\"}", 401, "Incorrect");
    assert_int_equal(bench_number(db, &count_attempts), 2);
    assert_int_equal(bench_number(db, &count_sessions), 0);
    stage_expect(stage, NULL, "POST", "/api/auth/login",
                 "{\"username\":\"amira\",\"password\":\"four plain words, 1\"}", 200, "token");
    assert_int_equal(bench_number(db, &count_attempts), 1); /* that from anywhere goes by itself */
    assert_int_equal(bench_number(db, &count_sessions), 1);
}

static void who_sends_no_token_is_refused_before_the_database_is_asked(void **state)
{
    Stage *stage = stage_set(state);
    int64_t before = db_round_trips(stage->bench->reader) + db_round_trips(stage->bench->db);

    stage_expect(stage, NULL, "GET", "/api/events", NULL, 401, "Sign in");
    stage_expect(stage, NULL, "POST", "/api/events", "{\"title\":1}", 401, "Sign in");
    stage_expect(stage, NULL, "POST", "/api/auth/login", "{\"username\":1}", 422, "username");
    assert_int_equal(db_round_trips(stage->bench->reader) + db_round_trips(stage->bench->db),
                     before);
}

/* Who may not keeps no thread of bcrypt busy, nor a place in its queue. */
static void nothing_is_hashed_before_it_is_known_who_may(void **state)
{
    static const char password[] = "{\"password\":\"four plain words, 1\"}";
    static const char account[] = "{\"username\":\"dora\",\"email\":\"dora@example.org\","
                                  "\"password\":\"four plain words, 1\"}";
    static const char taken[] = "{\"username\":\"bela\",\"email\":\"dora@example.org\","
                                "\"password\":\"four plain words, 1\"}";
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false); /* user 1 */

    stage_sign_up(stage, "bela", false); /* user 2 */
    queue_close(&stage->lanes.queues[LANE_HASH]);
    stage_expect(stage, &amira, "POST", "/api/users", account, 403, "administrators");
    stage_expect(stage, &amira, "PATCH", "/api/users/999", password, 404, "no such user");
    stage_expect(stage, &amira, "PUT", "/api/users/2", password, 404, "no such user");
    stage_expect(stage, &amira, "PATCH", "/api/users/1", password, 403, "/api/auth/password");
    stage_expect(stage, &amira, "PATCH", "/api/users/1", "{\"timezone\":null}", 200, "amira");
    stage_expect(stage, NULL, "POST", "/api/auth/register", taken, 409, "taken");
    stage_expect(stage, NULL, "POST", "/api/auth/register", account, 503, "unavailable");
}

static void no_route_begins_with_a_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < router_count(all_routes); i++) {
        const Route *route = router_route(all_routes, i);
        if (route->lane == LANE_HASH ||
            (route->before[0].run != NULL && route->before[0].lane == LANE_HASH))
            fail_msg("%s %s hashes first", method_name(route->method), route->path);
    }
}

static void what_nobody_sends_is_not_read(void **state)
{
    Stage *stage = stage_set(state);
    Exchange *x = stage_make(stage, NULL, "POST", "/api/events?nonsense=1", "{\"title\":1}");

    assert_null(x->request.body);
    assert_int_equal(x->fault.code, ERROR_NONE);
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 401);
    exchange_destroy(&x);
}

static void a_refused_write_leaves_nothing(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const char *two = arena_printf(&stage->bench->arena,
                                   "[%s,{\"title\":\"\",\"start_time\":\"2026-03-07T09:00:00Z\","
                                   "\"end_time\":\"2026-03-07T10:00:00Z\"}]",
                                   market);

    stage_expect(stage, &amira, "POST", "/api/events/batch", two, 422, "title");
    assert_int_equal(bench_number(stage->bench->db, &count_events), 0);
    stage_expect(stage, &amira, "POST", "/api/events", market, 201, "Market day");
    assert_int_equal(bench_number(stage->bench->db, &count_events), 1);
}

static void however_often_it_runs_a_request_holds_twice_what_it_may_take_at_most(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *x = stage_make(stage, &amira, "POST", "/api/events", market);

    stage_run(stage, x);
    assert_int_equal(x->reply.status, 201);
    for (int times = 0; times < 5; times++) {
        arena_alloc(&x->arena, LIMIT_REQUEST_MEMORY / 2);
        x->task.kind->undo(&x->task);
        assert_true(x->arena.budget <= 2 * LIMIT_REQUEST_MEMORY);
    }
    exchange_destroy(&x);
}

/* Who is left with too little by what was made in vain is told to come again, and not that he asks
 * for too much, as who takes it all at once. */
static void what_was_made_in_vain_is_nobodys_fault(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    for (int was_in_vain = 0; was_in_vain < 2; was_in_vain++) {
        Exchange *x = stage_make(stage, &amira, "POST", "/api/events", market);
        x->arena.budget = 2 * LIMIT_REQUEST_MEMORY;
        arena_alloc(&x->arena, 2 * LIMIT_REQUEST_MEMORY);
        x->was_in_vain = was_in_vain != 0;
        stage_run(stage, x);
        assert_int_equal(x->reply.status, was_in_vain != 0 ? 503 : 422);
        exchange_destroy(&x);
    }
    assert_int_equal(bench_number(stage->bench->db, &count_events), 0);
}

/* A batch whose reply is long enough to be packed by a thread of its own. */
static const char *long_batch(Arena *arena)
{
    enum { EVENTS = 300, BYTES = 600 };
    Buffer text = buffer_start(arena);
    char description[BYTES + 1] = { 0 };

    memset(description, 'x', BYTES);
    for (int i = 0; i < EVENTS; i++)
        buffer_printf(&text,
                      "%s{\"title\":\"Day %d\",\"description\":\"%s\",\"start_time\":"
                      "\"2026-03-07T09:00:00Z\",\"end_time\":\"2026-03-07T10:00:00Z\"}",
                      i == 0 ? "[" : ",", i, description);
    buffer_add(&text, "]");
    return text.data;
}

/* Otherwise its client, who is told to try again, makes everything twice. */
static void what_is_committed_is_told_though_nobody_can_pack_it(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *x =
        stage_make(stage, &amira, "POST", "/api/events/batch", long_batch(&stage->bench->arena));

    x->is_input_read = true; /* by stage_make */
    x->request.accept_encoding = "gzip";
    queue_close(&stage->lanes.queues[LANE_SCAN]);
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 201);
    assert_true(x->reply.length > LIMIT_PACKED_AT_ONCE);
    assert_int_equal(bench_number(stage->bench->db, &count_events), 300);
    exchange_destroy(&x);
}

/* Else he has every thread of the SCAN lane, and others wait for all of his there. */
static void who_has_read_much_has_his_share_of_the_threads(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *x = stage_make(stage, &amira, "GET", "/api/events", NULL);

    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_int_equal(x->task.whose, 0);
    exchange_destroy(&x);
    lately_note(&stage->lanes.heavy_readers, amira.user_id, INT64_MAX);
    x = stage_make(stage, &amira, "GET", "/api/events", NULL);
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_int_equal(x->task.lane, LANE_SCAN);
    assert_int_equal(x->task.whose, amira.user_id);
    exchange_destroy(&x);
}

static void read_much(Stage *stage, const TokenClaims *claims)
{
    Exchange *x = stage_make(stage, claims, "GET", "/api/events?limit=300", NULL);

    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_true(x->reply.length > LIMIT_LIGHT_MEMORY);
    exchange_destroy(&x);
}

/* He would only wait for another thread. */
static void who_reads_much_alone_goes_on_where_he_is(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "POST", "/api/events/batch", long_batch(&stage->bench->arena), 201,
                 "Day 299");
    stage->lanes.company.until_us = 0; /* whoever asked before her did so long ago */
    read_much(stage, &amira);
    assert_int_equal(lately_until(&stage->lanes.heavy_readers, amira.user_id), 0);
    stage_expect(stage, &bela, "GET", "/api/users/me", NULL, 200, "bela");
    read_much(stage, &amira);
    assert_int_not_equal(lately_until(&stage->lanes.heavy_readers, amira.user_id), 0);
}

/* However little work was counted and memory taken. */
static void who_keeps_a_network_thread_long_is_noticed_by_the_clock(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    stage_expect(stage, &amira, "POST", "/api/events", market, 201, "\"id\":1,");
    stage_expect(stage, &bela, "GET", "/api/users/me", NULL, 200, "bela");
    stage_expect(stage, &amira, "GET", "/api/events/1/history", NULL, 200, "\"total\":1");
    assert_int_equal(lately_until(&stage->lanes.heavy_readers, amira.user_id), 0);
    step_us = LIMIT_LIGHT_US + 1;
    stage_expect(stage, &amira, "GET", "/api/events/1/history", NULL, 200, "\"total\":1");
    step_us = 0;
    assert_int_not_equal(lately_until(&stage->lanes.heavy_readers, amira.user_id), 0);
}

/* 500 changes are said in 13 KiB: what there may be of it counts, not how long it is. */
static void a_batch_is_long_however_short_its_body(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    Exchange *x = stage_make(stage, &amira, "POST", "/api/events", market);

    stage_run(stage, x);
    assert_int_equal(x->reply.status, 201);
    assert_false(x->task.is_long);
    exchange_destroy(&x);
    x = stage_make(stage, &amira, "PATCH", "/api/events/batch",
                   "{\"items\":[{\"id\":1,\"title\":\"Fair\"}]}");
    stage_run(stage, x);
    assert_int_equal(x->reply.status, 200);
    assert_true(x->task.is_long);
    assert_int_equal(x->task.whose, amira.user_id);
    exchange_destroy(&x);
}

/* -- Its price -------------------------------------------------------------------------------- */

/* The fastest of them: others may have the machine in between. */
static int64_t time_requests(Stage *stage, const TokenClaims *claims, const char *method,
                             const char *target, const char *body)
{
    int64_t fastest = INT64_MAX;

    for (size_t i = 0; i < REQUESTS; i++) {
        int64_t start = clock_monotonic_us();
        Reply reply = stage_ask(stage, claims, method, target, body);
        int64_t taken = clock_monotonic_us() - start;
        assert_true(reply.status < 300);
        fastest = taken < fastest ? taken : fastest;
    }
    print_message("%s %s: %lld us\n", method, target, (long long)fastest);
    return fastest;
}

static void a_request_without_a_network_takes_less_than_five_milliseconds(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    assert_true(time_requests(stage, &amira, "GET", "/api/users/me", NULL) < MOST_US);
    assert_true(time_requests(stage, &amira, "POST", "/api/events", market) < MOST_US);
    assert_true(time_requests(stage, &amira, "GET", "/api/events", NULL) < MOST_US);
}

/* With the threads for it gone, who may take long is told so; others do not notice. */
static void what_may_take_long_is_done_by_no_network_thread(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *body;
    } long_ones[] = {
        { "GET", "/api/events?q=day", NULL },
        { "POST", "/api/events?conflicts=reject", market },
        { "POST", "/api/events", series },
        { "POST", "/api/events/batch", "[" SERIES "]" },
        { "PATCH", "/api/events/1/occurrences/2026-03-07T09:00:00Z?dry_run=true", "{}" },
        { "DELETE", "/api/events/1/occurrences/2026-03-07T09:00:00Z?dry_run=true", NULL },
        { "POST", "/api/recurrence/preview",
          "{\"start_time\":\"2026-03-07T09:00:00Z\",\"recurrence_pattern\":{\"freq\":\"daily\"}}" },
        { "GET", "/api/admin/audit", NULL },
        { "GET", "/api/users/2", NULL },
        { "PATCH", "/api/users/2", "{\"timezone\":null}" },
        { "DELETE", "/api/users/2?events=delete", NULL },
        { "GET", "/api/users/2?x=1", NULL },
        { "PUT", "/api/users/2", "{\"timezone\":17}" },
        { "DELETE", "/api/users/2?events=maybe", NULL },
        { "POST", "/api/events/1/share", "{\"user_id\":2,\"role\":\"Viewer\"}" },
        { "POST", "/api/users/me/blocks", "{\"user_id\":2}" },
    };
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false); /* user 1 */

    stage_sign_up(stage, "bela", false); /* user 2 */
    stage_expect(stage, &amira, "POST", "/api/events", market, 201, "\"id\":1,");
    stage_expect(stage, &amira, "GET", "/api/events/1", NULL, 200, "Market day");
    stage->config.rate_limit = true; /* so that strangers are counted who are named */
    queue_close(&stage->lanes.queues[LANE_SCAN]);
    for (size_t i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++)
        stage_expect(stage, &amira, long_ones[i].method, long_ones[i].target, long_ones[i].body,
                     503, "more to do");
    stage_expect(stage, &amira, "GET", "/api/events", NULL, 200, "Market day");
    stage_expect(stage, &amira, "GET", "/api/events/1", NULL, 200, "Market day");
    stage_expect(stage, &amira, "POST", "/api/events", market, 201, "Market day");
    stage_expect(stage, &amira, "PATCH", "/api/events/1", "{\"title\":\"Fair\"}", 200, "Fair");
    stage_expect(stage, &amira, "GET", "/api/users/1", NULL, 200, "amira");
    stage_expect(stage, &amira, "PATCH", "/api/users/1", "{\"timezone\":null}", 200, "amira");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_step_that_is_committed_stays_when_a_later_one_refuses),
        ON_BOTH(who_sends_no_token_is_refused_before_the_database_is_asked),
        ON_BOTH(nothing_is_hashed_before_it_is_known_who_may),
        cmocka_unit_test(no_route_begins_with_a_hash),
        ON_BOTH(who_has_read_much_has_his_share_of_the_threads),
        ON_BOTH(who_reads_much_alone_goes_on_where_he_is),
        ON_SQLITE(who_keeps_a_network_thread_long_is_noticed_by_the_clock),
        ON_BOTH(a_batch_is_long_however_short_its_body),
        ON_BOTH(what_nobody_sends_is_not_read),
        ON_BOTH(a_refused_write_leaves_nothing),
        ON_BOTH(however_often_it_runs_a_request_holds_twice_what_it_may_take_at_most),
        ON_BOTH(what_was_made_in_vain_is_nobodys_fault),
        ON_BOTH(what_is_committed_is_told_though_nobody_can_pack_it),
        ON_BOTH(what_may_take_long_is_done_by_no_network_thread),
        ON_BOTH(a_request_without_a_network_takes_less_than_five_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
