/* From where an account has signed in: not more than so many, and not for ever. */
#include "store/known_networks.h"

#include "base/limits.h"
#include "bench.h"
#include "store/users.h"

static const Instant noon = INT64_C(1772366400000000);

SQL(count_networks, "SELECT count(*) AS n FROM known_networks");

static void add_user(Bench *bench, const char *username, const char *key)
{
    const char *email = arena_printf(&bench->arena, "%s@example.org", username);
    User user = {
        .username = username,
        .email = email,
        .hashed_password = "none",
        .is_active = true,
        .created_at = noon,
        .updated_at = noon,
    };

    bench_must(bench, bench->db, users_insert(bench->db, &user, key, NULL, &bench->err));
}

static Bench *set_bench(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    add_user(bench, "Amira", NULL);
    add_user(bench, "amira", "amira");
    return bench;
}

static void add(Bench *bench, int64_t user_id, const char *network, Instant at)
{
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db, known_networks_add(bench->db, user_id, network, at, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

static bool knows(Bench *bench, const char *login, const char *network, Instant at)
{
    bool is_known = false;

    bench_must(bench, bench->db,
               known_networks_take(
                   known_networks_ask(bench->db, &bench->arena, login, "amira", network, at),
                   &is_known, &bench->err));
    return is_known;
}

/* Two names of the old system that differ in case are two accounts. */
static void a_network_is_known_to_the_account_that_is_meant(void **state)
{
    Bench *bench = set_bench(state);

    add(bench, 2, "192.0.2.1", noon);
    assert_true(knows(bench, "amira", "192.0.2.1", noon));
    assert_false(knows(bench, "Amira", "192.0.2.1", noon));
    assert_false(knows(bench, "amira", "192.0.2.2", noon));
}

static void it_is_forgotten_when_nobody_has_come_from_there_for_long(void **state)
{
    Bench *bench = set_bench(state);
    Instant later = noon + LIMIT_KNOWN_DAYS * DAY_US;

    add(bench, 2, "192.0.2.1", noon);
    assert_true(knows(bench, "amira", "192.0.2.1", later - 1));
    assert_false(knows(bench, "amira", "192.0.2.1", later));
    add(bench, 2, "192.0.2.2", later);
    assert_int_equal(bench_number(bench->db, &count_networks), 1);
}

static void of_too_many_the_ones_that_were_used_last_stay(void **state)
{
    Bench *bench = set_bench(state);
    Arena *arena = &bench->arena;

    for (int i = 0; i < LIMIT_KNOWN_NETWORKS; i++)
        add(bench, 2, arena_printf(arena, "192.0.2.%d", i), noon + i);
    add(bench, 2, "192.0.2.0", noon + LIMIT_KNOWN_NETWORKS);
    add(bench, 2, "198.51.100.1", noon + LIMIT_KNOWN_NETWORKS + 1);
    assert_int_equal(bench_number(bench->db, &count_networks), LIMIT_KNOWN_NETWORKS);
    assert_true(knows(bench, "amira", "192.0.2.0", noon));
    assert_false(knows(bench, "amira", "192.0.2.1", noon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_network_is_known_to_the_account_that_is_meant),
        ON_BOTH(it_is_forgotten_when_nobody_has_come_from_there_for_long),
        ON_BOTH(of_too_many_the_ones_that_were_used_last_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
