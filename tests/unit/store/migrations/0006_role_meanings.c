/* What a role means stands beside its id, and in each grant. */
#include "../migrating.h"

static void grant(Bench *bench)
{
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "INSERT INTO event_permissions (event_id, user_id, role_id,"
                               " start_time, extent_class, hidden) VALUES (1, 1, 2, 0, 0, 0)"
                             : "INSERT INTO event_permissions (event_id, user_id, role_id,"
                               " start_time, extent_class, hidden)"
                               " VALUES (1, 1, 2, now(), 0, false)");
}

static void grants_get_the_meaning_of_their_role(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 4);
    add_event(bench);
    grant(bench);
    migrate_to(bench, 6);
    must_count(bench, 3, "roles WHERE meaning = id");
    must_count(bench, 1, "event_permissions WHERE role_id = 2 AND meaning = 2");
}

static void a_role_that_somebody_put_there_gets_no_right_by_guess(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 5);
    bench_run(bench->db,
              db_kind(bench->db) == DB_SQLITE
                  ? "INSERT INTO roles (id, name) VALUES (4, 'Guest')"
                  : "ALTER TABLE roles DROP COLUMN IF EXISTS meaning;" /* as it was made before */
                    "INSERT INTO roles (id, name) VALUES (4, 'Guest')");
    must_not_migrate(bench, "roles");
    must_count(bench, 5, "schema_version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(grants_get_the_meaning_of_their_role),
        ON_BOTH(a_role_that_somebody_put_there_gets_no_right_by_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
