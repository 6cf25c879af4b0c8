/* What the database says of itself. */
#include "visit.h"

#include "../store/migrating.h"

/* Looks at a database as it is now. */
static void must_say(Bench *bench, void (*check)(Checkup *), FindingKind kind, const char *part)
{
    const Config config = { .database_url = bench->url };
    Checkup checkup;

    visit(&checkup, &bench->arena, &config);
    check_database(&checkup);
    must_find(&checkup, FINDING_OK, "can be reached");
    checkup.count = 0;
    check(&checkup);
    db_close(&checkup.db);
    must_find(&checkup, kind, part);
}

static void a_new_database_is_sound(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    must_say(bench, check_integrity, FINDING_OK, "finds nothing wrong");
    must_say(bench, check_schema, FINDING_OK, "the newest");
    must_say(bench, check_copies, FINDING_OK, "kept twice");
    must_say(bench, check_zones, FINDING_OK, "All 0 time zones");
    must_say(bench, check_moments, FINDING_OK, "later than now");
}

static void one_without_a_schema_is_to_be_migrated(void **state)
{
    Bench *bench = bench_of(state);

    must_say(bench, check_schema, FINDING_PROBLEM, "The schema is 0");
}

static void each_table_and_index_must_be_there(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    bench_run(bench->db, "DROP INDEX idx_sessions_user_id");
    must_say(bench, check_schema, FINDING_PROBLEM, "idx_sessions_user_id is missing");
}

static void zones_must_be_known_here(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    add_event(bench);
    must_say(bench, check_zones, FINDING_OK, "All 1 time zones");
    bench_run(bench->db, "UPDATE events SET timezone = 'Mars/Olympus_Mons'");
    must_say(bench, check_zones, FINDING_PROBLEM, "Mars/Olympus_Mons");
}

static void a_file_that_is_damaged_is_not_opened(void **state)
{
    Bench *bench = bench_of(state);
    const Config config = { .database_url = bench->url };
    Checkup checkup;

    visit(&checkup, &bench->arena, &config);
    checkup.has_damaged_file = true;
    check_database(&checkup);
    must_find(&checkup, FINDING_SKIPPED, "about the file");
    assert_null(checkup.db);
}

static void one_that_is_away_is_said(void **state)
{
    Bench *bench = bench_of(state);
    const Config config = { .database_url = "postgresql://postgres@127.0.0.1:1/none" };
    Checkup checkup;

    visit(&checkup, &bench->arena, &config);
    check_database(&checkup);
    must_find(&checkup, FINDING_PROBLEM, "PostgreSQL cannot be reached");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_new_database_is_sound),
        ON_BOTH(one_without_a_schema_is_to_be_migrated),
        ON_BOTH(each_table_and_index_must_be_there),
        ON_BOTH(zones_must_be_known_here),
        ON_SQLITE(a_file_that_is_damaged_is_not_opened),
        ON_SQLITE(one_that_is_away_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
