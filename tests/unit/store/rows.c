/* One row, all of them, or a number. */
#include "store/rows.h"

#include <dlfcn.h>
#include <libpq-fe.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "bench.h"

typedef struct Pair {
    Members given;
    int64_t number;
    const char *name;
    int64_t twice; /* by the reader's own hand */
} Pair;

static const Field pair_fields[] = {
    INTEGER(Pair, number, .flags = NULLABLE),
    TEXT(Pair, name, .flags = NULLABLE),
};
static const Schema pair_schema = SCHEMA(Pair, pair_fields, .doc = "x");

static const Sql make_table = { .name = "make_table",
                                .text = "CREATE TABLE pairs (number INTEGER, name TEXT)" };
static const Sql insert_pair = { .name = "insert_pair",
                                 .text = "INSERT INTO pairs (number, name) VALUES ($1, $2)" };
static const Sql select_pairs = {
    .name = "select_pairs",
    .text = "SELECT number, name FROM pairs WHERE number >= $1 ORDER BY number",
};
static const Sql count_pairs = { .name = "count_pairs",
                                 .text = "SELECT count(*) AS n FROM pairs WHERE number > $1" };
static const Sql highest_pair = { .name = "highest_pair",
                                  .text = "SELECT max(number) AS n FROM pairs WHERE number > $1" };
static const Sql some_pair = { .name = "some_pair",
                               .text = "SELECT number AS n FROM pairs WHERE number = $1" };

static void complete(Rows *rows, Arena *arena, void *object, const void *context)
{
    Pair *pair = object;

    (void)arena;
    pair->twice = rows_int(rows, "number") * *(const int64_t *)context;
}

/* Numbers from 0 on. */
static void fill(Bench *bench, int64_t count)
{
    bench_must(bench, bench->db, db_execute(bench->db, &make_table, NO_PARAMS, NULL, &bench->err));
    for (int64_t i = 0; i < count; i++)
        bench_must(
            bench, bench->db,
            db_execute(bench->db, &insert_pair, PARAMS(INT(i), TXT("a name")), NULL, &bench->err));
}

static Ask *ask(Bench *bench, int64_t from)
{
    return db_ask(bench->db, &bench->arena, &select_pairs, PARAMS(INT(from)));
}

static void all_rows_come_in_their_order_however_many(void **state)
{
    enum { PAIRS = 50 };
    Bench *bench = bench_of(state);
    const int64_t factor = 2;
    const RowReader reader = { &pair_schema, complete, &factor };
    List list = { 0 };

    fill(bench, PAIRS);
    bench_must(bench, bench->db,
               rows_all(ask(bench, 0), &bench->arena, &reader, &list, &bench->err));
    assert_int_equal(list.count, PAIRS);
    for (int64_t i = 0; i < PAIRS; i++) {
        const Pair *pair = (const Pair *)list.items + i;
        assert_int_equal(pair->number, i);
        assert_string_equal(pair->name, "a name");
        assert_int_equal(pair->twice, 2 * i);
    }
}

/* 5 MiB of rows: a page of 4 MiB has those that lie before its end and the one that lies on it. */
static void a_page_ends_when_it_is_full_and_says_so(void **state)
{
    enum { LONG = 100000, PAIRS = 50 };
    Bench *bench = bench_of(state);
    const RowReader reader = { .schema = &pair_schema };
    char *name = arena_alloc(&bench->arena, LONG + 1);
    List list = { 0 };

    memset(name, 'x', LONG);
    fill(bench, 0);
    for (int64_t i = 0; i < PAIRS; i++)
        bench_must(
            bench, bench->db,
            db_execute(bench->db, &insert_pair, PARAMS(INT(i), TXT(name)), NULL, &bench->err));
    bench_must(bench, bench->db,
               rows_page(ask(bench, 0), &bench->arena, &reader, &list, &bench->err));
    assert_true(list.is_cut);
    assert_in_range(list.count, LIMIT_PAGE_BYTES / LONG - 5, LIMIT_PAGE_BYTES / LONG + 1);
    bench_must(
        bench, bench->db,
        rows_page(ask(bench, (int64_t)list.count), &bench->arena, &reader, &list, &bench->err));
    assert_false(list.is_cut);
}

/* PostgreSQL's answer is here as a whole before the first row is read. */
static void of_a_long_page_no_more_is_kept_than_is_needed(void **state)
{
    enum { LONG = 100000, PAIRS = 300 };
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    char *name = arena_alloc(&bench->arena, LONG + 1);
    int64_t count = 0;

    memset(name, 'x', LONG);
    fill(bench, 0);
    for (int64_t i = 0; i < PAIRS; i++)
        bench_must(
            bench, bench->db,
            db_execute(bench->db, &insert_pair, PARAMS(INT(i), TXT(name)), NULL, &bench->err));
    Ask *asked = ask(bench, 0);
    rows_bound(asked, LIMIT_PAGE);
    size_t before = memory_counted();
    bench_must(bench, bench->db, db_take(asked, &rows, &bench->err));
    assert_true(memory_counted() - before < 3 * LIMIT_PAGE_BYTES);
    for (; rows_next(&rows); count++)
        assert_int_equal(rows_int(&rows, "number"), count);
    assert_true((size_t)count * LONG > 3 * LIMIT_PAGE_BYTES / 2);
    bench_must(bench, bench->db, rows_finish(&rows, &bench->err));
    assert_true(memory_counted() - before < 100000);
}

