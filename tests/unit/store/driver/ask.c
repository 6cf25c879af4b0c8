/* Questions asked before their answers are taken: on both databases they give what they would give
 * one after another. */
#include "../bench.h"

SQL(insert_plum, "INSERT INTO plums (weight) VALUES ($1)");
SQL(insert_plum_giving, "INSERT INTO plums (weight) VALUES ($1) RETURNING weight AS id");
SQL(count_plums, "SELECT count(*) AS n FROM plums WHERE weight > $1");
SQL(count_all_plums, "SELECT count(*) AS n FROM plums");
SQL(no_plums, "SELECT nothing FROM plums_that_are_nowhere");
SQL(length_of, "SELECT CAST(length(CAST($1 AS TEXT)) AS BIGINT) AS n");

#define CASTS_OF_8(n)                                                                              \
    "+ CAST($" #n "1 AS BIGINT) + CAST($" #n "2 AS BIGINT) + CAST($" #n "3 AS BIGINT)"             \
    "+ CAST($" #n "4 AS BIGINT) + CAST($" #n "5 AS BIGINT) + CAST($" #n "6 AS BIGINT)"             \
    "+ CAST($" #n "7 AS BIGINT) + CAST($" #n "8 AS BIGINT)"
SQL(sum_up, "SELECT CAST($1 AS BIGINT)" CASTS_OF_8(1) CASTS_OF_8(2) CASTS_OF_8(3) CASTS_OF_8(4)
                CASTS_OF_8(5) " AS n");

enum { MANY = 300 }; /* more than may be on their way at once */

static Bench *bench_with_plums(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE TABLE plums (weight BIGINT NOT NULL)");
    return bench;
}

static void add(Bench *bench, int64_t weight)
{
    bench_must(bench, bench->db,
               db_execute(bench->db, &insert_plum, PARAMS(INT(weight)), NULL, &bench->err));
}

static Ask *ask_above(Bench *bench, Db *db, int64_t weight)
{
    return db_ask(db, &bench->arena, &count_plums, PARAMS(INT(weight)));
}

static Ask *ask_all(Bench *bench, Db *db)
{
    return db_ask(db, &bench->arena, &count_all_plums, NO_PARAMS);
}

static int64_t take(Bench *bench, Db *db, Ask *ask)
{
    int64_t number = -1;

    bench_must(bench, db, db_take_number(ask, &number, &bench->err));
    return number;
}

static int64_t count_all(Bench *bench, Db *db)
{
    return take(bench, db, ask_all(bench, db));
}

/* How many round trips a piece of a test made; none on SQLite. */
static void check_trips(Db *db, int64_t before, int64_t expected)
{
    assert_int_equal(db_round_trips(db) - before, db_kind(db) == DB_SQLITE ? 0 : expected);
}

static void answers_are_taken_in_any_order(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;

    add(bench, 10);
    add(bench, 20);
    Ask *all = ask_all(bench, db);
    Ask *above_15 = ask_above(bench, db, 15);
    Ask *above_5 = ask_above(bench, db, 5);
    assert_int_equal(take(bench, db, above_5), 2);
    assert_int_equal(take(bench, db, all), 2);
    assert_int_equal(take(bench, db, above_15), 1);
}

/* Only the first of them is waited for: what another connection adds then comes too late. What is
 * taken again is asked again. */
static void what_was_asked_comes_together(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);
    int64_t before = db_round_trips(db);

    assert_int_equal(take(bench, db, all), 0);
    add(bench, 20);
    assert_int_equal(take(bench, db, above), 0);
    check_trips(db, before, 1);
    assert_int_equal(take(bench, db, above), 1);
    check_trips(db, before, 2);
}

static void a_query_of_a_reader_takes_along_what_was_asked(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Rows AUTO(rows_close) rows = { 0 };
    Ask *above = ask_above(bench, db, 15);
    int64_t before = db_round_trips(db);

    add(bench, 20);
    bench_must(bench, db, db_query(db, &count_all_plums, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, "n"), 1);
    rows_close(&rows);
    assert_int_equal(take(bench, db, above), 1);
    check_trips(db, before, 1);
}

