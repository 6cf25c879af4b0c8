/* The rules that a database keeps, each broken once by hand. */
#include "store/soundness.h"

#include <string.h>

#include "migrating.h"

static const char *check(Bench *bench, size_t rule)
{
    const char *broken = NULL;

    bench_must(bench, bench->reader,
               soundness_check(bench->reader, &bench->arena, rule, &broken, &bench->err));
    return broken;
}

/* One rule alone is broken, and says `part`. */
static void must_break(Bench *bench, const char *script, const char *part)
{
    size_t count = 0;

    bench_run(bench->db, script);
    for (size_t rule = 0; rule < soundness_rule_count; rule++) {
        const char *broken = check(bench, rule);
        if (broken == NULL)
            continue;
        count++;
        if (strstr(broken, part) == NULL)
            fail_msg("%s", broken);
    }
    assert_int_equal(count, 1);
}

/* A person with an event, as the program leaves them. */
static void add_sound_event(Bench *bench)
{
    bench_migrate(bench);
    add_event(bench);
    bench_run(bench->db,
              "DELETE FROM changelog; DELETE FROM event_versions; DELETE FROM event_permissions;"
              "DELETE FROM event_counts; UPDATE events SET version_number = 2, document_bytes = 7,"
              " start_time = created_at, series_start = created_at, series_end = created_at;"
              "INSERT INTO event_versions (id, event_id, version_number, data, timestamp,"
              " change_type) SELECT 11, id, 1, '{}', created_at, 'create' FROM events;"
              "INSERT INTO event_versions (id, event_id, version_number, data, timestamp,"
              " change_type) SELECT 12, id, 2, '{}', created_at, 'update' FROM events;"
              "INSERT INTO changelog (event_id, version_id, version_number, user_id, timestamp,"
              " changes, change_type, bytes) SELECT id, 12, 2, owner_id, created_at, '{}',"
              " 'update', 5 FROM events;"
              "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, start_time,"
              " extent_class, hidden) SELECT e.id, owner_id, r.id, 1, start_time, 0,"
              " e.id < 0 FROM events e, roles r WHERE r.meaning = 1;"
              "INSERT INTO event_counts (user_id, shard, events, owned_events, owned_bytes,"
              " history_bytes) SELECT owner_id, 0, 1, 1, 7, 5 FROM events");
    for (size_t rule = 0; rule < soundness_rule_count; rule++)
        assert_null(check(bench, rule));
}

static void roles_say_what_their_events_say(void **state)
{
    Bench *bench = bench_of(state);

    add_sound_event(bench);
    must_break(bench, "UPDATE event_permissions SET extent_class = 1",
               "1 roles do not say what their events say: of event 1.");
}

static void each_class_of_extents_is_known(void **state)
{
    static const struct {
        int days;
        int class;
    } cases[] = { { 1, 0 }, { 8, 1 }, { 9, 2 }, { 64, 2 }, { 512, 3 }, { 4096, 4 }, { 4097, 5 } };
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    add_sound_event(bench);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *length = arena_printf(
            &bench->arena, is_sqlite ? "%d * 86400000000" : "interval '%d days'", cases[i].days);
        bench_run(bench->db, arena_printf(&bench->arena,
                                          "UPDATE events SET series_end = start_time + %s;"
                                          "UPDATE event_permissions SET extent_class = %d",
                                          length, cases[i].class));
        assert_null(check(bench, 1));
    }
    bench_run(bench->db, "UPDATE events SET series_end = NULL");
    assert_null(check(bench, 1));
    must_break(bench, "UPDATE event_permissions SET extent_class = 4", "do not say");
}

static void roles_mean_what_the_table_of_roles_says(void **state)
{
    Bench *bench = bench_of(state);

    add_sound_event(bench);
    must_break(bench, "UPDATE event_permissions SET meaning = 2", "something else than their");
}

static void counts_are_true(void **state)
{
    Bench *bench = bench_of(state);

    add_sound_event(bench);
    must_break(bench, "UPDATE event_counts SET events = 2", "more or fewer events");
    bench_run(bench->db, "UPDATE event_counts SET events = 1");
    must_break(bench, "UPDATE event_counts SET owned_events = 2", "take more or less");
    must_break(bench, "UPDATE event_counts SET owned_events = 1, owned_bytes = 8", "take more");
    must_break(bench, "UPDATE event_counts SET owned_bytes = 7, history_bytes = 0", "take more");
    must_break(bench, "UPDATE event_counts SET history_bytes = 5, given_roles = 1", "take more");
}

