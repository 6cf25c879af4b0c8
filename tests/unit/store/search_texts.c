/* Of an event there is a row exactly while its texts need one, with what is to be found. */
#include "store/search_texts.h"

#include "migrating.h"

/* The one event that add_event makes, with these texts. */
static Event event_of(const char *title, const char *location, const char *overrides)
{
    return (
        Event){ .id = 1, .title = title, .location = location, .recurrence_overrides = overrides };
}

static void follow(Bench *bench, const Event *before, const Event *after)
{
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db,
               search_texts_follow(bench->db, &bench->arena, before, after, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

static void a_row_is_there_while_it_is_needed(void **state)
{
    Bench *bench = bench_of(state);
    const Event plain = event_of("Plain", NULL, NULL);
    const Event other =
        event_of("Other", "Here", "{\"2027-01-05T09:00:00Z\":{\"cancelled\":true}}");
    const Event accented = event_of("\u00c9t\u00e9", NULL, NULL);

    migrate(bench, -1);
    add_event(bench);
    follow(bench, NULL, &plain);
    follow(bench, &plain, &other);
    must_count(bench, 0, "search_texts");
    follow(bench, &other, &accented);
    must_count(bench, 1, "search_texts WHERE title = '\u00e9t\u00e9' AND location IS NULL");
    follow(bench, &accented, &other);
    must_count(bench, 0, "search_texts");
    follow(bench, NULL, &accented);
    must_count(bench, 1, "search_texts");
}

static void it_has_the_texts_of_occurrences(void **state)
{
    Bench *bench = bench_of(state);
    const Event before = event_of("A", "B", NULL);
    const Event after = event_of("A", "B",
                                 "{\"2027-01-05T09:00:00Z\":{\"location\":null,\"title\":\"C\"},"
                                 "\"2027-01-06T09:00:00Z\":{\"location\":\"\u00dc\"}}");

    migrate(bench, -1);
    add_event(bench);
    follow(bench, &before, &after);
    must_count(bench, 1,
               "search_texts WHERE title = 'a\x1f"
               "c' AND location = 'b\x1f\u00fc' AND description IS NULL");
}

static void what_stayed_is_not_written_again(void **state)
{
    Bench *bench = bench_of(state);
    const Event event = event_of("\u00c9t\u00e9", "B", NULL);

    migrate(bench, -1);
    add_event(bench);
    follow(bench, &event, &event);
    must_count(bench, 0, "search_texts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_row_is_there_while_it_is_needed),
        ON_BOTH(it_has_the_texts_of_occurrences),
        ON_BOTH(what_stayed_is_not_written_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
