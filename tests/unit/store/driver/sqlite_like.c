/* LIKE on SQLite means what ILIKE means on PostgreSQL, and takes time by the length of the text. */
#include "../bench.h"

#include <locale.h>
#include <string.h>

#include "base/clock.h"

static const Sql is_like = { .name = "is_like", .text = "SELECT $1 LIKE $2 ESCAPE '\\' AS n" };

static int64_t like(Bench *bench, const char *text, const char *pattern)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(
        bench, bench->reader,
        db_query(bench->reader, &is_like, PARAMS(TXT(text), TXT(pattern)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    int64_t n = rows_int(&rows, "n");
    bench_must(bench, bench->reader, rows_finish(&rows, &bench->err));
    return n;
}

static void it_matches_what_it_should(void **state)
{
    static const struct {
        const char *text, *pattern;
        int matches;
    } cases[] = {
        { "Town hall", "%HALL%", 1 },
        { "Town hall", "%hall", 1 },
        { "Town hall", "town%", 1 },
        { "Town hall", "town", 0 },
        { "Town hall", "%halls%", 0 },
        { "", "%%", 1 },
        { "", "%a%", 0 },
        { "100 %", "%\\%%", 1 },
        { "100", "%\\%%", 0 },
        { "a_b", "%a\\_b%", 1 },
        { "axb", "%a\\_b%", 0 },
        { "axb", "%a_b%", 1 },
        { "a\\b", "%A\\\\B%", 1 },
        { "ab", "%a%b%", 1 },
        { "ba", "%a%b%", 0 },
        { "Stra\xc3\x9f"
          "e \xc3\x84",
          "%\xc3\xa4%", 1 },
        { "\xce\x91\xce\xb2", "%\xce\xb1\xce\x92%", 1 },
        { "\xc8\xba\xc8\xba\xc8\xba", "%\xe2\xb1\xa5%", 1 }, /* of two bytes, three */
        { "aaab", "%aab%", 1 },
        { "aaa", "%aab%", 0 },
    };
    Bench *bench = bench_of(state);

    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (like(bench, cases[i].text, cases[i].pattern) != cases[i].matches)
            fail_msg("%s LIKE %s", cases[i].text, cases[i].pattern);
    }
    assert_int_equal(like(bench, NULL, "%a%"), INT64_MIN);
    assert_int_equal(like(bench, "a", NULL), INT64_MIN);
}

static int64_t time_of(Bench *bench, const char *text, const char *pattern)
{
    int64_t began = clock_monotonic_us();

    assert_int_equal(like(bench, text, pattern), 0);
    return clock_monotonic_us() - began;
}

/* 16 MiB of what nearly matches everywhere: 200 times the work of one letter, compared place by
 * place. */
static void time_grows_with_the_text_alone(void **state)
{
    enum { LENGTH = 16 * 1024 * 1024, WORDS = 200 };
    Bench *bench = bench_of(state);
    char *text = arena_alloc(&bench->arena, LENGTH + 1);
    char pattern[WORDS + 3];

    memset(text, 'a', LENGTH);
    memset(pattern, 'a', sizeof(pattern));
    pattern[0] = pattern[WORDS + 1] = '%';
    pattern[WORDS] = 'b';
    pattern[WORDS + 2] = '\0';
    assert_true(time_of(bench, text, pattern) < 20 * time_of(bench, text, "%b%"));
}

static const Sql many_texts = {
    .name = "many_texts",
    .text = "SELECT count(*) AS n FROM (WITH RECURSIVE rows (i) AS (SELECT 1 UNION ALL"
            " SELECT i + 1 FROM rows WHERE i < 30) SELECT i FROM rows) WHERE ($1 || i) LIKE $2",
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
        db_query(bench->reader, &many_texts, PARAMS(TXT(text), TXT("%b%")), &rows, &bench->err));
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(it_matches_what_it_should),
        ON_SQLITE(time_grows_with_the_text_alone),
        ON_SQLITE(it_looks_at_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
