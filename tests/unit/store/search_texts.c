/* Of an event there is a row exactly while its texts need one, with what is to be found. */
#include "store/search_texts.h"

#include "base/fold.h"
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
               search_texts_follow(bench->db, &bench->arena, NULL, before, after, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

static void a_row_is_there_while_it_is_needed(void **state)
{
    Bench *bench = bench_of(state);
    const Event plain = event_of("Plain", NULL, NULL);
    const Event other =
        event_of("Other", "Here", "{\"2027-01-05T09:00:00Z\":{\"cancelled\":true}}");
    const Event accented = event_of("\u00c9t\u00e9", NULL, NULL);

    bench_migrate(bench);
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

    bench_migrate(bench);
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

    bench_migrate(bench);
    add_event(bench);
    follow(bench, &event, &event);
    must_count(bench, 0, "search_texts");
}

/* -- Long texts ---------------------------------------------------------------------------------
 */

/* Marks that all have to be put in order: the dearest text there is. */
static const char *marks(Arena *arena, size_t bytes)
{
    Buffer text = buffer_start(arena);

    buffer_add(&text, "e");
    while (text.length < bytes)
        buffer_add(&text, "\u0301\u0323");
    return text.data;
}

static const char *described(Arena *arena, const char *title, const char *description)
{
    return arena_printf(arena,
                        "{\"2027-01-05T09:00:00Z\":{\"description\":\"%s\",\"title\":\"%s\"},"
                        "\"2027-01-06T09:00:00Z\":{\"title\":\"\u00dc\"}}",
                        description, title);
}

/* How many bytes are folded to follow it, in a transaction that others wait for. */
static size_t folded_to_follow(Bench *bench, FoldedTexts *folded, const Event *before,
                               const Event *after)
{
    size_t until_now = folded->folded_bytes;

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db,
               search_texts_follow(bench->db, &bench->arena, folded, before, after, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    return folded->folded_bytes - until_now;
}

static void what_a_body_brings_is_folded_before(void **state)
{
    Bench *bench = bench_of(state);
    const char *long_text = marks(&bench->arena, 60000);
    FoldedTexts folded = { .arena = &bench->arena };
    const Event new_one = event_of(marks(&bench->arena, 700), marks(&bench->arena, 500),
                                   described(&bench->arena, "\u00c9", long_text));

    bench_migrate(bench);
    add_event(bench);
    search_texts_prepare(&folded, &new_one);
    assert_int_equal(folded_to_follow(bench, &folded, NULL, &new_one), 0);
    must_count(bench, 1, "search_texts WHERE length(description) > 10000");
}

static void what_the_row_has_is_not_folded_again(void **state)
{
    Bench *bench = bench_of(state);
    const char *long_text = marks(&bench->arena, 60000);
    Event before = event_of("\u00c9t\u00e9", "Here", described(&bench->arena, "A", long_text));
    Event after = before;
    FoldedTexts first = { .arena = &bench->arena };
    FoldedTexts later = { .arena = &bench->arena };

    bench_migrate(bench);
    add_event(bench);
    before.description = after.description = long_text;
    assert_true(folded_to_follow(bench, &first, NULL, &before) > 100000);
    after.title = "\u00d6ther";
    after.recurrence_overrides = described(&bench->arena, "B\u00fc", long_text);
    size_t bytes = folded_to_follow(bench, &later, &before, &after);
    assert_true(bytes > 0 && bytes < 100);
    must_count(bench, 1,
               "search_texts WHERE title = '\u00f6ther\x1f"
               "b\u00fc\x1f"
               "\u00fc'");
    /* The same as if it had been folded from the start. */
    follow(bench, NULL, &after);
    must_count(bench, 1, "search_texts WHERE length(description) > 20000");
}

static void the_row_is_what_it_would_be_folded_at_once(void **state)
{
    Bench *bench = bench_of(state);
    FoldedTexts folded = { .arena = &bench->arena };
    const char *beginning = "\u0301"; /* a mark with nothing before it */
    const Event event = event_of("A\u030a", beginning,
                                 "{\"2027-01-05T09:00:00Z\":{\"location\":\"\u0323\u0301x\","
                                 "\"title\":\"\u0327A\u030a\"}}");

    bench_migrate(bench);
    add_event(bench);
    search_texts_prepare(&folded, &event);
    (void)folded_to_follow(bench, &folded, NULL, &event);
    const char *condition =
        arena_printf(&bench->arena, "search_texts WHERE title = '%s' AND location = '%s'",
                     fold_text(&bench->arena, "A\u030a\x1f\u0327"
                                              "A\u030a"),
                     fold_text(&bench->arena, "\u0301\x1f\u0323\u0301x"));
    must_count(bench, 1, condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_row_is_there_while_it_is_needed),
        ON_BOTH(it_has_the_texts_of_occurrences),
        ON_BOTH(what_stayed_is_not_written_again),
        ON_BOTH(what_a_body_brings_is_folded_before),
        ON_BOTH(what_the_row_has_is_not_folded_again),
        ON_BOTH(the_row_is_what_it_would_be_folded_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
