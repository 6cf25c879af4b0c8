/* has_words finds what is there, and takes time by the length of the text. */
#include "../bench.h"

#include <string.h>

#include "base/clock.h"

static const Sql has = { .name = "has", .text = "SELECT has_words($1, $2) AS n" };

static int64_t has_words(Bench *bench, const char *text, const char *words)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->reader,
               db_query(bench->reader, &has, PARAMS(TXT(text), TXT(words)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    int64_t n = rows_int(&rows, "n");
    bench_must(bench, bench->reader, rows_finish(&rows, &bench->err));
    return n;
}

static void it_finds_what_it_should(void **state)
{
    static const struct {
        const char *text, *words;
        int has;
    } cases[] = {
        { "town hall", "hall", 1 },
        { "town hall", "town", 1 },
        { "town hall", "halls", 0 },
        { "town hall", "n h", 1 },
        { "town hall", "Hall", 0 },
        { "", "a", 0 },
        { "a", "a", 1 },
        { "100 %", "%", 1 },
        { "100", "%", 0 },
        { "axb", "a_b", 0 },
        { "a\\b", "\\", 1 },
        { "aaab", "aab", 1 },
        { "aaa", "aab", 0 },
        { "abababc", "ababc", 1 },
        { "aabaabaaab", "aabaaab", 1 },
        { "straße ä", "ä", 1 },
        { "\xc3\xa4", "\xc3\xa5", 0 },
        { "x", "", 1 },
    };
    Bench *bench = bench_of(state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (has_words(bench, cases[i].text, cases[i].words) != cases[i].has)
            fail_msg("\"%s\" in \"%s\"", cases[i].words, cases[i].text);
    }
    assert_int_equal(has_words(bench, NULL, "a"), INT64_MIN);
    assert_int_equal(has_words(bench, "a", NULL), INT64_MIN);
}

static int64_t time_of(Bench *bench, const char *text, const char *words)
{
    int64_t began = clock_monotonic_us();

    assert_int_equal(has_words(bench, text, words), 0);
    return clock_monotonic_us() - began;
}

/* 16 MiB of what nearly matches everywhere: 200 times the work of one letter, compared place by
 * place. */
static void time_grows_with_the_text_alone(void **state)
{
    enum { LENGTH = 16 * 1024 * 1024, WORDS = 200 };
    Bench *bench = bench_of(state);
    char *text = arena_alloc(&bench->arena, LENGTH + 1);
    char words[WORDS + 1];

    memset(text, 'a', LENGTH);
    memset(words, 'a', WORDS - 1);
    words[WORDS - 1] = 'b';
    words[WORDS] = '\0';
    assert_true(time_of(bench, text, words) < 20 * time_of(bench, text, "ab"));
}

static const Sql many_texts = {
    .name = "many_texts",
    .text =
        "SELECT count(*) AS n FROM (WITH RECURSIVE rows (i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM rows WHERE i < 30) SELECT i FROM rows) WHERE has_words($1 || i, $2)",
};

/* SQLite's own clock would not be looked at between so few rows. */
static void it_looks_at_the_clock(void **state)
{
    enum { LENGTH = 8 * 1024 * 1024 };
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    char *text = arena_alloc(&bench->arena, LENGTH + 1);

    memset(text, 'a', LENGTH);
    bench_must(bench, bench->reader, db_set_statement_timeout(bench->reader, 1, &bench->err));
    assert_false(
        db_query(bench->reader, &many_texts, PARAMS(TXT(text), TXT("b")), &rows, &bench->err));
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(it_finds_what_it_should),
        ON_SQLITE(time_grows_with_the_text_alone),
        ON_SQLITE(it_looks_at_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
