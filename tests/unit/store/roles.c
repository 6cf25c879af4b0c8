/* What the rows of `roles` say. */
#include "store/roles.h"

#include "migrating.h"

static List take(Bench *bench)
{
    List roles = { 0 };

    bench_must(bench, bench->db,
               roles_take(roles_ask(bench->db, &bench->arena), &bench->arena, &roles, &bench->err));
    return roles;
}

static void each_id_means_what_its_row_says(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    bench_run(bench->db, "INSERT INTO roles (id, name, description, meaning)"
                         " VALUES (9, 'Commenter', NULL, 3), (7, 'Chair', 'Leads.', 2)");
    List roles = take(bench);

    assert_int_equal(roles.count, 5);
    assert_int_equal(roles_meaning(&roles, 1), ROLE_OWNER);
    assert_int_equal(roles_meaning(&roles, 7), ROLE_EDITOR);
    assert_int_equal(roles_meaning(&roles, 9), ROLE_VIEWER);
    assert_int_equal(roles_meaning(&roles, 8), ROLE_NONE);
    assert_int_equal(roles_meaning(&roles, 0), ROLE_NONE);
}

static void they_come_by_id_and_each_has_a_description(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    bench_run(bench->db, "INSERT INTO roles (id, name, description, meaning)"
                         " VALUES (9, 'Commenter', NULL, 3), (7, 'Chair', 'Leads.', 2)");
    List roles = take(bench);
    const RoleRow *rows = roles.items;

    assert_int_equal(rows[3].id, 7);
    assert_string_equal(rows[3].description, "Leads.");
    assert_string_equal(rows[4].name, "Commenter");
    assert_string_equal(rows[4].description, "Means Viewer.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_id_means_what_its_row_says),
        ON_BOTH(they_come_by_id_and_each_has_a_description),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
