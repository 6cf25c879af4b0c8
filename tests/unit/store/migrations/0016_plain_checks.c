/* What may stand in the columns is what may stand in them, however it is said. */
#include <stdio.h>

#include "../migrating.h"

static void add_all(Bench *bench)
{
    add_event(bench);
    bench_run(bench->db,
              "INSERT INTO event_permissions (id, event_id, user_id, role_id, meaning, granted_by,"
              " start_time, extent_class, hidden, refused) SELECT 1, id, owner_id, 1, 1, owner_id,"
              " start_time, 0, FALSE, FALSE"
              " FROM events");
}

/* Is this value taken by the column, and is nothing else by the next? */
static void must_take(Bench *bench, const char *set, bool is_taken)
{
    Error err = { .code = ERROR_NONE };
    const char *text = arena_printf(&bench->arena, "UPDATE %s", set);

    if (db_execute(bench->db, query(bench, text), NO_PARAMS, NULL, &err) != is_taken)
        fail_msg("%s: %s", text, err.detail);
}

static void the_same_values_are_taken_as_before(void **state)
{
    static const char *const good[] = {
        "events SET status = 'tentative'",          "events SET status = 'cancelled'",
        "events SET status = 'confirmed'",          "event_permissions SET meaning = 3",
        "event_permissions SET answer = 'maybe'",   "event_permissions SET answer = NULL",
        "event_permissions SET answer = 'no'",      "event_permissions SET meaning = 1",
        "event_permissions SET answer = 'yes'",     "users SET free_busy = 'nobody'",
        "users SET free_busy = 'everyone'",         "users SET free_busy = 'known'",
        "roles SET meaning = 2 WHERE meaning <> 2",
    };
    static const char *const bad[] = {
        "events SET status = 'perhaps'",
        "events SET status = NULL",
        "event_permissions SET meaning = 0",
        "event_permissions SET meaning = 4",
        "event_permissions SET answer = ''",
        "users SET free_busy = 'friends'",
        "roles SET meaning = 4",
    };
    Bench *bench = bench_of(state);

    migrate_to(bench, 15);
    add_all(bench);
    for (int version = 15; version <= 16; version++) {
        migrate_to(bench, version);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
            must_take(bench, good[i], true);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            must_take(bench, bad[i], false);
    }
}

static void no_check_of_sqlite_builds_a_table_for_a_row(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 16);
    if (db_kind(bench->db) != DB_SQLITE)
        return;
    must_count(bench, 0,
               "sqlite_schema WHERE sql LIKE '%meaning IN (%'"
               " OR sql LIKE '%status IN (%' OR sql LIKE '%answer IN (%'"
               " OR sql LIKE '%free_busy IN (%'");
    must_count(bench, 4,
               "sqlite_schema WHERE sql LIKE '%meaning BETWEEN 1 AND 3%'"
               " OR sql LIKE '%status = ''tentative''%'"
               " OR sql LIKE '%free_busy = ''nobody''%'");
    must_give(bench, "ok", "SELECT integrity_check AS given FROM pragma_integrity_check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_same_values_are_taken_as_before),
        ON_BOTH(no_check_of_sqlite_builds_a_table_for_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
