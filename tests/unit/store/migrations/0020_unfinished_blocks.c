/* The blocks that are there have come through all. */
#include "../migrating.h"

static void what_was_blocked_before_is_finished(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    migrate_to(bench, 19);
    bench_run(bench->db, is_sqlite
                             ? "INSERT INTO users (username, email, hashed_password, created_at,"
                               " updated_at) VALUES ('a', 'a', 'x', 0, 0), ('b', 'b', 'x', 0, 0)"
                             : "INSERT INTO users (username, email, hashed_password)"
                               " VALUES ('a', 'a', 'x'), ('b', 'b', 'x')");
    bench_run(bench->db,
              is_sqlite ? "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (1, 2, 0)"
                        : "INSERT INTO blocks (user_id, blocked_id, created_at)"
                          " VALUES (1, 2, now())");
    migrate_to(bench, 20);
    must_count(bench, 1, "blocks WHERE NOT ended AND place IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(what_was_blocked_before_is_finished) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
