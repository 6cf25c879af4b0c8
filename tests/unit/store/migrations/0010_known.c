/* Who has shared before there was the rule is known to whom he shared with. */
#include "../migrating.h"

static void add_person(Bench *bench, const char *name)
{
    const char *now = db_kind(bench->db) == DB_SQLITE ? "0" : "now()";

    bench_run(bench->db, arena_printf(&bench->arena,
                                      "INSERT INTO users (username, email, hashed_password,"
                                      " created_at, updated_at) VALUES ('%s', '%s', 'x', %s, %s)",
                                      name, name, now, now));
}

/* `giver` as SQL: it may be null, as the old system left it. */
static void add_grant(Bench *bench, int user_id, int role_id, const char *giver)
{
    bench_run(bench->db,
              arena_printf(
                  &bench->arena,
                  "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by,"
                  " start_time, extent_class, hidden) SELECT id, %d, %d, %d, %s, start_time,"
                  " 0, deleted_at IS NOT NULL FROM events",
                  user_id, role_id, role_id, giver));
}

static void old_grants_are_from_people_who_are_known(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 9);
    add_event(bench); /* of person 1 */
    add_person(bench, "b");
    add_person(bench, "c");
    add_person(bench, "d");
    add_grant(bench, 1, 1, "1");
    add_grant(bench, 2, 2, "1");
    add_grant(bench, 3, 3, "NULL");
    add_grant(bench, 4, 3, "2");
    migrate_to(bench, 10);
    must_count(bench, 1, "event_permissions WHERE user_id = 1 AND known_giver IS NULL");
    must_count(bench, 1, "event_permissions WHERE user_id = 2 AND known_giver = 1");
    must_count(bench, 1, "event_permissions WHERE user_id = 3 AND known_giver = 1");
    must_count(bench, 1, "event_permissions WHERE user_id = 4 AND known_giver = 2");
    must_count(bench, 4, "event_permissions WHERE answer IS NULL AND NOT refused");
    must_count(bench, 4, "users WHERE free_busy = 'known' AND display_name IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(old_grants_are_from_people_who_are_known) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
