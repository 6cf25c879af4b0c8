/* Statements that nobody waits for, and several queries at once: both drivers end in the same
 * state, whenever they find a failure. */
#include "bench.h"

#include <stdio.h>

SQL(insert_word, "INSERT INTO words (word) VALUES ($1)");
SQL(select_word, "SELECT word FROM words WHERE word = $1");
SQL(select_length, "SELECT CAST(length($1) AS BIGINT) AS n");
SQL(count_words, "SELECT count(*) AS n FROM words");
SQL(wrong, "SELECT nothing FROM nowhere");

static Bench *bench_with_words(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE TABLE words (word TEXT PRIMARY KEY)");
    return bench;
}

static void begin(Bench *bench)
{
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
}

static void commit(Bench *bench)
{
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

static void add(Bench *bench, const char *word)
{
    bench_must(bench, bench->db,
               db_execute(bench->db, &insert_word, PARAMS(TXT(word)), NULL, &bench->err));
}

static void add_later(Bench *bench, const char *word)
{
    bench_must(bench, bench->db,
               db_execute_later(bench->db, &insert_word, PARAMS(TXT(word)), &bench->err));
}

/* SQLite finds the failure at once, PostgreSQL when somebody waits. */
static void add_later_what_fails(Bench *bench, const char *word)
{
    bool is_accepted = db_execute_later(bench->db, &insert_word, PARAMS(TXT(word)), &bench->err);

    assert_int_equal(is_accepted, db_kind(bench->db) == DB_POSTGRES);
    error_clear(&bench->err);
}

static void must_have_failed(Bench *bench, int is_done, ErrorCode code)
{
    assert_false(is_done);
    if (bench->err.code != code)
        fail_msg("%d instead of %d: %s (%s)", (int)bench->err.code, (int)code, bench->err.detail,
                 db_last_message(bench->db));
    error_clear(&bench->err);
}

static int64_t count(Bench *bench)
{
    return bench_number(bench->reader, &count_words);
}

/* The connection is as good as new: what it writes now stays. */
static void check_that_it_goes_on(Bench *bench, int64_t expected)
{
    assert_int_equal(count(bench), expected);
    begin(bench);
    add(bench, "afterwards");
    add_later(bench, "and later");
    commit(bench);
    assert_int_equal(count(bench), expected + 2);
}

/* -- Later ------------------------------------------------------------------------------------ */

static void what_is_executed_later_is_seen_by_what_follows_and_committed(void **state)
{
    Bench *bench = bench_with_words(state);
    char word[] = "two";

    begin(bench);
    add(bench, "one");
    add_later(bench, word);
    word[0] = 'T'; /* nothing of the parameters is needed any more */
    assert_int_equal(bench_number(bench->db, &count_words), 2);
    add_later(bench, "three");
    assert_int_equal(count(bench), 0);
    commit(bench);
    assert_int_equal(count(bench), 3);
    begin(bench);
    must_have_failed(bench,
                     db_execute(bench->db, &insert_word, PARAMS(TXT("two")), NULL, &bench->err),
                     ERROR_DUPLICATE);
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 3);
}

static void what_is_executed_later_may_come_first_or_without_a_transaction(void **state)
{
    Bench *bench = bench_with_words(state);

    add_later(bench, "one");
    assert_int_equal(count(bench), 1);
    begin(bench);
    add_later(bench, "two");
    add_later(bench, "three");
    commit(bench);
    check_that_it_goes_on(bench, 3);
}

static void any_number_of_statements_may_be_executed_later(void **state)
{
    enum { MANY = 500 };
    Bench *bench = bench_with_words(state);

    begin(bench);
    for (int i = 0; i < MANY; i++)
        add_later(bench, arena_printf(&bench->arena, "word %d", i));
    commit(bench);
    check_that_it_goes_on(bench, MANY);
}

static void a_transaction_may_be_empty(void **state)
{
    Bench *bench = bench_with_words(state);

    begin(bench);
    assert_true(db_has_transaction(bench->db));
    commit(bench);
    begin(bench);
    db_rollback(bench->db);
    assert_false(db_has_transaction(bench->db));
    begin(bench);
    assert_true(db_flush(bench->db, &bench->err));
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 0);
}

SQL(count_begun, "SELECT count(*) AS n FROM pg_stat_activity"
                 " WHERE pid = $1 AND xact_start IS NOT NULL");
SQL(count_inserting, "SELECT count(*) AS n FROM pg_stat_activity"
                     " WHERE pid = $1 AND query LIKE 'INSERT%'");

