/* Kept replies: found by their name for a day, counted for each user, taken away in pieces. */
#include "store/idempotency.h"

#include "base/limits.h"
#include "bench.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const KeyName market = { .user_id = 1, .name = "market" };
static const KeptReply made = {
    .digest = "a", .status = 201, .headers = "Location: /7\n", .body = "{\"id\":7}"
};

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    return bench;
}

static void keep(Bench *bench, const KeyName *name, const KeptReply *reply, Instant at)
{
    bench_must(bench, bench->db,
               idempotency_insert(bench->db, name, reply, at, &bench->err) &&
                   db_flush(bench->db, &bench->err));
}

static KeptReply *find(Bench *bench, const KeyName *name, Instant now)
{
    KeptReply *reply = NULL;
    Ask *ask = idempotency_ask(bench->reader, &bench->arena, name, now);

    bench_must(bench, bench->reader, idempotency_take(ask, &bench->arena, &reply, &bench->err));
    return reply;
}

static KeyUsage usage_of(Bench *bench, int64_t user_id, Instant now)
{
    KeyUsage usage;
    Ask *ask = idempotency_ask_usage(bench->reader, &bench->arena, user_id, now);

    bench_must(bench, bench->reader, idempotency_take_usage(ask, &usage, &bench->err));
    return usage;
}

static void a_reply_is_found_by_its_user_and_name_for_a_day(void **state)
{
    Bench *bench = start(state);
    const KeyName other_user = { .user_id = 2, .name = "market" };
    const KeyName other_name = { .user_id = 1, .name = "fair" };

    keep(bench, &market, &made, noon);
    const KeptReply *found = find(bench, &market, noon + DAY_US - 1);
    assert_string_equal(found->digest, "a");
    assert_int_equal(found->status, 201);
    assert_string_equal(found->headers, "Location: /7\n");
    assert_string_equal(found->body, "{\"id\":7}");
    assert_null(find(bench, &other_user, noon));
    assert_null(find(bench, &other_name, noon));
    assert_null(find(bench, &market, noon + DAY_US));
}

static void a_new_one_takes_the_place_of_one_whose_day_is_over(void **state)
{
    Bench *bench = start(state);
    const KeptReply gone = { .digest = "b", .status = 204, .headers = "" };

    keep(bench, &market, &made, noon);
    keep(bench, &market, &gone, noon + 2 * DAY_US);
    const KeptReply *found = find(bench, &market, noon + 2 * DAY_US);
    assert_string_equal(found->digest, "b");
    assert_null(found->body);
    assert_int_equal(usage_of(bench, 1, noon + 2 * DAY_US).count, 1);
}

static void what_each_user_has_is_counted(void **state)
{
    Bench *bench = start(state);
    const KeyName fair = { .user_id = 1, .name = "fair" };
    const KeyName other = { .user_id = 2, .name = "fair" };

    assert_int_equal(usage_of(bench, 1, noon).count, 0);
    assert_true(usage_of(bench, 1, noon).oldest == INSTANT_NULL);
    keep(bench, &market, &made, noon - DAY_US);
    keep(bench, &fair, &made, noon);
    keep(bench, &other, &made, noon);
    KeyUsage usage = usage_of(bench, 1, noon - 1);
    assert_int_equal(usage.count, 2);
    assert_int_equal(usage.bytes, 2 * 21);
    assert_true(usage.oldest == noon - DAY_US);
    usage = usage_of(bench, 1, noon);
    assert_int_equal(usage.count, 1);
    assert_true(usage.oldest == noon);
}

static void old_ones_are_taken_away_in_pieces(void **state)
{
    Bench *bench = start(state);
    int64_t count = 0;

    for (int i = 0; i < LIMIT_FORGOTTEN_KEYS + 2; i++) {
        const KeyName name = { .user_id = i % 3, .name = arena_printf(&bench->arena, "old %d", i) };
        keep(bench, &name, &made, noon - i);
    }
    keep(bench, &market, &made, noon + 1);
    for (int i = 0; i < 3; i++) {
        static const int64_t expected[] = { LIMIT_FORGOTTEN_KEYS, 2, 0 };
        bench_must(bench, bench->db,
                   idempotency_forget(bench->db, noon + DAY_US, &count, &bench->err));
        assert_int_equal(count, expected[i]);
    }
    assert_non_null(find(bench, &market, noon + 1));
}

static int64_t lock(Bench *bench, Db *db)
{
    int64_t is_free = 0;

    bench_must(bench, db,
               db_take_number(idempotency_ask_lock(db, &bench->arena, -7), &is_free, &bench->err));
    return is_free;
}

static void a_name_is_anothers_until_its_transaction_ends(void **state)
{
    Bench *bench = start(state);
    Db AUTO(db_close) *other = NULL;

    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &other, &bench->err));
    bench_must(bench, other, db_begin(other, &bench->err) && db_begin(bench->db, &bench->err));
    assert_int_equal(lock(bench, other), 1);
    assert_int_equal(lock(bench, bench->db), 0);
    bench_must(bench, other, db_commit(other, &bench->err));
    assert_int_equal(lock(bench, bench->db), 1);
    db_rollback(bench->db);
}

/* Two of them share a database, one schema each, and somebody has the same key in both. */
static void a_name_is_free_in_another_schema(void **state)
{
    Bench *bench = start(state);
    void *neighbour = NULL;

    assert_int_equal(bench_open_postgres(&neighbour), 0);
    Bench *other = start(&neighbour);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(other, other->db, db_begin(other->db, &other->err));
    assert_int_equal(lock(bench, bench->db), 1);
    assert_int_equal(lock(other, other->db), 1);
    db_rollback(other->db);
    db_rollback(bench->db);
    bench_close(&neighbour);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_reply_is_found_by_its_user_and_name_for_a_day),
        ON_BOTH(a_new_one_takes_the_place_of_one_whose_day_is_over),
        ON_BOTH(what_each_user_has_is_counted),
        ON_BOTH(old_ones_are_taken_away_in_pieces),
        ON_POSTGRES(a_name_is_anothers_until_its_transaction_ends),
        ON_POSTGRES(a_name_is_free_in_another_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
