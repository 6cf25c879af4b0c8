/* Roles that were given before they were counted are counted. */
#include "../migrating.h"

static void what_was_given_is_counted(void **state)
{
    Bench *bench = bench_of(state);
    const char *now = db_kind(bench->db) == DB_SQLITE ? "0" : "now()";

    migrate_to(bench, 10);
    add_event(bench); /* of person 1 */
    for (const char *const *name = (const char *const[]){ "b", "c", NULL }; *name != NULL; name++)
        bench_run(bench->db, arena_printf(&bench->arena,
                                          "INSERT INTO users (username, email, hashed_password,"
                                          " created_at, updated_at) VALUES ('%s', '%s', 'x', %s,"
                                          " %s)",
                                          *name, *name, now, now));
    bench_run(bench->db,
              "INSERT INTO event_counts (user_id, shard, events) VALUES (1, 0, 7);"
              "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by,"
              " start_time, extent_class, hidden)"
              " SELECT e.id, u.id, 3, 3, CASE u.id WHEN 3 THEN 2 ELSE 1 END, e.start_time, 0, FALSE"
              " FROM events e CROSS JOIN users u");
    migrate_to(bench, 11);
    must_count(bench, 1, "event_counts WHERE user_id = 1 AND given_roles = 1 AND events = 7");
    must_count(bench, 1, "event_counts WHERE user_id = 2 AND given_roles = 1");
    must_count(bench, 0, "event_counts WHERE user_id = 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(what_was_given_is_counted) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
