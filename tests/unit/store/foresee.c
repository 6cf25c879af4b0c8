/* Queries that are foreseen: on both databases they give what they would give without. */
#include "bench.h"

SQL(insert_plum, "INSERT INTO plums (weight) VALUES ($1)");
SQL(count_plums, "SELECT count(*) AS n FROM plums WHERE weight > $1");
SQL(count_all_plums, "SELECT count(*) AS n FROM plums");
SQL(no_plums, "SELECT nothing FROM plums_that_are_nowhere");

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

static int64_t ask(Bench *bench, Db *db, const Sql *sql, Params params)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, db, db_query(db, sql, params, &rows, &bench->err));
    assert_true(rows_next(&rows));
    return rows_int(&rows, "n");
}

static int64_t count_above(Bench *bench, Db *db, int64_t weight)
{
    return ask(bench, db, &count_plums, PARAMS(INT(weight)));
}

static int64_t count_all(Bench *bench, Db *db)
{
    return ask(bench, db, &count_all_plums, NO_PARAMS);
}

static void foresee_both(Db *db, int64_t weight)
{
    db_foresee(db, &count_all_plums, NO_PARAMS);
    db_foresee(db, &count_plums, PARAMS(INT(weight)));
}

static void what_was_foreseen_is_answered_in_any_order(void **state)
{
    Bench *bench = bench_with_plums(state);

    add(bench, 10);
    add(bench, 20);
    foresee_both(bench->reader, 15);
    assert_int_equal(count_above(bench, bench->reader, 15), 1);
    assert_int_equal(count_all(bench, bench->reader), 2);
    assert_int_equal(count_all(bench, bench->reader), 2);
}

/* Only the first of them is waited for: what another connection adds then comes too late. */
static void what_was_foreseen_comes_together(void **state)
{
    Bench *bench = bench_with_plums(state);

    foresee_both(bench->reader, 15);
    assert_int_equal(count_all(bench, bench->reader), 0);
    add(bench, 20);
    assert_int_equal(count_above(bench, bench->reader, 15), 0);
    assert_int_equal(count_above(bench, bench->reader, 15), 1);
}

static void another_value_is_another_query(void **state)
{
    Bench *bench = bench_with_plums(state);

    add(bench, 10);
    foresee_both(bench->reader, 15);
    assert_int_equal(count_above(bench, bench->reader, 5), 1);
    assert_int_equal(count_above(bench, bench->reader, 15), 0);
}

