/* What a new zone file makes of a page of events is what it makes of each alone. */
#include "store/zone_moves.h"

#include "bench.h"
#include "store/events.h"

/* Events 1 and 2 are alike, a series with overrides, as are 3 and 4, where nothing moves, and 5 and
 * 6, alone and in summer. Their moments are of a Zurich that had no summer time. */
#define PERSON(now)                                                                                \
    "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"                 \
    " VALUES ('a', 'a', 'x', " now ", " now ");"
#define EVENT(n, start, end, local, local_end, series_end, now)                                    \
    "INSERT INTO events (id, title, uid, timezone, zone_rules, zone_release, start_time, "         \
    "end_time,"                                                                                    \
    " series_start, series_end, start_local, end_local, owner_id, updated_by, version_number,"     \
    " created_at, updated_at) VALUES (" n ", 'a', '" n "', 'Europe/Zurich', 1, 'x', " start        \
    ", " end ", " start ", " series_end ", " local ", " local_end ", 1, 1, 1, " now ", " now ");"
#define SERIES                                                                                     \
    "UPDATE events SET is_recurring = true, recurrence_pattern = '{\"rrule\":"                     \
    "\"FREQ=WEEKLY;UNTIL=20270726T080000Z\",\"rdates\":[],\"text\":\"x\"}',"                       \
    " recurrence_overrides = '{\"2027-07-05T08:00:00Z\":{\"cancelled\":true},"                     \
    "\"2027-07-12T08:00:00Z\":{\"start_time\":\"2027-07-12T13:00:00Z\"}}',"                        \
    " local_times = '{\"starts\":{\"2027-07-05T08:00:00Z\":\"2027-07-05T09:00:00\","               \
    "\"2027-07-12T08:00:00Z\":\"2027-07-12T09:00:00\"},"                                           \
    "\"times\":{\"2027-07-12T13:00:00Z\":\"2027-07-12T14:00:00\","                                 \
    "\"2027-07-26T08:00:00Z\":\"2027-07-26T09:00:00\"}}' WHERE id <= 2;"
#define GRANTS                                                                                     \
    "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by, start_time,"  \
    " extent_class, hidden, refused) SELECT id, 1, 1, 1, 1, start_time,"                           \
    " CASE WHEN id <= 2 THEN 3 ELSE 0 END, FALSE, FALSE FROM events;"

/* 4 January and 2 August 2027, nine to ten in the morning in winter time; 26 July, ten. */
#define SQLITE_WINTER(n, end)                                                                      \
    EVENT(n, "1799049600000000", "1799053200000000", "1799053200000000", "1799056800000000", end,  \
          "0")
#define SQLITE_SUMMER(n)                                                                           \
    EVENT(n, "1817193600000000", "1817197200000000", "1817197200000000", "1817200800000000",       \
          "1817197200000000", "0")
#define POSTGRES_WINTER(n, end)                                                                    \
    EVENT(n, "'2027-01-04T08:00:00Z'", "'2027-01-04T09:00:00Z'", "'2027-01-04T09:00:00'",          \
          "'2027-01-04T10:00:00'", end, "now()")
#define POSTGRES_SUMMER(n)                                                                         \
    EVENT(n, "'2027-08-02T08:00:00Z'", "'2027-08-02T09:00:00Z'", "'2027-08-02T09:00:00'",          \
          "'2027-08-02T10:00:00'", "'2027-08-02T09:00:00Z'", "now()")
#define SQLITE_JULY   "1816592400000000"
#define POSTGRES_JULY "'2027-07-26T09:00:00Z'"

/* The pairs of events, of versions and of entries that are the same but for their numbers. */
SQL(count_events,
    "SELECT count(*) AS n FROM events a JOIN events b ON b.id = a.id + 1"
    " JOIN event_permissions p ON p.event_id = a.id JOIN event_permissions q ON q.event_id = b.id"
    " WHERE a.id IN (1, 3, 5) AND a.start_time = b.start_time AND a.end_time = b.end_time"
    " AND a.series_start = b.series_start AND a.series_end = b.series_end"
    " AND a.start_local = b.start_local AND a.zone_rules = b.zone_rules AND a.zone_rules > 1"
    " AND a.zone_release = b.zone_release AND a.zone_release <> 'x'"
    " AND a.version_number = b.version_number"
    " AND coalesce(a.updated_by, 0) = coalesce(b.updated_by, 0)"
    " AND (a.updated_at = a.created_at) = (b.updated_at = b.created_at)"
    " AND coalesce(CAST(a.recurrence_pattern AS TEXT), '')"
    " = coalesce(CAST(b.recurrence_pattern AS TEXT), '')"
    " AND coalesce(CAST(a.recurrence_overrides AS TEXT), '')"
    " = coalesce(CAST(b.recurrence_overrides AS TEXT), '')"
    " AND coalesce(CAST(a.local_times AS TEXT), '') = coalesce(CAST(b.local_times AS TEXT), '')"
    " AND p.start_time = a.start_time AND q.start_time = b.start_time"
    " AND p.extent_class = q.extent_class");

#define SAME_VERSIONS(a, b)                                                                        \
    "SELECT count(*) AS n FROM event_versions v JOIN event_versions w"                             \
    " ON w.event_id = v.event_id + 1 WHERE v.event_id IN (1, 5) AND " a " = " b                    \
    " AND v.version_number = 2 AND w.version_number = 2 AND v.origin = w.origin"                   \
    " AND v.changed_by_user_id IS NULL AND w.changed_by_user_id IS NULL"                           \
    " AND v.change_type = 'zone_update' AND w.change_type = v.change_type"                         \
    " AND v.timestamp = w.timestamp AND v.local_times = w.local_times"                             \
    " AND v.changed_fields = w.changed_fields AND v.comment IS NULL AND w.comment IS NULL"