static int64_t look_at(Bench *bench, const Sql *sql, int64_t backend)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->reader,
               db_query(bench->reader, sql, PARAMS(INT(backend)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    return rows_int(&rows, "n");
}

static void nothing_is_sent_before_somebody_waits(void **state)
{
    Bench *bench = bench_with_words(state);
    int64_t backend = bench_backend(bench->db);

    begin(bench);
    assert_int_equal(look_at(bench, &count_begun, backend), 0);
    assert_int_equal(bench_number(bench->db, &count_words), 0);
    assert_int_equal(look_at(bench, &count_begun, backend), 1);
    add_later(bench, "one");
    assert_int_equal(look_at(bench, &count_inserting, backend), 0);
    bench_must(bench, bench->db, db_flush(bench->db, &bench->err));
    assert_int_equal(look_at(bench, &count_inserting, backend), 1);
    commit(bench);
    check_that_it_goes_on(bench, 1);
}

/* -- Failures --------------------------------------------------------------------------------- */

static void a_later_failure_fails_the_commit_and_nothing_is_written(void **state)
{
    Bench *bench = bench_with_words(state);

    add(bench, "one");
    begin(bench);
    add(bench, "two");
    add_later_what_fails(bench, "one");
    must_have_failed(bench, db_commit(bench->db, &bench->err), ERROR_DUPLICATE);
    assert_false(db_has_transaction(bench->db));
    check_that_it_goes_on(bench, 1);
}

static void a_later_failure_fails_the_next_query_and_all_that_follows(void **state)
{
    Bench *bench = bench_with_words(state);
    Rows AUTO(rows_close) rows = { 0 };

    add(bench, "one");
    begin(bench);
    add(bench, "two");
    add_later_what_fails(bench, "one");
    must_have_failed(bench, db_query(bench->db, &count_words, NO_PARAMS, &rows, &bench->err),
                     ERROR_DUPLICATE);
    assert_false(rows_next(&rows));
    must_have_failed(bench,
                     db_execute_later(bench->db, &insert_word, PARAMS(TXT("3")), &bench->err),
                     ERROR_DUPLICATE);
    must_have_failed(bench, db_flush(bench->db, &bench->err), ERROR_DUPLICATE);
    must_have_failed(bench, db_commit(bench->db, &bench->err), ERROR_DUPLICATE);
    check_that_it_goes_on(bench, 1);
}

static void the_first_of_several_failures_is_the_one_that_is_told(void **state)
{
    Bench *bench = bench_with_words(state);

    add(bench, "one");
    begin(bench);
    add(bench, "two");
    add_later_what_fails(bench, "one");
    db_execute_later(bench->db, &wrong, NO_PARAMS, &bench->err);
    error_clear(&bench->err);
    must_have_failed(bench, db_flush(bench->db, &bench->err), ERROR_DUPLICATE);
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 1);
}

static void rolling_back_undoes_what_was_to_be_executed_later(void **state)
{
    Bench *bench = bench_with_words(state);

    begin(bench);
    add(bench, "one");
    add_later(bench, "two");
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 0);

    begin(bench);
    add(bench, "three");
    add_later_what_fails(bench, "afterwards");
    db_rollback(bench->db);
    begin(bench);
    add(bench, "four");
    commit(bench);
    assert_int_equal(count(bench), 3);
}

static void a_statement_that_cannot_be_prepared_is_prepared_again(void **state)
{
    Bench *bench = bench_of(state);

    for (int round = 0; round < 2; round++) {
        begin(bench);
        bench_must(bench, bench->db,
                   db_execute(bench->db, &select_length, PARAMS(TXT("one")), NULL, &bench->err));
        db_execute_later(bench->db, &insert_word, PARAMS(TXT("one")), &bench->err);
        error_clear(&bench->err);
        must_have_failed(bench, db_commit(bench->db, &bench->err), ERROR_INTERNAL);
    }
    bench_run(bench->db, "CREATE TABLE words (word TEXT PRIMARY KEY)");
    check_that_it_goes_on(bench, 0);
}

static void statements_that_the_server_forgot_cost_one_transaction(void **state)
{
    Bench *bench = bench_with_words(state);

    check_that_it_goes_on(bench, 0);
    bench_run(bench->db, "DEALLOCATE ALL; DELETE FROM words");
    begin(bench);
    must_have_failed(bench,
                     db_execute(bench->db, &insert_word, PARAMS(TXT("x")), NULL, &bench->err),
                     ERROR_RETRY);
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 0);
}

/* -- Lost connections ------------------------------------------------------------------------- */

static void a_connection_lost_before_the_first_statement_costs_nothing(void **state)
{
    Bench *bench = bench_with_words(state);

    bench_kill(bench, bench->db);
    begin(bench);
    add_later(bench, "one");
    commit(bench);
    check_that_it_goes_on(bench, 1);
}

static void a_connection_lost_with_statements_on_their_way_loses_them_all(void **state)
{
    Bench *bench = bench_with_words(state);
    int64_t backend = bench_backend(bench->db);

    begin(bench);
    add(bench, "one");
    add_later(bench, "two");
    bench_kill_backend(bench, backend);
    add_later(bench, "three");
    must_have_failed(bench, db_commit(bench->db, &bench->err), ERROR_UNAVAILABLE);
    assert_false(db_has_transaction(bench->db));
    check_that_it_goes_on(bench, 0);
}

