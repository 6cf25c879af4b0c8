/* Both drivers must do the same: every test here that can runs on both. */
#include "../bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/clock.h"

#define TIME_2025 INT64_C(1740821400123456) /* 2025-03-01T09:30:00.123456Z */

static const char sqlite_schema[] =
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, number INTEGER, word TEXT, flag INTEGER,"
    " moment INTEGER, document TEXT) STRICT;"
    "CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER NOT NULL"
    " REFERENCES thing (id) ON DELETE RESTRICT) STRICT;"
    "CREATE UNIQUE INDEX one_of_a_word ON thing (word) WHERE length(word) < 100;";

static const char postgres_schema[] =
    "CREATE TABLE thing (id BIGSERIAL PRIMARY KEY, number BIGINT, word TEXT, flag BOOLEAN,"
    " moment TIMESTAMPTZ, document JSONB);"
    "CREATE TABLE part (id BIGSERIAL PRIMARY KEY, thing_id BIGINT NOT NULL"
    " REFERENCES thing (id) ON DELETE RESTRICT);"
    "CREATE UNIQUE INDEX one_of_a_word ON thing (word) WHERE length(word) < 100;";

SQL(insert_thing, "INSERT INTO thing (number, word, flag, moment, document)"
                  " VALUES ($1, $2, $3, $4, $5) RETURNING id");
SQL(insert_word, "INSERT INTO thing (word) VALUES ($1)");
SQL(insert_word_returning, "INSERT INTO thing (word) VALUES ($1) RETURNING id");
SQL(select_thing, "SELECT id, number, word, flag, moment, document FROM thing WHERE id = $1");
SQL(select_words, "SELECT word FROM thing ORDER BY id");
SQL(count_things, "SELECT count(*) AS n FROM thing");
SQL(insert_part, "INSERT INTO part (thing_id) VALUES ($1)");
SQL(delete_thing, "DELETE FROM thing WHERE id = $1");
SQL(update_all, "UPDATE thing SET number = $1");
SQL(swapped, "SELECT CAST($2 AS BIGINT) AS second, CAST($1 AS BIGINT) AS first");
SQL_DIALECTS(half_used, .sqlite = "SELECT CAST($2 AS INTEGER) AS n",
             .postgres = "SELECT $1::bigint AS n");
SQL(wrong, "SELECT nothing FROM nowhere");

static Bench *bench_with_tables(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, db_kind(bench->db) == DB_SQLITE ? sqlite_schema : postgres_schema);
    return bench;
}

static void add_word(Bench *bench, const char *word)
{
    bench_must(bench, bench->db,
               db_execute(bench->db, &insert_word, PARAMS(TXT(word)), NULL, &bench->err));
}

static void must_fail(Bench *bench, Db *db, const Sql *sql, Params params, ErrorCode code)
{
    error_clear(&bench->err);
    assert_false(db_execute(db, sql, params, NULL, &bench->err));
    if (bench->err.code != code)
        fail_msg("%d instead of %d: %s (%s)", (int)bench->err.code, (int)code, bench->err.detail,
                 db_last_message(db));
    /* The client's sentence has nothing of the statement in it. */
    assert_null(strstr(bench->err.detail, "word"));
    assert_null(strstr(bench->err.detail, "INSERT"));
    assert_true(strlen(db_last_message(db)) > 0);
}

/* -- Values ----------------------------------------------------------------------------------- */

