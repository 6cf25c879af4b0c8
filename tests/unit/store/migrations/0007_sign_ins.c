/* Who was signed in before the upgrade is known where he was; the trail goes on. */
#include "../migrating.h"

#define SESSION(user_, address_, at_)                                                              \
    "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at, last_used_at,"      \
    " expires_at, address) SELECT " user_ ", 'x', 0, at, at, at, at, " address_                    \
    " FROM (SELECT created_at AS at FROM users WHERE id = " at_ ") x;"

static void the_addresses_of_sessions_are_known_networks(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 4);
    add_event(bench); /* and its owner, user 1 */
    bench_run(bench->db, SESSION("1", "'192.0.2.1'", "1") SESSION("1", "'192.0.2.1'", "1")
                             SESSION("1", "'192.0.2.2'", "1") SESSION("1", "'2001:db8::1'", "1")
                                 SESSION("1", "'::ffff:192.0.2.3'", "1") SESSION("1", "NULL", "1"));
    bench_run(bench->db, "INSERT INTO audit (timestamp, action, subject)"
                         " SELECT created_at, 'user.create', 'user 1' FROM users");
    migrate_to(bench, 7);
    must_count(bench, 2, "known_networks WHERE user_id = 1");
    must_count(bench, 2,
               "known_networks k JOIN users u ON u.id = k.user_id"
               " WHERE k.last_used_at = u.created_at AND network IN ('192.0.2.1', '192.0.2.2')");
    must_count(bench, 1, "audit WHERE address IS NULL");
}

static void what_is_known_of_an_account_goes_with_it(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    add_event(bench);
    bench_run(bench->db, "INSERT INTO known_networks (user_id, network, last_used_at)"
                         " SELECT id, '192.0.2.1', created_at FROM users");
    must_count(bench, 1, "known_networks");
    bench_run(bench->db, "DELETE FROM events; DELETE FROM users");
    must_count(bench, 0, "known_networks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_addresses_of_sessions_are_known_networks),
        ON_BOTH(what_is_known_of_an_account_goes_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
