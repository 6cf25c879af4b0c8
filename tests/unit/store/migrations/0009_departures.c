/* Nobody is leaving, and everything else is as it was. */
#include "../migrating.h"

static void nobody_is_leaving_after_it(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    migrate_to(bench, 8);
    add_event(bench);
    bench_run(bench->db, is_sqlite ? "INSERT INTO login_attempts VALUES ('a', 1, 0)"
                                   : "INSERT INTO login_attempts VALUES ('a', 1, now())");
    migrate_to(bench, 9);
    must_count(bench, 0, "departures");
    must_count(bench, 1, "events");
    must_count(bench, 1, "login_attempts");
}

static void the_row_of_who_leaves_goes_with_the_account(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 9);
    add_event(bench);
    bench_run(bench->db, "INSERT INTO departures (user_id, username) SELECT owner_id, 'a'"
                         " FROM events; DELETE FROM events; DELETE FROM users");
    must_count(bench, 0, "departures");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(nobody_is_leaving_after_it),
        ON_BOTH(the_row_of_who_leaves_goes_with_the_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