/* Each way to change something. */
static void add_now(Bench *bench, int64_t weight)
{
    add(bench, weight);
}

static void add_later(Bench *bench, int64_t weight)
{
    bench_must(bench, bench->db,
               db_execute_later(bench->db, &insert_plum, PARAMS(INT(weight)), &bench->err));
}

static void add_giving(Bench *bench, int64_t weight)
{
    int64_t id;

    bench_must(bench, bench->db,
               db_insert(bench->db, &insert_plum_giving, PARAMS(INT(weight)), &id, &bench->err));
}

static void add_by_script(Bench *bench, int64_t weight)
{
    (void)weight;
    bench_run(bench->db, "INSERT INTO plums (weight) VALUES (20)");
}

static void an_answer_is_never_older_than_a_change(void **state)
{
    static void (*const ways[])(Bench *, int64_t) = { add_now, add_later, add_giving,
                                                      add_by_script };
    Bench *bench = bench_with_plums(state);
    Db *db = bench->db;

    bench_must(bench, db, db_begin(db, &bench->err));
    for (int64_t i = 0; i < (int64_t)(sizeof(ways) / sizeof(ways[0])); i++) {
        Ask *all = ask_all(bench, db);
        Ask *came_before = ask_above(bench, db, 15);
        assert_int_equal(take(bench, db, all), i);
        Ask *asked_before = ask_above(bench, db, 5);
        ways[i](bench, 20);
        assert_int_equal(take(bench, db, came_before), i + 1);
        assert_int_equal(take(bench, db, asked_before), i + 1);
    }
    bench_must(bench, db, db_commit(db, &bench->err));
}

static void an_answer_ends_with_its_savepoint(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->db;

    bench_must(bench, db, db_begin(db, &bench->err));
    bench_must(bench, db, db_savepoint(db, &bench->err));
    add(bench, 20);
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);
    assert_int_equal(take(bench, db, all), 1);
    db_rollback_savepoint(db);
    assert_int_equal(take(bench, db, above), 0);
    bench_must(bench, db, db_commit(db, &bench->err));
}

static void an_answer_ends_with_its_transaction(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->db;

    bench_must(bench, db, db_begin(db, &bench->err));
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);
    assert_int_equal(take(bench, db, all), 0);
    bench_must(bench, db, db_commit(db, &bench->err));
    bench_run(db, "INSERT INTO plums (weight) VALUES (20)");
    assert_int_equal(take(bench, db, above), 1);
}

static void what_is_asked_after_some_came_is_not_mixed_with_them(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Ask *all = ask_all(bench, db);
    Ask *early = ask_above(bench, db, 15);

    assert_int_equal(take(bench, db, all), 0);
    add(bench, 20);
    Ask *late = ask_above(bench, db, 15);
    assert_int_equal(take(bench, db, late), 1);
    if (db_kind(db) == DB_POSTGRES)
        assert_int_equal(take(bench, db, early), 0);
}

