/* What new zone files moved before is in the indexes, and nothing else is. */
#include "../migrating.h"

static void what_was_moved_is_in_the_indexes(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 17);
    add_event(bench);
    bench_run(bench->db, "INSERT INTO changelog (event_id, timestamp, changes, change_type)"
                         " SELECT id, created_at, '{}', 'zone_update' FROM events");
    migrate_to(bench, 18);
    must_count(bench, 1, "changelog WHERE change_type = 'zone_update' AND id > 0");
    must_count(bench, 1, "changelog WHERE change_type = 'zone_update' AND event_id = 1");
    must_count(bench, 2,
               db_kind(bench->db) == DB_SQLITE
                   ? "sqlite_schema WHERE type = 'index' AND tbl_name = 'changelog'"
                     " AND sql LIKE '%WHERE change_type = ''zone_update'''"
                   : "pg_index WHERE indrelid = 'changelog'::regclass"
                     " AND pg_get_expr(indpred, indrelid) LIKE '%''zone_update''%'");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(what_was_moved_is_in_the_indexes) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
