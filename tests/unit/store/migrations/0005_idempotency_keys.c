/* What is there stays, and a user has a name once. */
#include "../migrating.h"

static void replies_are_kept_beside_what_there_is(void **state)
{
    static const char one[] = "INSERT INTO idempotency_keys"
                              " (user_id, name, digest, created_at, status, headers, bytes)"
                              " SELECT %s, 'n', 'd', start_time, 204, '', 0 FROM events";
    Bench *bench = bench_of(state);

    migrate_to(bench, 4);
    add_event(bench);
    migrate_to(bench, 5);
    must_count(bench, 1, "events");
    bench_run(bench->db, arena_printf(&bench->arena, one, "1"));
    bench_run(bench->db, arena_printf(&bench->arena, one, "2"));
    assert_false(db_execute_script(bench->db, arena_printf(&bench->arena, one, "2"), &bench->err));
    assert_int_equal(bench->err.code, ERROR_DUPLICATE);
    must_count(bench, 2, "idempotency_keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(replies_are_kept_beside_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