SQL_DIALECTS(count_versions,
             .sqlite = SAME_VERSIONS("json_remove(v.data, '$.id', '$.uid')",
                                     "json_remove(w.data, '$.id', '$.uid')"),
             .postgres = SAME_VERSIONS("v.data - 'id' - 'uid'", "w.data - 'id' - 'uid'"));

SQL(count_entries,
    "SELECT count(*) AS n FROM changelog c JOIN changelog d ON d.event_id = c.event_id + 1"
    " JOIN event_versions v ON v.id = c.version_id AND v.event_id = c.event_id"
    " JOIN event_versions w ON w.id = d.version_id AND w.event_id = d.event_id"
    " WHERE c.event_id IN (1, 5) AND c.changes = d.changes AND c.bytes = d.bytes"
    " AND c.version_number = 2 AND d.version_number = 2 AND c.timestamp = d.timestamp"
    " AND c.user_id IS NULL AND d.user_id IS NULL AND c.change_type = 'zone_update'"
    " AND d.change_type = c.change_type AND c.change_set_id = c.id AND d.change_set_id = d.id");

SQL(count_history, "SELECT (SELECT count(*) FROM event_versions)"
                   " + (SELECT count(*) FROM changelog) AS n");

SQL(count_of_first_set, "SELECT count(*) AS n FROM changelog"
                        " WHERE change_set_id = (SELECT min(id) FROM changelog)");

static void fill(Bench *bench)
{
    if (db_kind(bench->db) == DB_SQLITE)
        bench_run(bench->db,
                  PERSON("0") SQLITE_WINTER("1", SQLITE_JULY) SQLITE_WINTER("2", SQLITE_JULY)
                      SQLITE_WINTER("3", "1799053200000000") SQLITE_WINTER("4", "1799053200000000")
                          SQLITE_SUMMER("5") SQLITE_SUMMER("6") SERIES GRANTS);
    else
        bench_run(bench->db, PERSON("now()") POSTGRES_WINTER("1", POSTGRES_JULY) POSTGRES_WINTER(
                                 "2", POSTGRES_JULY) POSTGRES_WINTER("3", "'2027-01-04T09:00:00Z'")
                                 POSTGRES_WINTER("4", "'2027-01-04T09:00:00Z'") POSTGRES_SUMMER("5")
                                     POSTGRES_SUMMER("6") SERIES GRANTS);
}

static void must(Bench *bench, bool is_done)
{
    bench_must(bench, bench->db, is_done);
}

static Bench *set(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    fill(bench);
    must(bench, db_begin(bench->db, &bench->err));
    return bench;
}

static const Instant now = INT64_C(1800000000000000);

static void a_page_follows_as_each_alone_does(void **state)
{
    static const int64_t alone[] = { 1, 3, 5 };
    static const int64_t together[] = { 2, 4, 6 };
    Bench *bench = set(state);
    Error *err = &bench->err;
    ZoneMoves moves;
    List list;

    must(bench, events_find_some(bench->db, &bench->arena, alone, 3, &list, err));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++) {
        Event *event = (Event *)list.items + i;
        assert_non_null(event->stored);
        must(bench, zone_moves_follow(bench->db, &bench->arena, now, NULL, event, err));
    }
    must(bench, events_find_some(bench->db, &bench->arena, together, 3, &list, err));
    must(bench, zone_moves_follow_all(bench->db, &bench->arena, now, list, &moves, err));
    assert_int_equal(moves.derived, 3);
    assert_int_equal(moves.moved, 2);
    must(bench, events_find_some(bench->db, &bench->arena, together, 3, &list, err));
    must(bench, zone_moves_follow_all(bench->db, &bench->arena, now, list, &moves, err));
    assert_int_equal(moves.derived, 0); /* nothing is left */
    must(bench, db_commit(bench->db, err));
    assert_int_equal(bench_number(bench->reader, &count_events), 3);
    assert_int_equal(bench_number(bench->reader, &count_versions), 2);
    assert_int_equal(bench_number(bench->reader, &count_entries), 2);
    assert_int_equal(bench_number(bench->reader, &count_history), 8);
}

/* The second one follows when the first has an entry of the set already. */
static void what_a_request_lets_follow_is_of_its_set(void **state)
{
    static const int64_t ids[] = { 1, 5 };
    Bench *bench = set(state);
    ChangeSet of_request = { .entries = 0 };
    List list;

    must(bench, events_find_some(bench->db, &bench->arena, ids, 2, &list, &bench->err));
    for (size_t i = 0; i < list.count; i++) {
        Event *event = (Event *)list.items + i;
        must(bench,
             zone_moves_follow(bench->db, &bench->arena, now, &of_request, event, &bench->err));
        Change edit = { .type = CHANGE_UPDATE,
                        .before = event,
                        .after = event,
                        .at = now,
                        .changes = "{}",
                        .set = &of_request };
        int64_t bytes;
        event->version_number++;
        must(bench, history_record(bench->db, &bench->arena, &edit, &bytes, &bench->err));
    }
    must(bench, db_commit(bench->db, &bench->err));
    assert_int_equal(of_request.entries, 4);
    assert_int_equal(bench_number(bench->reader, &count_of_first_set), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_page_follows_as_each_alone_does),
        ON_BOTH(what_a_request_lets_follow_is_of_its_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
