/* What the audit trail had before its lines were charged is nobody's. */
#include "../migrating.h"

static void what_was_written_before_counts_for_nobody(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 18);
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "INSERT INTO audit (timestamp, user_id, action, subject)"
                               " VALUES (7, 1, 'event.purge', 'event 1')"
                             : "INSERT INTO audit (timestamp, user_id, action, subject)"
                               " VALUES (now(), 1, 'event.purge', 'event 1')");
    migrate_to(bench, 19);
    must_count(bench, 1, "audit WHERE bytes = 0");
    must_count(bench, 0, "event_counts WHERE history_bytes <> 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(what_was_written_before_counts_for_nobody) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