static void check_round_trip(Bench *bench, int64_t number, const char *word, bool flag,
                             int64_t moment, const char *document)
{
    Rows AUTO(rows_close) rows = { 0 };
    int64_t id = 0;

    bench_must(bench, bench->db,
               db_insert(bench->db, &insert_thing,
                         PARAMS(INT(number), TXT(word), BOOL(flag), TIME(moment), JSONB(document)),
                         &id, &bench->err));
    bench_must(bench, bench->reader,
               db_query(bench->reader, &select_thing, PARAMS(INT(id)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, "id"), id);
    assert_true(rows_int(&rows, "number") == number);
    const char *read = rows_text(&rows, "word", &bench->arena);
    if (word == NULL)
        assert_null(read);
    else
        assert_string_equal(read, word);
    assert_int_equal(rows_bool(&rows, "flag"), flag);
    assert_true(rows_time(&rows, "moment") == moment);
    read = rows_text(&rows, "document", &bench->arena);
    if (document == NULL)
        assert_null(read);
    else
        assert_string_equal(read, document);
    assert_int_equal(rows_is_null(&rows, "word"), word == NULL);
    assert_false(rows_next(&rows));
    assert_true(rows_finish(&rows, &bench->err));
}

static void every_kind_of_value_comes_back_as_it_went_in(void **state)
{
    Bench *bench = bench_with_tables(state);
    enum { MEGABYTE = 1024 * 1024 };
    char *long_text = arena_alloc(&bench->arena, MEGABYTE + 1);

    memset(long_text, 'x', MEGABYTE);
    check_round_trip(bench, 0, "", false, 0, "{}");
    check_round_trip(bench, 1, "Zürich \xe5\xae\xa2\xe6\x88\xb7 \xf0\x9f\xa7\x98 'quoted' \"x\" $1",
                     true, TIME_2025, "{\"a\": [1, null, \"\xc3\xa9\"]}");
    check_round_trip(bench, INT64_MAX, long_text, true, INT64_C(946684800000000), "null");
    check_round_trip(bench, INT64_MIN + 1, "line\nline\ttab\\", false, -1, "7");
    check_round_trip(bench, -1, "last", true, INT64_C(7258118399999999), "\"text\"");
}

static void nulls_come_back_as_nulls(void **state)
{
    Bench *bench = bench_with_tables(state);

    check_round_trip(bench, INT64_MIN, NULL, false, INT64_MIN, NULL);
}

SQL_DIALECTS(small_types,
             .sqlite = "SELECT 7 AS two, -70000 AS four, 'name' AS short, 'a' AS fixed, 1 AS yes",
             .postgres = "SELECT 7::int2 AS two, -70000::int4 AS four, 'name'::name AS short,"
                         " 'a'::char(1) AS fixed, true AS yes");

static void the_smaller_types_of_postgres_can_be_read(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->reader,
               db_query(bench->reader, &small_types, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, "two"), 7);
    assert_int_equal(rows_int(&rows, "four"), -70000);
    assert_string_equal(rows_text(&rows, "short", &bench->arena), "name");
    assert_string_equal(rows_text(&rows, "fixed", &bench->arena), "a");
    assert_true(rows_bool(&rows, "yes"));
}