static void versions_are_where_they_are_said_to_be(void **state)
{
    Bench *bench = bench_of(state);

    add_sound_event(bench);
    must_break(bench, "UPDATE changelog SET version_id = 11", "lines of the changelog");
    must_break(bench, "UPDATE changelog SET version_id = 99", "lines of the changelog");
    bench_run(bench->db, "UPDATE changelog SET version_id = 12");
    must_break(bench, "UPDATE events SET version_number = 3", "their newest version");
}

static void nothing_belongs_to_nobody(void **state)
{
    Bench *bench = bench_of(state);
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    add_sound_event(bench);
    must_break(bench,
               arena_printf(&bench->arena,
                            "%s; UPDATE event_counts SET user_id = 77;"
                            "UPDATE event_permissions SET user_id = 77;"
                            "UPDATE changelog SET user_id = 77;"
                            "UPDATE events SET owner_id = 77;"
                            "DELETE FROM users",
                            is_sqlite ? "PRAGMA foreign_keys = OFF"
                                      : "SET session_replication_role = replica"),
               "3 rows belong to an event or a person that is not there: 77.");
}

static void moments_are_the_latest(void **state)
{
    Bench *bench = bench_of(state);
    Instant newest, clock;

    bench_migrate(bench);
    bench_must(bench, bench->reader,
               soundness_moments(bench->reader, &newest, &clock, &bench->err));
    assert_true(newest == INSTANT_NULL);
    assert_int_equal(clock == INSTANT_NULL, db_kind(bench->db) == DB_SQLITE);
    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE
                             ? "INSERT INTO audit (timestamp, action, subject) VALUES (17, '', '')"
                             : "INSERT INTO audit (timestamp, action, subject)"
                               " VALUES (to_timestamp(0.000017), '', '')");
    bench_must(bench, bench->reader,
               soundness_moments(bench->reader, &newest, &clock, &bench->err));
    assert_int_equal(newest, 17);
}

static void the_database_says_how_it_is_set_up(void **state)
{
    Bench *bench = bench_of(state);
    List settings = { 0 };
    bool is_found = false;

    bench_must(
        bench, bench->reader,
        soundness_ask(bench->reader, &bench->arena, SOUNDNESS_SETTINGS, &settings, &bench->err));
    const char *const *texts = settings.items;
    for (size_t i = 0; i < settings.count; i++)
        is_found |= strcmp(texts[i], "journal_mode=wal") == 0 ||
                    strcmp(texts[i], "server_encoding=UTF8") == 0;
    assert_true(is_found);
}

/* Another Fasti in another schema of the same database may be at it. */
static void who_migrates_is_seen_in_its_own_schema(void **state)
{
    static const char migrates[] = "BEGIN; SELECT pg_advisory_xact_lock(" MIGRATIONS_LOCK_CLASS
                                   ", " MIGRATIONS_LOCK_NUMBER ");";
    Bench *bench = bench_of(state);
    void *neighbour = NULL;
    List texts;

    assert_int_equal(bench_open_postgres(&neighbour), 0);
    Bench *other = bench_of(&neighbour);
    bench_run(other->db, migrates);
    bench_must(bench, bench->reader,
               soundness_ask(bench->reader, &bench->arena, SOUNDNESS_WAITING, &texts, &bench->err));
    assert_int_equal(texts.count, 0);
    bench_run(bench->db, migrates);
    bench_must(bench, bench->reader,
               soundness_ask(bench->reader, &bench->arena, SOUNDNESS_WAITING, &texts, &bench->err));
    assert_int_equal(texts.count, 1);
    bench_run(bench->db, "ROLLBACK");
    bench_run(other->db, "ROLLBACK");
    bench_close(&neighbour);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(roles_say_what_their_events_say),
        ON_BOTH(each_class_of_extents_is_known),
        ON_BOTH(roles_mean_what_the_table_of_roles_says),
        ON_BOTH(counts_are_true),
        ON_BOTH(versions_are_where_they_are_said_to_be),
        ON_BOTH(nothing_belongs_to_nobody),
        ON_BOTH(moments_are_the_latest),
        ON_BOTH(the_database_says_how_it_is_set_up),
        ON_POSTGRES(who_migrates_is_seen_in_its_own_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
