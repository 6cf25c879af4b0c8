/* What people took of the database before there were quotas is counted. */
#include "../migrating.h"

#include <string.h>

/* Two people; the first one's events are a live one of two versions and one in the trash, the
 * second's is live. */
static void fill_version_four(Bench *bench)
{
    const char *now = db_kind(bench->db) == DB_SQLITE ? "7" : "now()";
    const char *script =
        "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
        " VALUES ('b', 'b', 'x', NOW, NOW);"
        "UPDATE events SET version_number = 2 WHERE id = 1;"
        "UPDATE events SET deleted_at = NOW WHERE id = 2;"
        "UPDATE events SET owner_id = 2 WHERE id = 3;"
        "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type)"
        " VALUES (1, 1, '{\"a\":1}', NOW, 'create'), (1, 2, '{\"a\":12345}', NOW, 'update'),"
        " (2, 1, '{}', NOW, 'create');"
        "INSERT INTO changelog (event_id, version_id, version_number, user_id, timestamp,"
        " change_type, changes, comment)"
        " SELECT event_id, id, version_number, CASE version_number WHEN 1 THEN 1 ELSE 2 END, NOW,"
        " 'update', '{}', CASE version_number WHEN 1 THEN NULL ELSE '\xc3\xa9' END"
        " FROM event_versions;"
        "INSERT INTO changelog (event_id, user_id, timestamp, change_type, changes)"
        " VALUES (1, 1, NOW, 'share', '{}'), (1, 999, NOW, 'share', '{}');"
        "INSERT INTO event_permissions (event_id, user_id, role_id, granted_by, start_time,"
        " extent_class, hidden) SELECT id, 1, 1, 1, NOW, 0, FALSE FROM events;"
        "INSERT INTO event_permissions (event_id, user_id, role_id, granted_by, start_time,"
        " extent_class, hidden) VALUES (1, 2, 3, 1, NOW, 0, FALSE), (2, 2, 3, 1, NOW, 0, FALSE);"
        "INSERT INTO event_counts (user_id, shard, events) VALUES (1, 0, 3)";

    for (int i = 0; i < 3; i++)
        add_event(bench);
    for (const char *at = strstr(script, "NOW"); at != NULL; at = strstr(script, "NOW"))
        script = arena_printf(&bench->arena, "%.*s%s%s", (int)(at - script), script, now, at + 3);
    bench_run(bench->db, script);
}

static void what_is_there_is_counted(void **state)
{
    Bench *bench = bench_of(state);
    /* PostgreSQL puts a space behind each colon. */
    int colon = db_kind(bench->db) == DB_POSTGRES;
    int first = 7 + colon;
    int second = 11 + colon;

    migrate_to(bench, 4);
    fill_version_four(bench);
    migrate_to(bench, 8);
    must_count(bench, 1,
               arena_printf(&bench->arena, "events WHERE id = 1 AND document_bytes = %d", second));
    must_count(bench, 1, "events WHERE id = 2 AND document_bytes = 2");
    must_count(bench, 1, "events WHERE id = 3 AND document_bytes = 0");
    must_count(
        bench, 1,
        arena_printf(&bench->arena, "changelog WHERE bytes = 256 + 2 + %d AND user_id = 1", first));
    must_count(bench, 1,
               arena_printf(&bench->arena,
                            "changelog WHERE bytes = 256 + 2 + 2 + %d AND user_id = 2", second));
    must_count(bench, 1,
               arena_printf(&bench->arena,
                            "event_counts WHERE user_id = 1 AND shard = 0 AND events = 3"
                            " AND owned_events = 1 AND owned_bytes = %d"
                            " AND history_bytes = %d",
                            second, 258 + first + 258 + 2 + 258));
    must_count(bench, 1,
               arena_printf(&bench->arena,
                            "event_counts WHERE user_id = 2 AND events = 0 AND owned_events = 1"
                            " AND owned_bytes = 0 AND history_bytes = %d",
                            260 + second));
    must_count(bench, 2, "event_counts");
    must_count(bench, 2, "users WHERE quota_events IS NULL AND quota_grants IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(what_is_there_is_counted) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