static void columns_are_found_by_name_in_any_order(void **state)
{
    Bench *bench = bench_with_tables(state);
    Rows AUTO(rows_close) rows = { 0 };

    add_word(bench, "one");
    bench_must(bench, bench->db,
               db_query(bench->db, &select_thing, PARAMS(INT(1)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_true(rows_has(&rows, "document"));
    assert_false(rows_has(&rows, "documents"));
    assert_true(rows_is_null(&rows, "document"));
    assert_string_equal(rows_text(&rows, "word", &bench->arena), "one");
    assert_int_equal(rows_int(&rows, "id"), 1);
    assert_string_equal(rows_text(&rows, "word", &bench->arena), "one");
    assert_true(rows_is_integer_at(&rows, 0));
    assert_false(rows_is_integer_at(&rows, 2));
}

static void parameters_go_by_their_numbers(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &swapped, PARAMS(INT(1), INT(2)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, "first"), 1);
    assert_int_equal(rows_int(&rows, "second"), 2);
}

static void a_parameter_that_a_dialect_does_not_mention_is_passed_over(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_must(bench, bench->db,
               db_query(bench->db, &half_used, PARAMS(INT(1), INT(2)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, "n"), is_sqlite ? 2 : 1);
}

/* -- Statements ------------------------------------------------------------------------------- */

static void a_statement_can_run_again_while_its_rows_are_read(void **state)
{
    Bench *bench = bench_with_tables(state);
    int pairs = 0;

    add_word(bench, "one");
    add_word(bench, "two");
    for (int round = 0; round < 2; round++) {
        Rows AUTO(rows_close) outer = { 0 };
        bench_must(bench, bench->db,
                   db_query(bench->db, &select_words, NO_PARAMS, &outer, &bench->err));
        while (rows_next(&outer)) {
            Rows AUTO(rows_close) inner = { 0 };
            bench_must(bench, bench->db,
                       db_query(bench->db, &select_words, NO_PARAMS, &inner, &bench->err));
            while (rows_next(&inner))
                pairs++;
        }
    }
    assert_int_equal(pairs, 8);
}

static void what_a_query_changes_is_changed_though_nobody_reads_its_rows(void **state)
{
    Bench *bench = bench_with_tables(state);
    Rows rows = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &insert_word_returning, PARAMS(TXT("one")), &rows, &bench->err));
    rows_close(&rows);
    assert_int_equal(bench_number(bench->db, &count_things), 1);
}

static void the_number_of_changed_rows_is_told(void **state)
{
    Bench *bench = bench_with_tables(state);
    int64_t changed = -1;

    add_word(bench, "one");
    add_word(bench, "two");
    bench_must(bench, bench->db,
               db_execute(bench->db, &update_all, PARAMS(INT(7)), &changed, &bench->err));
    assert_int_equal(changed, 2);
    bench_must(bench, bench->db,
               db_execute(bench->db, &delete_thing, PARAMS(INT(77)), &changed, &bench->err));
    assert_int_equal(changed, 0);
}

static void hundreds_of_statements_are_kept_apart(void **state)
{
    enum { COUNT = 300 };
    Bench *bench = bench_of(state);
    Sql *statements = ARENA_ARRAY(&bench->arena, Sql, COUNT);

    for (int i = 0; i < COUNT; i++) {
        statements[i].name = "numbered";
        statements[i].text = arena_printf(&bench->arena, "SELECT CAST(%d AS BIGINT) AS n", i);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(bench_number(bench->reader, &statements[i]), i);
    }
}

SQL(wide_sum, "SELECT sum(id) AS total FROM thing");
SQL(lonely_parameters, "SELECT count(*) AS n FROM thing WHERE $3 IS NULL OR $1 IS NULL OR id = $2");

static void preparing_finds_what_is_wrong_with_a_statement(void **state)
{
    Bench *bench = bench_with_tables(state);

    assert_true(db_prepare(bench->db, &insert_thing, &bench->err));
    assert_true(db_prepare(bench->reader, &lonely_parameters, &bench->err));
    assert_false(db_prepare(bench->db, &wrong, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    assert_non_null(strstr(db_last_message(bench->db), "wrong: "));
    /* A sum of BIGINT is NUMERIC, which is found here and not when somebody reads it. */
    assert_int_equal(db_prepare(bench->db, &wide_sum, &bench->err),
                     db_kind(bench->db) == DB_SQLITE);
}

/* -- Failures --------------------------------------------------------------------------------- */

static void constraints_are_told_apart(void **state)
{
    Bench *bench = bench_with_tables(state);

    add_word(bench, "one");
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("one")), ERROR_DUPLICATE);
    must_fail(bench, bench->db, &insert_part, PARAMS(INT(99)), ERROR_REFERENCED);
    must_fail(bench, bench->db, &insert_part, PARAMS(INT(INT64_MIN)), ERROR_INTERNAL);
    bench_must(bench, bench->db,
               db_execute(bench->db, &insert_part, PARAMS(INT(1)), NULL, &bench->err));
    must_fail(bench, bench->db, &delete_thing, PARAMS(INT(1)), ERROR_REFERENCED);
    must_fail(bench, bench->db, &wrong, NO_PARAMS, ERROR_INTERNAL);
}

SQL(raise_40001, "SELECT raise_state('40001') AS n");
SQL(raise_40P01, "SELECT raise_state('40P01') AS n");
SQL(raise_55P03, "SELECT raise_state('55P03') AS n");
SQL(raise_53100, "SELECT raise_state('53100') AS n");
SQL(raise_53300, "SELECT raise_state('53300') AS n");
SQL(raise_57014, "SELECT raise_state('57014') AS n");
SQL(raise_08006, "SELECT raise_state('08006') AS n");
SQL(raise_22021, "SELECT raise_state('22021') AS n");

static void states_of_postgres_become_our_codes(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE FUNCTION raise_state(code text) RETURNS bigint LANGUAGE plpgsql AS"
                         " $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = code; END $$");
    must_fail(bench, bench->db, &raise_40001, NO_PARAMS, ERROR_RETRY);
    must_fail(bench, bench->db, &raise_40P01, NO_PARAMS, ERROR_RETRY);
    must_fail(bench, bench->db, &raise_55P03, NO_PARAMS, ERROR_RETRY);
    must_fail(bench, bench->db, &raise_53100, NO_PARAMS, ERROR_STORAGE_FULL);
    must_fail(bench, bench->db, &raise_53300, NO_PARAMS, ERROR_UNAVAILABLE);
    must_fail(bench, bench->db, &raise_57014, NO_PARAMS, ERROR_UNAVAILABLE);
    must_fail(bench, bench->db, &raise_08006, NO_PARAMS, ERROR_UNAVAILABLE);
    must_fail(bench, bench->db, &raise_22021, NO_PARAMS, ERROR_INTERNAL);
}

SQL_DIALECTS(endless,
             .sqlite = "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c)"
                       " SELECT max(i) AS n FROM c",
             .postgres = "SELECT 1::bigint AS n FROM pg_sleep(60)");