static void one_that_fails_fails_all_and_leaves_nothing(void **state)
{
    Bench *bench = bench_with_plums(state);
    Rows AUTO(rows_close) rows = { 0 };
    Ask *all = ask_all(bench, bench->db);
    Ask *wrong = db_ask(bench->db, &bench->arena, &no_plums, NO_PARAMS);

    assert_false(db_take(wrong, &rows, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    error_clear(&bench->err);
    assert_false(rows_next(&rows));
    add(bench, 20);
    assert_int_equal(take(bench, bench->db, all), 1);
    assert_int_equal(count_all(bench, bench->db), 1);
}

/* As several requests that share a round trip do. */
static void all_may_be_sent_before_one_is_taken(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);
    int64_t before = db_round_trips(db);

    bench_must(bench, db, db_send_asks(db, &bench->err));
    bench_must(bench, db, db_send_asks(db, &bench->err));
    add(bench, 20);
    assert_int_equal(take(bench, db, above), 0);
    assert_int_equal(take(bench, db, all), 0);
    check_trips(db, before, 1);
}

static void when_sending_all_fails_each_is_asked_by_itself(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);

    db_ask(db, &bench->arena, &no_plums, NO_PARAMS);
    assert_false(db_send_asks(db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    error_clear(&bench->err);
    add(bench, 20);
    assert_int_equal(take(bench, db, all), 1);
    assert_int_equal(take(bench, db, above), 1);
}

/* None of them prepared before, and each a statement of its own. */
static void any_number_may_be_asked(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Sql texts[MANY];
    Ask *asks[MANY];

    add(bench, 20);
    for (size_t i = 0; i < MANY; i++) {
        texts[i] = count_all_plums;
        asks[i] = db_ask(db, &bench->arena, &texts[i], NO_PARAMS);
    }
    bench_must(bench, db, db_send_asks(db, &bench->err));
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(take(bench, db, asks[i]), 1);
}

static void many_values_are_as_good_as_few(void **state)
{
    Bench *bench = bench_with_plums(state);
    Value values[58];
    Params params = { values, sizeof(values) / sizeof(values[0]) };

    for (size_t i = 0; i < params.count; i++)
        values[i] = INT(1);
    Ask *ask = db_ask(bench->reader, &bench->arena, &sum_up, params);
    /* $1, and five times eight of them. */
    assert_int_equal(take(bench, bench->reader, ask), 41);
}

static void nothing_of_what_was_asked_with_is_needed_later(void **state)
{
    Bench *bench = bench_with_plums(state);
    char text[] = "seven !";
    Value values[] = { TXT(text) };
    Ask *ask = db_ask(bench->reader, &bench->arena, &length_of, (Params){ values, 1 });

    text[1] = '\0';
    values[0] = TXT("");
    assert_int_equal(take(bench, bench->reader, ask), 7);
}

/* What came and what waits, in an arena that ends before the connection does. */
static void what_is_dropped_costs_nothing_and_is_in_nobodys_way(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Arena arena = { 0 };

    Ask *taken = db_ask(db, &arena, &count_all_plums, NO_PARAMS);
    db_ask(db, &arena, &count_plums, PARAMS(INT(5)));
    assert_int_equal(take(bench, db, taken), 0);
    db_ask(db, &arena, &no_plums, NO_PARAMS);
    db_drop_asks(db);
    arena_finish(&arena);
    int64_t before = db_round_trips(db);
    assert_int_equal(count_all(bench, db), 0);
    check_trips(db, before, 1);
}

static void a_lost_connection_is_not_noticed(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;

    add(bench, 20);
    Ask *all = ask_all(bench, db);
    Ask *above = ask_above(bench, db, 15);
    bench_kill(bench, db);
    assert_int_equal(take(bench, db, all), 1);
    assert_int_equal(take(bench, db, above), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(answers_are_taken_in_any_order),
        ON_POSTGRES(what_was_asked_comes_together),
        ON_BOTH(a_query_of_a_reader_takes_along_what_was_asked),
        ON_BOTH(an_answer_is_never_older_than_a_change),
        ON_BOTH(an_answer_ends_with_its_savepoint),
        ON_BOTH(an_answer_ends_with_its_transaction),
        ON_BOTH(what_is_asked_after_some_came_is_not_mixed_with_them),
        ON_BOTH(one_that_fails_fails_all_and_leaves_nothing),
        ON_POSTGRES(all_may_be_sent_before_one_is_taken),
        ON_POSTGRES(when_sending_all_fails_each_is_asked_by_itself),
        ON_BOTH(any_number_may_be_asked),
        ON_BOTH(many_values_are_as_good_as_few),
        ON_BOTH(nothing_of_what_was_asked_with_is_needed_later),
        ON_BOTH(what_is_dropped_costs_nothing_and_is_in_nobodys_way),
        ON_POSTGRES(a_lost_connection_is_not_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
