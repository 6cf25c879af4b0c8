/* No version says that its event was split off the event 0. */
#include "../migrating.h"

static void add_version(Bench *bench, int number, const char *data, const char *origin)
{
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO event_versions (event_id, version_number, data, timestamp,"
                           " change_type, origin) SELECT 1, %d, '%s', start_time, 'update', '%s'"
                           " FROM events",
                           number, data, origin));
}

static void only_what_was_invented_is_taken_back(void **state)
{
    Bench *bench = bench_of(state);

    migrate_to(bench, 3);
    add_event(bench);
    add_version(bench, 1, "{\"b\":[0],\"title\":\"a\",\"series_of\":0}", "fasti");
    add_version(bench, 2, "{\"series_of\":7}", "fasti");
    add_version(bench, 3, "{\"series_of\":null}", "fasti");
    add_version(bench, 4, "{\"series_of\":false}", "fasti");
    add_version(bench, 5, "{\"title\":\"a\"}", "fasti");
    add_version(bench, 6, "{\"series_of\":0}", "old");
    migrate_to(bench, 4);
    must_give(bench,
              "{\"b\":[0],\"title\":\"a\",\"series_of\":null} {\"series_of\":7}"
              " {\"series_of\":null} {\"series_of\":false} {\"title\":\"a\"} {\"series_of\":0}",
              db_kind(bench->db) == DB_SQLITE
                  ? "SELECT group_concat(data, ' ') AS given FROM"
                    " (SELECT data FROM event_versions ORDER BY version_number)"
                  : "SELECT string_agg(replace(replace(data::text, ': ', ':'), ', ', ','), ' '"
                    " ORDER BY version_number) AS given FROM event_versions");
}

static void no_event_of_the_old_system_was_split_off_another(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);
    must_count(bench, 232, "event_versions WHERE data -> 'series_of' = 'null'");
    must_count(bench, 0, "event_versions WHERE data -> 'series_of' = '0'");
    must_count(bench, 0, "event_versions WHERE origin = 'old' AND data ? 'series_of'");
}

/* As the releases did that had invented it. */
static void nor_is_it_after_an_upgrade(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate_to(bench, 3);
    bench_run(bench->db, "UPDATE event_versions SET data = jsonb_set(data, '{series_of}', '0')"
                         " WHERE origin = 'fasti'");
    migrate(bench, 3);
    must_count(bench, 232, "event_versions WHERE data -> 'series_of' = 'null'");
    must_count(bench, 0, "event_versions WHERE data -> 'series_of' = '0'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(only_what_was_invented_is_taken_back),
        ON_POSTGRES(no_event_of_the_old_system_was_split_off_another),
        ON_POSTGRES(nor_is_it_after_an_upgrade),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