SQL_DIALECTS(endless_insert,
             .sqlite = "INSERT INTO part (thing_id) WITH RECURSIVE c (i) AS"
                       " (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c WHERE i < 0",
             .postgres = "INSERT INTO part (thing_id) SELECT 1 FROM pg_sleep(60)");

static void a_statement_ends_when_its_time_is_over(void **state)
{
    Bench *bench = bench_with_tables(state);
    int64_t begin = clock_monotonic_us();

    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 100, &bench->err));
    must_fail(bench, bench->db, &endless, NO_PARAMS, ERROR_UNAVAILABLE);
    assert_true(clock_monotonic_us() - begin < 2000000);
    assert_int_equal(bench_number(bench->db, &count_things), 0);
}

/* SQLite rolls the whole transaction back; what follows must not be committed on its own. */
static void a_transaction_that_the_database_ended_takes_nothing_more(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 100, &bench->err));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "one");
    bench_must(bench, bench->db, db_savepoint(bench->db, &bench->err));
    must_fail(bench, bench->db, &endless_insert, NO_PARAMS, ERROR_UNAVAILABLE);
    db_rollback_savepoint(bench->db);
    if (db_kind(bench->db) == DB_SQLITE) {
        assert_false(db_has_transaction(bench->db));
        must_fail(bench, bench->db, &insert_word, PARAMS(TXT("two")), ERROR_UNAVAILABLE);
        assert_false(db_commit(bench->db, &bench->err));
        assert_int_equal(bench_number(bench->db, &count_things), 0);
        return;
    }
    assert_true(db_has_transaction(bench->db));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->db, &count_things), 1);
}

/* -- Transactions ----------------------------------------------------------------------------- */

static void a_commit_stays_and_a_rollback_does_not(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "kept");
    assert_int_equal(bench_number(bench->reader, &count_things), 0);
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 1);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "lost");
    db_rollback(bench->db);
    db_rollback(bench->db); /* once more is no matter */
    bench_reconnect(bench);
    assert_int_equal(bench_number(bench->reader, &count_things), 1);
}

static void a_savepoint_undoes_what_came_after_it(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    for (int i = 0; i < 3; i++) {
        char word[16];
        snprintf(word, sizeof(word), "word %d", i);
        bench_must(bench, bench->db, db_savepoint(bench->db, &bench->err));
        add_word(bench, word);
        if (i == 1)
            db_rollback_savepoint(bench->db);
        else
            bench_must(bench, bench->db, db_release_savepoint(bench->db, &bench->err));
    }
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 2);
}

static void after_a_failure_a_transaction_takes_nothing_more(void **state)
{
    Bench *bench = bench_with_tables(state);

    add_word(bench, "one");
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "two");
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("one")), ERROR_DUPLICATE);
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("three")), ERROR_DUPLICATE);
    error_clear(&bench->err);
    assert_false(db_commit(bench->db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_DUPLICATE);
    assert_int_equal(bench_number(bench->db, &count_things), 1);
    add_word(bench, "four");
}

static void a_savepoint_saves_a_transaction_from_a_failure(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "one");
    bench_must(bench, bench->db, db_savepoint(bench->db, &bench->err));
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("one")), ERROR_DUPLICATE);
    db_rollback_savepoint(bench->db);
    add_word(bench, "two");
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 2);
}

static void a_failure_that_changed_nothing_can_be_passed_over(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    int64_t before = db_changes(bench->db);
    add_word(bench, "one");
    assert_int_equal(db_changes(bench->db), before + 1);
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("one")), ERROR_DUPLICATE);
    assert_int_equal(db_changes(bench->db), before + 1);
    assert_true(db_clear_failure(bench->db));
    add_word(bench, "two");
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 2);
}

static void a_reader_cannot_write(void **state)
{
    Bench *bench = bench_with_tables(state);

    error_clear(&bench->err);
    assert_false(db_execute(bench->reader, &insert_word, PARAMS(TXT("one")), NULL, &bench->err));
    assert_int_equal(bench_number(bench->db, &count_things), 0);
}

