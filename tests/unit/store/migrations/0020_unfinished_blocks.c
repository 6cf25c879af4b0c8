/* How far the blocks have come that are there, nobody knows: all go through once more. */
#include "../migrating.h"

/* Nobody is blocked of whom c, the user 3, refuses a grant. */
static void add_event_of_b(Bench *bench, bool is_sqlite)
{
    const char *at = is_sqlite ? "0" : "now()";
    const char *local = is_sqlite ? "0" : "now()::timestamp";

    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO events (id, uid, title, start_time, end_time, start_local,"
                           " end_local, series_start, series_end, created_at, updated_at, owner_id,"
                           " version_number)"
                           " VALUES (1, '1', 'One', %s, %s, %s, %s, %s, %s, %s, %s, 2, 1)",
                           at, at, local, local, at, at, at, at));
    for (int user = 1; user <= 3; user++)
        bench_run(bench->db,
                  arena_printf(&bench->arena,
                               "INSERT INTO event_permissions (event_id, user_id, role_id, meaning,"
                               " granted_by, granted_at, start_time, extent_class, hidden, refused)"
                               " VALUES (1, %d, %d, %d, 2, %s, %s, 0, %s, %s)",
                               user, user == 2 ? 1 : 3, user == 2 ? 1 : 3, at, at,
                               user == 2 ? "FALSE" : "TRUE", user == 2 ? "FALSE" : "TRUE"));
}

static void what_was_blocked_or_refused_before_is_looked_at_again(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    migrate_to(bench, 19);
    bench_run(bench->db, is_sqlite
                             ? "INSERT INTO users (username, email, hashed_password, created_at,"
                               " updated_at) VALUES ('a', 'a', 'x', 0, 0), ('b', 'b', 'x', 0, 0), "
                               "('c', 'c', 'x', 0, 0)"
                             : "INSERT INTO users (username, email, hashed_password)"
                               " VALUES ('a', 'a', 'x'), ('b', 'b', 'x'), ('c', 'c', 'x')");
    bench_run(bench->db,
              is_sqlite ? "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (1, 2, 0)"
                        : "INSERT INTO blocks (user_id, blocked_id, created_at)"
                          " VALUES (1, 2, now())");
    add_event_of_b(bench, is_sqlite);
    migrate_to(bench, 20);
    must_count(bench, 1, "blocks WHERE user_id = 1 AND blocked_id = 2 AND NOT ended AND place = 0");
    must_count(bench, 1, "blocks WHERE user_id = 3 AND blocked_id = 2 AND ended AND place = 0");
    must_count(bench, 2, "blocks");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(
        what_was_blocked_or_refused_before_is_looked_at_again) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