static void what_was_foreseen_before_a_change_is_asked_again(void **state)
{
    Bench *bench = bench_with_plums(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    foresee_both(bench->db, 15);
    assert_int_equal(count_all(bench, bench->db), 0);
    add(bench, 20);
    assert_int_equal(count_above(bench, bench->db, 15), 1);

    foresee_both(bench->db, 15);
    assert_int_equal(count_all(bench, bench->db), 1);
    bench_must(bench, bench->db,
               db_execute_later(bench->db, &insert_plum, PARAMS(INT(30)), &bench->err));
    assert_int_equal(count_above(bench, bench->db, 15), 2);
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
}

static void what_is_foreseen_after_some_came_is_not_mixed_with_them(void **state)
{
    Bench *bench = bench_with_plums(state);

    foresee_both(bench->reader, 15);
    assert_int_equal(count_all(bench, bench->reader), 0);
    add(bench, 20);
    db_foresee(bench->reader, &count_plums, PARAMS(INT(15)));
    assert_int_equal(count_above(bench, bench->reader, 15), 1);
}

static void what_was_foreseen_ends_with_its_transaction(void **state)
{
    Bench *bench = bench_with_plums(state);

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    foresee_both(bench->db, 15);
    assert_int_equal(count_all(bench, bench->db), 0);
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    bench_run(bench->db, "INSERT INTO plums (weight) VALUES (20)");
    assert_int_equal(count_above(bench, bench->db, 15), 1);
}

static void one_that_fails_fails_all_and_leaves_nothing(void **state)
{
    Bench *bench = bench_with_plums(state);
    Rows AUTO(rows_close) rows = { 0 };

    db_foresee(bench->db, &count_all_plums, NO_PARAMS);
    db_foresee(bench->db, &no_plums, NO_PARAMS);
    assert_false(db_query(bench->db, &no_plums, NO_PARAMS, &rows, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    error_clear(&bench->err);
    add(bench, 20);
    assert_int_equal(count_all(bench, bench->db), 1);
}

/* Three requests on one connection, each in its slot. */
static void foresee_in_slots(Db *db)
{
    db_turn_to(db, 0);
    foresee_both(db, 15);
    db_turn_to(db, 2);
    db_foresee(db, &count_plums, PARAMS(INT(15)));
    db_turn_to(db, 1);
    db_foresee(db, &count_plums, PARAMS(INT(5)));
}

static void each_slot_has_its_own_answers(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;

    add(bench, 10);
    foresee_in_slots(db);
    bench_must(bench, db, db_ask_foreseen(db, 3, &bench->err));
    for (size_t slot = 0; slot < 3; slot++) {
        db_turn_to(db, slot);
        assert_int_equal(count_above(bench, db, 15), 0);
        assert_int_equal(count_above(bench, db, 5), 1);
        assert_int_equal(count_all(bench, db), 1);
        db_forget(db);
    }
    db_turn_to(db, 0);
    assert_int_equal(count_all(bench, db), 1);
}

/* What another connection adds after the one round trip comes too late for all. */
static void slots_are_asked_for_together(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;

    foresee_in_slots(db);
    bench_must(bench, db, db_ask_foreseen(db, 3, &bench->err));
    add(bench, 20);
    db_turn_to(db, 2);
    assert_int_equal(count_above(bench, db, 15), 0);
    db_turn_to(db, 1);
    assert_int_equal(count_above(bench, db, 5), 0);
    db_turn_to(db, 0);
    assert_int_equal(count_all(bench, db), 0);
    assert_int_equal(count_above(bench, db, 15), 0);
    assert_int_equal(count_above(bench, db, 15), 1);
}

static void one_slot_that_fails_leaves_nothing_in_any(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;

    foresee_in_slots(db);
    db_foresee(db, &no_plums, NO_PARAMS);
    assert_false(db_ask_foreseen(db, 3, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    error_clear(&bench->err);
    add(bench, 20);
    for (size_t slot = 0; slot < 3; slot++) {
        db_turn_to(db, slot);
        assert_int_equal(count_above(bench, db, 5), 1);
    }
    db_turn_to(db, 0);
}

/* As many as there may be, none of them prepared before. */
static void all_slots_may_be_full(void **state)
{
    Bench *bench = bench_with_plums(state);
    Db *db = bench->reader;
    Sql texts[DB_SLOTS * DB_FORESEEN];

    add(bench, 20);
    for (size_t i = 0; i < DB_SLOTS * DB_FORESEEN; i++) {
        texts[i] = count_all_plums;
        db_turn_to(db, i / DB_FORESEEN);
        db_foresee(db, &texts[i], NO_PARAMS);
    }
    bench_must(bench, db, db_ask_foreseen(db, DB_SLOTS, &bench->err));
    add(bench, 30);
    for (size_t i = 0; i < DB_SLOTS * DB_FORESEEN; i++) {
        db_turn_to(db, i / DB_FORESEEN);
        assert_int_equal(ask(bench, db, &texts[i], NO_PARAMS), 1);
    }
    db_turn_to(db, 0);
}

static void a_lost_connection_is_not_noticed(void **state)
{
    Bench *bench = bench_with_plums(state);

    add(bench, 20);
    foresee_both(bench->reader, 15);
    bench_kill(bench, bench->reader);
    foresee_both(bench->reader, 15);
    assert_int_equal(count_all(bench, bench->reader), 1);
    assert_int_equal(count_above(bench, bench->reader, 15), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_was_foreseen_is_answered_in_any_order),
        ON_POSTGRES(what_was_foreseen_comes_together),
        ON_BOTH(another_value_is_another_query),
        ON_BOTH(what_was_foreseen_before_a_change_is_asked_again),
        ON_BOTH(what_is_foreseen_after_some_came_is_not_mixed_with_them),
        ON_BOTH(what_was_foreseen_ends_with_its_transaction),
        ON_BOTH(one_that_fails_fails_all_and_leaves_nothing),
        ON_BOTH(each_slot_has_its_own_answers),
        ON_POSTGRES(slots_are_asked_for_together),
        ON_POSTGRES(one_slot_that_fails_leaves_nothing_in_any),
        ON_POSTGRES(all_slots_may_be_full),
        ON_POSTGRES(a_lost_connection_is_not_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