static void a_readers_transaction_sees_one_moment(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->reader, db_begin(bench->reader, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 0);
    add_word(bench, "one");
    assert_int_equal(bench_number(bench->reader, &count_things), 0);
    bench_must(bench, bench->reader, db_commit(bench->reader, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 1);
}

SQL(fill, "INSERT INTO thing (word) VALUES ($1)");

static void a_full_disk_has_its_own_code(void **state)
{
    Bench *bench = bench_with_tables(state);
    char *text = arena_alloc(&bench->arena, 500001);

    memset(text, 'x', 500000);
    bench_run(bench->db, "PRAGMA max_page_count = 60");
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    must_fail(bench, bench->db, &fill, PARAMS(TXT(text)), ERROR_STORAGE_FULL);
    db_rollback(bench->db);
    add_word(bench, "small");
    assert_int_equal(bench_number(bench->reader, &count_things), 1);
}

static void another_program_that_holds_the_lock_is_a_case_for_trying_again(void **state)
{
    Bench *bench = bench_with_tables(state);
    sqlite3 *other = NULL;

    assert_int_equal(sqlite3_open(db_file(bench->db), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    error_clear(&bench->err);
    assert_false(db_begin(bench->db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_RETRY);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
}

/* -- Connections ------------------------------------------------------------------------------ */

static void a_lost_connection_is_opened_again_by_the_next_transaction(void **state)
{
    Bench *bench = bench_with_tables(state);

    add_word(bench, "one"); /* so that the statement was prepared in the lost session */
    bench_kill(bench, bench->db);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "two");
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 2);
}

static void a_connection_lost_in_a_transaction_loses_the_transaction(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "lost");
    bench_kill(bench, bench->db);
    must_fail(bench, bench->db, &insert_word, PARAMS(TXT("lost too")), ERROR_UNAVAILABLE);
    assert_false(db_has_transaction(bench->db));
    assert_false(db_commit(bench->db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    add_word(bench, "kept");
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_int_equal(bench_number(bench->reader, &count_things), 1);
}

static void a_reader_does_not_notice_a_lost_connection(void **state)
{
    Bench *bench = bench_with_tables(state);

    bench_kill(bench, bench->reader);
    assert_int_equal(bench_number(bench->reader, &count_things), 0);
    bench_kill(bench, bench->reader);
    assert_true(db_ping(bench->reader, &bench->err));
    must_fail(bench, bench->reader, &insert_word, PARAMS(TXT("one")), ERROR_UNAVAILABLE);
}

static void a_table_that_changed_costs_one_retry(void **state)
{
    Bench *bench = bench_with_tables(state);

    add_word(bench, "one");
    Rows AUTO(rows_close) rows = { 0 };
    assert_true(db_query(bench->reader, &select_thing, PARAMS(INT(1)), &rows, &bench->err));
    rows_close(&rows);
    bench_run(bench->db, "ALTER TABLE thing ALTER COLUMN document TYPE text");
    assert_true(db_query(bench->reader, &select_thing, PARAMS(INT(1)), &rows, &bench->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_kind_of_value_comes_back_as_it_went_in),
        ON_BOTH(nulls_come_back_as_nulls),
        ON_BOTH(the_smaller_types_of_postgres_can_be_read),
        ON_BOTH(columns_are_found_by_name_in_any_order),
        ON_BOTH(parameters_go_by_their_numbers),
        ON_BOTH(a_parameter_that_a_dialect_does_not_mention_is_passed_over),
        ON_BOTH(a_statement_can_run_again_while_its_rows_are_read),
        ON_BOTH(what_a_query_changes_is_changed_though_nobody_reads_its_rows),
        ON_BOTH(the_number_of_changed_rows_is_told),
        ON_BOTH(hundreds_of_statements_are_kept_apart),
        ON_BOTH(preparing_finds_what_is_wrong_with_a_statement),
        ON_BOTH(constraints_are_told_apart),
        ON_POSTGRES(states_of_postgres_become_our_codes),
        ON_BOTH(a_statement_ends_when_its_time_is_over),
        ON_BOTH(a_transaction_that_the_database_ended_takes_nothing_more),
        ON_BOTH(a_commit_stays_and_a_rollback_does_not),
        ON_BOTH(a_savepoint_undoes_what_came_after_it),
        ON_BOTH(after_a_failure_a_transaction_takes_nothing_more),
        ON_BOTH(a_savepoint_saves_a_transaction_from_a_failure),
        ON_SQLITE(a_failure_that_changed_nothing_can_be_passed_over),
        ON_SQLITE(a_full_disk_has_its_own_code),
        ON_SQLITE(another_program_that_holds_the_lock_is_a_case_for_trying_again),
        ON_BOTH(a_reader_cannot_write),
        ON_BOTH(a_readers_transaction_sees_one_moment),
        ON_POSTGRES(a_lost_connection_is_opened_again_by_the_next_transaction),
        ON_POSTGRES(a_connection_lost_in_a_transaction_loses_the_transaction),
        ON_POSTGRES(a_reader_does_not_notice_a_lost_connection),
        ON_POSTGRES(a_table_that_changed_costs_one_retry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
