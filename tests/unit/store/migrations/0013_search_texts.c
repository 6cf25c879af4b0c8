/* What searches look into is there for every event that needs it, and for no other. */
#include "../migrating.h"

/* By the schema of version 12: five events, the first as add_event makes it. */
static void add_events(Bench *bench)
{
    migrate_to(bench, 12);
    add_event(bench);
    bench_run(
        bench->db,
        "INSERT INTO events (uid, title, start_time, end_time, timezone, owner_id, created_at,"
        " version_number, updated_at, series_start) SELECT 'u' || n.i, 'Plain', e.start_time,"
        " e.end_time, 'UTC', e.owner_id, e.created_at, 1, e.created_at, e.series_start"
        " FROM events e, (SELECT 2 AS i UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) n"
        " ORDER BY n.i;"
        "UPDATE events SET title = 'Cafe\u0301', location = 'Stra\u00dfe' WHERE id = 2;"
        "UPDATE events SET description = '\u212aelvin' WHERE id = 3;"
        "UPDATE events SET recurrence_overrides = '{\"2027-01-05T09:00:00Z\":{\"title\":"
        "\"RENAMED\"},\"2027-01-06T09:00:00Z\":{\"description\":null,\"title\":\"\u00c4\"}}'"
        " WHERE id = 4;"
        "UPDATE events SET recurrence_overrides ="
        " '{\"2027-01-05T09:00:00Z\":{\"cancelled\":true}}' WHERE id = 5");
}

static void texts_are_there_where_they_are_needed(void **state)
{
    Bench *bench = bench_of(state);

    add_events(bench);
    migrate_to(bench, 13);
    must_count(bench, 3, "search_texts");
    must_count(bench, 0, "search_texts WHERE event_id IN (1, 5)");
    must_count(bench, 1,
               "search_texts WHERE event_id = 2 AND title = 'caf\u00e9' AND location = 'strasse'"
               " AND description IS NULL");
    must_count(bench, 1, "search_texts WHERE event_id = 3 AND description = 'kelvin'");
    must_count(bench, 1,
               "search_texts WHERE event_id = 4 AND title = 'plain\x1frenamed\x1f\u00e4'"
               " AND location IS NULL");
}

static void they_go_with_their_event(void **state)
{
    Bench *bench = bench_of(state);

    add_events(bench);
    migrate_to(bench, 13);
    bench_run(bench->db, "DELETE FROM events WHERE id = 2");
    must_count(bench, 2, "search_texts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(texts_are_there_where_they_are_needed),
        ON_BOTH(they_go_with_their_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
