/* What was there before occupies its time as it did. */
#include "../migrating.h"

static void events_that_are_there_are_opaque(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 13);
    add_event(bench);
    migrate_to(bench, 14);
    must_count(bench, 1, "events WHERE transparency = 'opaque'");
}

static void nothing_else_is_taken(void **state)
{
    Bench *bench = bench_of(state);
    Error err = { .code = ERROR_NONE };

    migrate_to(bench, 14);
    add_event(bench);
    bench_run(bench->db, "UPDATE events SET transparency = 'transparent'");
    assert_false(db_execute(bench->db, query(bench, "UPDATE events SET transparency = 'glass'"),
                            NO_PARAMS, NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(events_that_are_there_are_opaque),
        ON_BOTH(nothing_else_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