static int values_until_memory_ends = -1; /* -1: there is no end of it */

/* libpq's own. */
int PQsetvalue(PGresult *result, int row, int field, char *value, int length)
{
    typedef int SetValue(PGresult * result, int row, int field, char *value, int length);

    if (values_until_memory_ends == 0)
        return 0;
    if (values_until_memory_ends > 0)
        values_until_memory_ends--;
    return ((SetValue *)(uintptr_t)dlsym(RTLD_NEXT, "PQsetvalue"))(result, row, field, value,
                                                                   length);
}

/* Rather than with an empty place where a name was. */
static void a_row_that_finds_no_memory_fails_the_page(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    size_t before = memory_counted();
    int64_t count = 0;

    fill(bench, 50);
    for (int64_t i = 0; i < 3; i++) {
        Ask *asked = ask(bench, i);
        rows_bound(asked, LIMIT_PAGE);
        values_until_memory_ends = 60;
        assert_false(db_take(asked, &rows, &bench->err));
        values_until_memory_ends = -1;
        assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
        assert_string_equal(db_last_message(bench->db), "select_pairs: out of memory");
        error_clear(&bench->err);
        assert_int_equal(memory_counted(), before);
    }
    Ask *asked = ask(bench, 0);
    rows_bound(asked, LIMIT_PAGE);
    bench_must(bench, bench->db, db_take(asked, &rows, &bench->err));
    for (; rows_next(&rows); count++)
        assert_string_equal(rows_text(&rows, "name", &bench->arena), "a name");
    assert_int_equal(count, 50);
}

static void rows_that_take_more_than_the_budget_are_refused(void **state)
{
    Bench *bench = bench_of(state);
    const RowReader reader = { .schema = &pair_schema };
    Arena AUTO(arena_finish) small = { .budget = 10000 };
    List list = { 0 };

    fill(bench, 500);
    Ask *asked = db_ask(bench->db, &small, &select_pairs, PARAMS(INT(0)));
    assert_false(rows_all(asked, &small, &reader, &list, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INVALID);
}

/* A list is null where its items are. */
static void no_rows_are_an_empty_list_and_not_null(void **state)
{
    Bench *bench = bench_of(state);
    const RowReader reader = { .schema = &pair_schema };
    List list = { 0 };

    fill(bench, 1);
    bench_must(bench, bench->db,
               rows_all(ask(bench, 7), &bench->arena, &reader, &list, &bench->err));
    assert_int_equal(list.count, 0);
    assert_non_null(list.items);
}

static void one_is_the_first_or_none(void **state)
{
    Bench *bench = bench_of(state);
    const RowReader reader = { .schema = &pair_schema };
    Pair *pair = NULL;

    fill(bench, 3);
    bench_must(bench, bench->db,
               rows_one(ask(bench, 1), &bench->arena, &reader, &pair, &bench->err));
    assert_int_equal(pair->number, 1);
    assert_int_equal(pair->twice, 0);
    bench_must(bench, bench->db,
               rows_one(ask(bench, 7), &bench->arena, &reader, &pair, &bench->err));
    assert_null(pair);
}

static void a_number_that_is_null_or_nowhere_is_none(void **state)
{
    Bench *bench = bench_of(state);
    int64_t number = -1;

    fill(bench, 5);
    bench_must(bench, bench->db,
               rows_number(bench->db, &count_pairs, PARAMS(INT(1)), &number, &bench->err));
    assert_int_equal(number, 3);
    bench_must(bench, bench->db,
               rows_number(bench->db, &highest_pair, PARAMS(INT(1)), &number, &bench->err));
    assert_int_equal(number, 4);
    bench_must(bench, bench->db,
               rows_number(bench->db, &highest_pair, PARAMS(INT(9)), &number, &bench->err));
    assert_int_equal(number, 0);
    number = -1;
    bench_must(bench, bench->db,
               rows_number(bench->db, &some_pair, PARAMS(INT(9)), &number, &bench->err));
    assert_int_equal(number, 0);
}

static void what_fails_leaves_nothing(void **state)
{
    Bench *bench = bench_of(state);
    const RowReader reader = { .schema = &pair_schema };
    Pair *pair = (Pair *)bench;
    int64_t number = -1;

    assert_false(rows_one(ask(bench, 1), &bench->arena, &reader, &pair, &bench->err));
    assert_null(pair);
    assert_false(rows_number(bench->db, &count_pairs, PARAMS(INT(1)), &number, &bench->err));
    assert_int_equal(number, 0);
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(all_rows_come_in_their_order_however_many),
        ON_BOTH(a_page_ends_when_it_is_full_and_says_so),
        ON_BOTH(of_a_long_page_no_more_is_kept_than_is_needed),
        ON_POSTGRES(a_row_that_finds_no_memory_fails_the_page),
        ON_BOTH(rows_that_take_more_than_the_budget_are_refused),
        ON_BOTH(no_rows_are_an_empty_list_and_not_null),
        ON_BOTH(one_is_the_first_or_none),
        ON_BOTH(a_number_that_is_null_or_nowhere_is_none),
        ON_BOTH(what_fails_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
