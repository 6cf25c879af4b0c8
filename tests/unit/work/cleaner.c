/* What is over goes by itself, and what is not stays. */
#include "work/cleaner.h"

#include <time.h>

#include "../store/bench.h"
#include "base/clock.h"

SQL(count_sessions, "SELECT count(*) AS n FROM sessions");
SQL(count_tries, "SELECT count(*) AS n FROM login_attempts");
SQL(count_networks, "SELECT count(*) AS n FROM known_networks");

#define SESSION                                                                                    \
    "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at, last_used_at,"      \
    " expires_at) "
#define NETWORK "INSERT INTO known_networks (user_id, network, last_used_at) "
#define TRY     "INSERT INTO login_attempts (key, count, window_start) "

/* 450 of each that are over, more than go at once, and one that is not. A count of a day is not
 * over after an hour. */
static const char *const scripts[] = {
    [DB_SQLITE] = "INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
                  " VALUES ('a', 'a', 'x', 0, 0);"
                  "CREATE TEMP TABLE numbers AS WITH RECURSIVE n(i) AS"
                  " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450) SELECT i FROM n;" //
    SESSION "SELECT 1, 'n', 0, 0, 0, 0, 0 FROM numbers;"                                     //
    SESSION "VALUES (1, 'n', 0, 0, 0, 0, 7258118400000000);"                                 //
    TRY "SELECT 'here ' || i, 1, 0 FROM numbers;"                                            //
    TRY "SELECT 'day ' || i, 1, 0 FROM numbers;"                                             //
    TRY "VALUES ('fresh', 1, unixepoch() * 1000000);"                                        //
    TRY "VALUES ('day 0', 1, (unixepoch() - 7200) * 1000000);"                               //
    NETWORK "SELECT 1, 'old ' || i, 0 FROM numbers;"                                         //
    NETWORK "VALUES (1, 'fresh', unixepoch() * 1000000)",
    [DB_POSTGRES] =
        "INSERT INTO users (username, email, hashed_password) VALUES ('a', 'a', 'x');" //
    SESSION "SELECT 1, 'n', 0, now(), now(), now(), now() - interval '1 s'"
        " FROM generate_series(1, 450);"                                       //
    SESSION "VALUES (1, 'n', 0, now(), now(), now(), '2200-01-01T00:00:00Z');" //
    TRY "SELECT 'here ' || i, 1, now() - interval '2 hours'"
        " FROM generate_series(1, 450) i;"                                                       //
    TRY "SELECT 'day ' || i, 1, now() - interval '25 hours' FROM generate_series(1, 450) i;"     //
    TRY "VALUES ('fresh', 1, now());"                                                            //
    TRY "VALUES ('day 0', 1, now() - interval '2 hours');"                                       //
    NETWORK "SELECT 1, 'old ' || i, now() - interval '181 days' FROM generate_series(1, 450) i;" //
    NETWORK "VALUES (1, 'fresh', now())",
};

/* An empty database with the newest schema, and connections to it. */
static void migrate(Bench *bench)
{

    bench_migrate(bench);
}

typedef struct Scene {
    Lanes lanes;
    Schedule schedule;
    Cleaner cleaner;
} Scene;

/* On SQLite the lane is the one writer. */
static void start(Scene *scene, Bench *bench)
{
    LanesSetup setup = { .url = bench->url, .kind = db_kind(bench->db) };

    db_close(&bench->db);
    bench_must(bench, NULL, lanes_start(&scene->lanes, &setup, &bench->arena, &bench->err));
    bench_must(bench, NULL, schedule_start(&scene->schedule, &scene->lanes, &bench->err));
    cleaner_start(&scene->cleaner, &scene->schedule);
}

static void stop(Scene *scene)
{
    schedule_stop(&scene->schedule);
    lanes_stop(&scene->lanes);
    lanes_finish(&scene->lanes);
}

static void what_is_over_is_removed_and_the_rest_stays(void **state)
{
    Bench *bench = bench_of(state);
    Scene scene;

    migrate(bench);
    bench_run(bench->db, scripts[db_kind(bench->db)]);
    start(&scene, bench);
    int64_t end = clock_monotonic_us() + 20 * INT64_C(1000000);
    while (bench_number(bench->reader, &count_sessions) > 1 ||
           bench_number(bench->reader, &count_tries) > 2 ||
           bench_number(bench->reader, &count_networks) > 1) {
        assert_true(clock_monotonic_us() < end);
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    stop(&scene);
    assert_int_equal(bench_number(bench->reader, &count_sessions), 1);
    assert_int_equal(bench_number(bench->reader, &count_tries), 2);
    assert_int_equal(bench_number(bench->reader, &count_networks), 1);
}

/* Runs it once, and gives what it says of itself. */
static Verdict clean_once(Bench *bench, Cleaner *cleaner)
{
    Worker worker = { .db = bench->db };

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    Verdict verdict = cleaner->task.kind->run(&cleaner->task, &worker);
    db_rollback(bench->db);
    return verdict;
}

/* A cleaner that nobody runs, with a sweep due. */
static void prepare(Scene *scene, Bench *bench)
{
    migrate(bench);
    start(scene, bench);
    stop(scene);
    bench_reconnect(bench);
    bench_run(bench->db, scripts[db_kind(bench->db)]);
    scene->cleaner.next_sweep_us = 0;
}

static void after_a_failure_it_is_as_quick_as_before(void **state)
{
    Bench *bench = bench_of(state);
    Scene scene;

    prepare(&scene, bench);
    bench_run(bench->db, "ALTER TABLE known_networks RENAME TO hidden");
    assert_int_not_equal(clean_once(bench, &scene.cleaner), TASK_GOOD);
    assert_true(scene.cleaner.has_failed);
    bench_run(bench->db, "ALTER TABLE hidden RENAME TO known_networks");
    assert_int_equal(clean_once(bench, &scene.cleaner), TASK_GOOD);
    assert_false(scene.cleaner.has_failed);
    assert_true(scene.cleaner.has_more);
}

static void what_cannot_be_done_keeps_nothing_else_from_being_done(void **state)
{
    Bench *bench = bench_of(state);
    Scene scene;

    prepare(&scene, bench);
    bench_run(bench->db, "ALTER TABLE departures RENAME TO hidden");
    assert_int_not_equal(clean_once(bench, &scene.cleaner), TASK_GOOD);
    assert_int_equal(clean_once(bench, &scene.cleaner), TASK_GOOD);
    assert_true(scene.cleaner.has_more); /* of the sweep's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_over_is_removed_and_the_rest_stays),
        ON_BOTH(after_a_failure_it_is_as_quick_as_before),
        ON_BOTH(what_cannot_be_done_keeps_nothing_else_from_being_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