static void a_connection_lost_before_a_query_does_not_repeat_what_went_before(void **state)
{
    Bench *bench = bench_with_words(state);
    int64_t backend = bench_backend(bench->db);
    Rows AUTO(rows_close) rows = { 0 };

    begin(bench);
    add(bench, "one");
    add_later(bench, "two");
    bench_kill_backend(bench, backend);
    must_have_failed(bench, db_query(bench->db, &count_words, NO_PARAMS, &rows, &bench->err),
                     ERROR_UNAVAILABLE);
    assert_false(db_has_transaction(bench->db));
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 0);
}

/* -- Several queries at once ------------------------------------------------------------------ */

static void take(Bench *bench, Db *db, Ask *ask, Rows *rows)
{
    bench_must(bench, db, db_take(ask, rows, &bench->err));
}

static void check_several(Bench *bench, Db *db)
{
    Rows AUTO(rows_close) first = { 0 };
    Rows AUTO(rows_close) second = { 0 };
    Rows AUTO(rows_close) third = { 0 };

    Ask *length = db_ask(db, &bench->arena, &select_length, PARAMS(TXT("four")));
    Ask *one = db_ask(db, &bench->arena, &select_word, PARAMS(TXT("one")));
    Ask *none = db_ask(db, &bench->arena, &select_word, PARAMS(TXT("none")));
    take(bench, db, none, &third);
    take(bench, db, length, &second);
    take(bench, db, one, &first);
    assert_false(rows_next(&third));
    assert_true(rows_next(&second));
    assert_int_equal(rows_int(&second, "n"), 4);
    assert_true(rows_next(&first));
    assert_string_equal(rows_text(&first, "word", &bench->arena), "one");
    assert_false(rows_next(&first));
    assert_true(rows_finish(&first, &bench->err));
}

static void several_queries_each_get_their_rows(void **state)
{
    Bench *bench = bench_with_words(state);

    add(bench, "one");
    check_several(bench, bench->reader);
    check_several(bench, bench->reader);
    begin(bench);
    check_several(bench, bench->db);
    add_later(bench, "none so far");
    check_several(bench, bench->db);
    commit(bench);
    check_that_it_goes_on(bench, 2);
}

static void one_wrong_query_of_several_fails_all(void **state)
{
    Bench *bench = bench_with_words(state);
    Rows AUTO(rows_close) rows = { 0 };

    begin(bench);
    Ask *count = db_ask(bench->db, &bench->arena, &count_words, NO_PARAMS);
    db_ask(bench->db, &bench->arena, &wrong, NO_PARAMS);
    must_have_failed(bench, db_take(count, &rows, &bench->err), ERROR_INTERNAL);
    assert_false(rows_next(&rows));
    must_have_failed(bench, db_query(bench->db, &count_words, NO_PARAMS, &rows, &bench->err),
                     ERROR_INTERNAL);
    db_rollback(bench->db);
    check_that_it_goes_on(bench, 0);
}

static void a_reader_with_several_queries_does_not_notice_a_lost_connection(void **state)
{
    Bench *bench = bench_with_words(state);

    add(bench, "one");
    check_several(bench, bench->reader);
    bench_kill(bench, bench->reader);
    check_several(bench, bench->reader);
    bench_run(bench->reader, "DEALLOCATE ALL");
    check_several(bench, bench->reader);
    /* The first query succeeds before the second one turns out to be outdated. */
    bench_run(bench->db, "ALTER TABLE words ALTER COLUMN word TYPE VARCHAR(99)");
    check_several(bench, bench->reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_executed_later_is_seen_by_what_follows_and_committed),
        ON_BOTH(what_is_executed_later_may_come_first_or_without_a_transaction),
        ON_BOTH(any_number_of_statements_may_be_executed_later),
        ON_BOTH(a_transaction_may_be_empty),
        ON_POSTGRES(nothing_is_sent_before_somebody_waits),
        ON_BOTH(a_later_failure_fails_the_commit_and_nothing_is_written),
        ON_BOTH(a_later_failure_fails_the_next_query_and_all_that_follows),
        ON_BOTH(the_first_of_several_failures_is_the_one_that_is_told),
        ON_BOTH(rolling_back_undoes_what_was_to_be_executed_later),
        ON_BOTH(a_statement_that_cannot_be_prepared_is_prepared_again),
        ON_POSTGRES(statements_that_the_server_forgot_cost_one_transaction),
        ON_POSTGRES(a_connection_lost_before_the_first_statement_costs_nothing),
        ON_POSTGRES(a_connection_lost_with_statements_on_their_way_loses_them_all),
        ON_POSTGRES(a_connection_lost_before_a_query_does_not_repeat_what_went_before),
        ON_BOTH(several_queries_each_get_their_rows),
        ON_POSTGRES(one_wrong_query_of_several_fails_all),
        ON_POSTGRES(a_reader_with_several_queries_does_not_notice_a_lost_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
