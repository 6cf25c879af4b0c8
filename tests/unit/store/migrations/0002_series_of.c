/* Events of version 1 were split from none; and what one was split from may go. */
#include "../migrating.h"

static void an_event_outlives_the_one_it_was_split_from(void **state)
{
    Bench *bench = bench_of(state);
    const char *now = db_kind(bench->db) == DB_SQLITE ? "0" : "now()";

    migrate_to(bench, 1);
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO users (username, email, hashed_password, created_at,"
                           " updated_at) VALUES ('a', 'a', 'x', %s, %s);"
                           "INSERT INTO events (title, uid, start_time, end_time, owner_id,"
                           " version_number, created_at, updated_at)"
                           " SELECT 'a', n, %s, %s, 1, 1, %s, %s"
                           " FROM (SELECT 1 AS n UNION ALL SELECT 2) x",
                           now, now, now, now, now, now));
    migrate_to(bench, 2);
    must_count(bench, 2, "events WHERE series_of IS NULL");
    bench_run(bench->db, "UPDATE events SET series_of = 1 WHERE id = 2;"
                         "DELETE FROM events WHERE id = 1");
    must_count(bench, 1, "events WHERE id = 2 AND series_of IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_event_outlives_the_one_it_was_split_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
