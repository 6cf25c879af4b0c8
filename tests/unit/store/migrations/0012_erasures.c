/* Nobody is to be forgotten, and everything else is as it was. */
#include "../migrating.h"

static void nobody_is_to_be_forgotten_after_it(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 11);
    add_event(bench);
    migrate_to(bench, 12);
    must_count(bench, 0, "erasures");
    must_count(bench, 1, "events");
    must_count(bench, 1, "users");
}

static void who_is_to_be_forgotten_outlives_the_account(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 12);
    add_event(bench);
    bench_run(bench->db, "INSERT INTO erasures (user_id, username, email) SELECT owner_id, 'a',"
                         " 'a' FROM events; DELETE FROM events; DELETE FROM users");
    must_count(bench, 1, "erasures WHERE pass = 0 AND last_id = 0 AND display_name IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(nobody_is_to_be_forgotten_after_it),
        ON_BOTH(who_is_to_be_forgotten_outlives_the_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
