/* Entries that were there before belong to no set; nothing else is changed. */
#include "../migrating.h"

static void old_entries_belong_to_no_set(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 14);
    add_event(bench);
    bench_run(bench->db, "INSERT INTO changelog (event_id, timestamp, changes, change_type)"
                         " SELECT id, created_at, '{}', 'create' FROM events");
    migrate_to(bench, 15);
    must_count(bench, 1, "changelog");
    must_count(bench, 1, "changelog WHERE change_set_id IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(old_entries_belong_to_no_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
