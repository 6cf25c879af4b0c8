/* What lists look for is filled in for the events of version 2. */
#include "../migrating.h"

/* An event as version 2 knew it, from 2024-10-04T00:00:00Z to `ends`; `hour` and `days64` are an
 * hour and 64 days later, as long as class 2 can be. */
static void add_old_event(Bench *bench, const char *ends, const char *series_ends,
                          const char *pattern, const char *overrides, const char *deleted)
{
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO events (title, uid, start_time, end_time, series_end,"
                           " is_recurring, recurrence_pattern, recurrence_overrides, owner_id,"
                           " version_number, created_at, updated_at, deleted_at)"
                           " SELECT 'old', (SELECT count(*) FROM events), begins, %s, %s,"
                           " %s IS NOT NULL, %s, %s, 1, 1, begins, begins, %s FROM moments",
                           ends, series_ends, pattern, pattern, overrides, deleted));
}

#define NONE        "NULL"
#define RULE(parts) "'{\"rrule\":\"FREQ=DAILY" parts "}'"

/* And the owner of the events. */
static void make_moments(Bench *bench)
{
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_run(bench->db,
              is_sqlite ? "CREATE TABLE moments AS SELECT 480000 * 3600000000 AS begins,"
                          " 480001 * 3600000000 AS hour, 481536 * 3600000000 AS days64"
                        : "CREATE TABLE moments AS SELECT to_timestamp(480000 * 3600) AS begins,"
                          " to_timestamp(480001 * 3600) AS hour,"
                          " to_timestamp(481536 * 3600) AS days64");
    bench_run(bench->db,
              "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
              " SELECT 'a', 'a', 'x', begins, begins FROM moments");
}

/* One person owns six events, of which another may read the first two. */
static void fill_version_two(Bench *bench)
{
    make_moments(bench);
    bench_run(bench->db,
              "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
              " SELECT 'b', 'b', 'x', begins, begins FROM moments");
    add_old_event(bench, "hour", "hour", NONE, NONE, "begins");
    add_old_event(bench, "hour", "hour", NONE, NONE, NONE);
    add_old_event(bench, "days64", "days64", NONE, NONE, NONE);
    add_old_event(bench, "hour", NONE, RULE("\",\"rdates\":[]"), NONE, NONE);
    add_old_event(bench, "hour", "days64",
                  RULE(";COUNT=30\",\"rdates\":[\"2024-10-01T00:00:00Z\"]"), NONE, NONE);
    add_old_event(bench, "hour", "days64", RULE(";COUNT=30\",\"rdates\":[]"),
                  "'{\"2024-10-05T00:00:00Z\":{\"start_time\":\"2024-10-01T00:00:00Z\"}}'", NONE);
    bench_run(bench->db,
              "DROP TABLE moments;"
              "INSERT INTO event_permissions (event_id, user_id, role_id)"
              " SELECT id, 1, 1 FROM events;"
              "INSERT INTO event_permissions (event_id, user_id, role_id) VALUES (1, 2, 3),"
              " (2, 2, 3)");
}

static void an_upgrade_fills_in_what_lists_look_for(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;
    const char *early = is_sqlite ? "1727740800000000" : "'2024-10-01T00:00:00Z'";

    migrate_to(bench, 2);
    fill_version_two(bench);
    migrate_to(bench, 3);
    must_count(bench, 4, "events WHERE series_start = start_time");
    must_count(bench, 2,
               arena_printf(&bench->arena, "events WHERE series_start = %s AND id > 4", early));
    must_count(bench, 8,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.start_time = e.start_time"
               " AND p.hidden = (e.deleted_at IS NOT NULL)");
    must_count(bench, 8,
               "event_permissions p WHERE extent_class"
               " = CASE event_id WHEN 1 THEN 0 WHEN 2 THEN 0 WHEN 3 THEN 2"
               " WHEN 4 THEN 5 ELSE 6 END");
    must_count(bench, 2,
               "event_counts WHERE (user_id = 1 AND events = 5)"
               " OR (user_id = 2 AND events = 1)");
    must_count(bench, 2, "event_counts");
}

/* A cancelled occurrence, one that only ends otherwise, and one that moves to a later time. */
static void only_an_override_that_moves_an_occurrence_begins_a_series_earlier(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    migrate_to(bench, 2);
    make_moments(bench);
    add_old_event(bench, "hour", "days64", RULE("\",\"rdates\":[]"),
                  "'{\"2024-09-04T00:00:00Z\":{\"cancelled\":true},"
                  "\"2024-10-06T00:00:00Z\":{\"end_time\":\"2024-10-06T05:00:00Z\"},"
                  "\"2024-10-07T00:00:00Z\":{\"start_time\":\"2024-10-08T00:00:00.5Z\"}}'",
                  NONE);
    add_old_event(bench, "hour", "days64",
                  RULE("\",\"rdates\":[\"2024-10-02T00:00:00Z\",\"2024-10-09T00:00:00Z\"]"),
                  "'{\"2024-10-07T00:00:00Z\":{\"start_time\":\"2024-10-01T22:00:00.25Z\"}}'",
                  NONE);
    add_old_event(bench, "hour", "days64",
                  RULE("\",\"rdates\":[\"2024-10-02T00:00:00Z\",\"2024-10-09T00:00:00Z\"]"), NONE,
                  NONE);
    migrate_to(bench, 3);
    must_count(bench, 1, "events WHERE id = 1 AND series_start = start_time");
    must_count(bench, 1,
               arena_printf(&bench->arena, "events WHERE id = 2 AND series_start = %s",
                            is_sqlite ? "1727820000250000" : "'2024-10-01T22:00:00.25Z'"));
    must_count(bench, 1,
               arena_printf(&bench->arena, "events WHERE id = 3 AND series_start = %s",
                            is_sqlite ? "1727827200000000" : "'2024-10-02T00:00:00Z'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_upgrade_fills_in_what_lists_look_for),
        ON_BOTH(only_an_override_that_moves_an_occurrence_begins_a_series_earlier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
