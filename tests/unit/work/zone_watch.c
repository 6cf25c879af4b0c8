/* What was derived by other rules is derived anew by itself; what moves has an entry, what does not
 * has none. */
#include "work/zone_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../store/bench.h"
#include "base/clock.h"
#include "base/limits.h"
#include "time/instant.h"

enum { EVENTS = 1200 };

SQL(count_stale, "SELECT count(*) AS n FROM events WHERE zone_rules = 1");
SQL(count_moves, "SELECT count(*) AS n FROM changelog c JOIN event_versions v"
                 " ON v.id = c.version_id AND v.event_id = c.event_id"
                 " WHERE c.change_type = 'zone_update' AND v.change_type = c.change_type"
                 " AND c.user_id IS NULL AND c.version_number = 2 AND v.version_number = 2"
                 " AND c.change_set_id = c.id AND c.bytes > 256");
SQL(count_left_behind, "SELECT count(*) AS n FROM events e JOIN event_permissions p"
                       " ON p.event_id = e.id WHERE p.start_time <> e.start_time"
                       " OR e.series_start <> e.start_time OR e.series_end <> e.end_time"
                       " OR (e.version_number = 2) <> (e.updated_by IS NULL)");
SQL(count_moved, "SELECT count(*) AS n FROM events e JOIN event_versions v ON v.event_id = e.id"
                 " WHERE e.version_number = 2 AND v.version_number = 2");

/* How many: more for who measures. */
static int how_many(void)
{
    const char *text = getenv("FASTI_TEST_EVENTS");

    return text != NULL ? atoi(text) : EVENTS;
}

#define PERSON(now)                                                                                \
    "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"                 \
    " VALUES ('a', 'a', 'x', " now ", " now ");"
#define EVENTS_OF(local, hour, moment, now)                                                        \
    "INSERT INTO events (title, uid, timezone, zone_rules, zone_release, start_time, end_time,"    \
    " series_start, series_end, start_local, end_local, owner_id, updated_by, version_number,"     \
    " created_at, updated_at) SELECT 'a', CAST(i AS TEXT), 'Europe/Zurich', 1, 'x', " moment(      \
        local                                                                                      \
        " - " hour) ", " moment(local) ", " moment(local " - " hour) ", " moment(local) ", " local \
                                                                                        ", " local \
                                                                                        " + " hour \
                                                                                        ", 1, 1, " \
                                                                                        "1, " now  \
                                                                                        ", " now   \
                                                                                        " FROM "
#define GRANTS                                                                                     \
    "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by, start_time,"  \
    " extent_class, hidden, refused) SELECT id, 1, 1, 1, 1, start_time, 0, FALSE, FALSE"           \
    " FROM events;"
#define SQLITE_LOCAL      "CASE i % 2 WHEN 0 THEN 1799053200000000 ELSE 1817197200000000 END"
#define SQLITE_MOMENT(at) "(" at ")"
#define POSTGRES_LOCAL                                                                             \
    "CASE i % 2 WHEN 0 THEN '2027-01-04 09:00:00'::timestamp ELSE '2027-08-02 09:00:00' END"
#define POSTGRES_MOMENT(at) "((" at ") AT TIME ZONE 'UTC')"

/* In Zurich at nine: every second one in summer, where 08:00 in UTC is not nine any more. */
static void fill(Bench *bench, int count)
{
    if (db_kind(bench->db) == DB_SQLITE) {
        bench_run(bench->db, PERSON("0"));
        bench_run(bench->db,
                  arena_printf(&bench->arena,
                               "%s(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                               " WHERE i < %d) SELECT i FROM n) few",
                               EVENTS_OF(SQLITE_LOCAL, "3600000000", SQLITE_MOMENT, "0"), count));
        bench_run(bench->db, GRANTS);
        return;
    }
    bench_run(bench->db, PERSON("now()"));
    bench_run(bench->db,
              arena_printf(&bench->arena, "%sgenerate_series(1, %d) AS few (i)",
                           EVENTS_OF(POSTGRES_LOCAL, "interval '1 hour'", POSTGRES_MOMENT, "now()"),
                           count));
    bench_run(bench->db, GRANTS);
}

/* Runs the task until so many are left, or for a while. */
static void watch_until(Bench *bench, int64_t left)
{
    const LanesSetup setup = { .url = bench->url, .kind = db_kind(bench->reader) };
    static ZoneWatch watch;
    Lanes lanes;
    Schedule schedule;

    bench_must(bench, NULL, lanes_start(&lanes, &setup, &bench->arena, &bench->err));
    bench_must(bench, NULL, schedule_start(&schedule, &lanes, &bench->err));
    int64_t begin = clock_monotonic_us();
    zone_watch_start(&watch, &schedule);
    while (bench_number(bench->reader, &count_stale) > left &&
           clock_monotonic_us() < begin + 100 * SECOND_US)
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    print_message("derived until %lld were left in %lld ms\n", (long long)left,
                  (long long)(clock_monotonic_us() - begin) / 1000);
    schedule_stop(&schedule);
    lanes_stop(&lanes);
    lanes_finish(&lanes);
}

static void set_stage(Bench *bench, int count)
{

    bench_migrate(bench);
    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 0, &bench->err));
    fill(bench, count);
}

static void what_moves_has_an_entry(void **state)
{
    Bench *bench = bench_of(state);
    int count = how_many();

    set_stage(bench, count);
    db_close(&bench->db); /* SQLite has one writer */
    watch_until(bench, 0);
    assert_int_equal(bench_number(bench->reader, &count_stale), 0);
    assert_int_equal(bench_number(bench->reader, &count_moves), (count + 1) / 2);
    assert_int_equal(bench_number(bench->reader, &count_moved), (count + 1) / 2);
    assert_int_equal(bench_number(bench->reader, &count_left_behind), 0);
}

/* How often the words stand in a file. */
static int count_words(FILE *file, const char *words)
{
    char line[2048];
    int count = 0;

    rewind(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strstr(line, words) != NULL;
    return count;
}

/* One whose row nobody can read, and one whose next version is there already. */
static void spoil(Bench *bench)
{
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "PRAGMA ignore_check_constraints = ON;"
                               "UPDATE events SET status = 'strange' WHERE id = 5"
                             : "ALTER TABLE events DROP CONSTRAINT events_status_check;"
                               "UPDATE events SET status = 'strange' WHERE id = 5");
    bench_run(bench->db, "INSERT INTO event_versions (event_id, version_number, data, timestamp,"
                         " change_type) SELECT id, 2, '{}', created_at, 'update' FROM events"
                         " WHERE id = 701");
}

static void who_cannot_be_derived_holds_up_nobody(void **state)
{
    Bench *bench = bench_of(state);
    FILE *log = tmpfile();
    int terminal = dup(STDERR_FILENO);

    set_stage(bench, EVENTS);
    spoil(bench);
    db_close(&bench->db);
    dup2(fileno(log), STDERR_FILENO);
    watch_until(bench, 2);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    assert_int_equal(bench_number(bench->reader, &count_stale), 2);
    assert_int_equal(bench_number(bench->reader, &count_moves), EVENTS / 2 - 2);
    assert_int_equal(count_words(log, "cannot follow the rules of its zone"), 2);
    assert_int_equal(count_words(log, "\"5\""), 1);
    assert_int_equal(count_words(log, "\"701\""), 1);
    fclose(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_moves_has_an_entry),
        ON_BOTH(who_cannot_be_derived_holds_up_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
