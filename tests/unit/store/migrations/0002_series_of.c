/* Events of version 1 were split from none; and what one was split from may go. */
#include "../migrating.h"

static void an_event_outlives_the_one_it_was_split_from(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 1);
    add_event(bench);
    add_event(bench);
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
