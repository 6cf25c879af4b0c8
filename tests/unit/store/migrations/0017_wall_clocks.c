/* What was kept as a moment is kept as what the clock of its zone showed, too. That nobody sees a
 * difference is in tests/api/test_wall_clocks.py. */
#include "../migrating.h"

#include "base/buffer.h"

static const char *const overrides = "{\"2027-03-28T01:30:00Z\":{\"cancelled\":true},"
                                     "\"2027-07-05T00:30:00Z\":{\"start_time\":"
                                     "\"2027-07-05T13:00:00Z\"}}";

/* Daily at 02:30 in Zurich, with one override where a gap pushed it to 03:30; an all-day one there;
 * one of a zone that nobody knows; and a version of the first. */
static void fill_version_sixteen(Bench *bench)
{
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;
    const char *start = is_sqlite ? "1805506200000000" : "'2027-03-20T01:30:00Z'";
    const char *end = is_sqlite ? "1805509800000000" : "'2027-03-20T02:30:00Z'";
    const char *now = is_sqlite ? "0" : "now()";

    for (int i = 0; i < 3; i++)
        add_event(bench);
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "UPDATE events SET start_time = %s, end_time = %s,"
                           " timezone = 'Europe/Zurich';"
                           "UPDATE events SET is_recurring = true, recurrence_pattern ="
                           " '{\"rrule\":\"FREQ=DAILY;UNTIL=20271031T013000Z\",\"rdates\":[],"
                           "\"text\":\"x\"}', recurrence_overrides = '%s' WHERE id = 1;"
                           "UPDATE events SET all_day = true WHERE id = 2;"
                           "UPDATE events SET timezone = 'Nowhere/Land' WHERE id = 3;"
                           "INSERT INTO event_versions (event_id, version_number, data, timestamp,"
                           " change_type) VALUES (1, 1, '{\"start_time\":\"2027-10-31T01:30:00Z\","
                           "\"end_time\":\"2027-10-31T02:30:00Z\",\"timezone\":\"Europe/Zurich\","
                           "\"all_day\":false}', %s, 'create'), (1, 2, '{\"timezone\":3}', %s,"
                           " 'update');",
                           start, end, overrides, now, now));
}

/* PostgreSQL puts a space behind each colon and comma. */
static const char *written(Bench *bench, const char *text)
{
    Buffer out = buffer_start(&bench->arena);

    for (; *text != '\0'; text++) {
        bool is_between = (*text == ':' || *text == ',') && text[-1] == '"';
        bool is_after = *text == ',' && text[-1] == '}';
        buffer_add_bytes(&out, text, 1);
        if (db_kind(bench->db) == DB_POSTGRES && (is_between || is_after))
            buffer_add(&out, " ");
    }
    return out.data;
}

static void the_clock_is_kept_beside_the_moments(void **state)
{
    Bench *bench = bench_of(state);
    const char *local =
        db_kind(bench->db) == DB_SQLITE ? "1805509800000000" : "'2027-03-20 02:30:00'";

    migrate_to(bench, 16);
    fill_version_sixteen(bench);
    migrate_to(bench, 17);
    must_count(bench, 1,
               arena_printf(&bench->arena,
                            "events WHERE id = 1 AND start_local = %s AND zone_rules > 0"
                            " AND zone_release IS NOT NULL AND NOT start_is_second",
                            local));
    must_give(bench,
              written(bench, "{\"times\":{\"2027-07-05T13:00:00Z\":\"2027-07-05T15:00:00\","
                             "\"2027-10-31T01:30:00Z\":\"2027-10-31T02:30:00+01:00\"},"
                             "\"starts\":{\"2027-03-28T01:30:00Z\":\"2027-03-28T02:30:00\","
                             "\"2027-07-05T00:30:00Z\":\"2027-07-05T02:30:00\"}}"),
              db_kind(bench->db) == DB_SQLITE
                  ? "SELECT json_object('times', local_times -> 'times',"
                    " 'starts', local_times -> 'starts') AS given FROM events WHERE id = 1"
                  : "SELECT local_times::text AS given FROM events WHERE id = 1");
    must_count(bench, 2,
               "events WHERE id > 1 AND zone_rules = 0 AND zone_release IS NULL"
               " AND local_times IS NULL");
    must_give(bench,
              written(bench, "{\"end\":\"2027-10-31T03:30:00\","
                             "\"start\":\"2027-10-31T02:30:00+01:00\"}"),
              "SELECT CAST(local_times AS TEXT) AS given FROM event_versions"
              " WHERE version_number = 1");
    must_count(bench, 1, "event_versions WHERE version_number = 2 AND local_times IS NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(the_clock_is_kept_beside_the_moments) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
