/* Connections that are lent and come back. */
#include "work/db_pool.h"

#include "../store/bench.h"

SQL(one, "SELECT 1 AS n");

static void what_came_back_last_is_lent_first(void **state)
{
    Bench *bench = bench_of(state);
    DbPool pool;
    Db *first = NULL;
    Db *second = NULL;

    db_pool_init(&pool, bench->url, 2, &bench->arena);
    assert_null(db_pool_lend_idle(&pool));
    bench_must(bench, NULL, db_pool_lend(&pool, &first, &bench->err));
    bench_must(bench, NULL, db_pool_lend(&pool, &second, &bench->err));
    assert_ptr_not_equal(first, second);
    assert_int_equal(db_mode(first), DB_READ);
    Db *const lent = second;
    db_pool_take_back(&pool, &first);
    db_pool_take_back(&pool, &second);
    assert_null(second);
    assert_ptr_equal(db_pool_lend_idle(&pool), lent);
    second = lent;
    db_pool_take_back(&pool, &second);
    db_pool_finish(&pool);
}

static void who_has_one_keeps_it_and_nothing_is_taken_back_of_nothing(void **state)
{
    Bench *bench = bench_of(state);
    DbPool pool;
    Db *db = NULL;

    db_pool_init(&pool, bench->url, 1, &bench->arena);
    db_pool_take_back(&pool, &db);
    bench_must(bench, NULL, db_pool_lend(&pool, &db, &bench->err));
    Db *const had = db;
    bench_must(bench, NULL, db_pool_lend(&pool, &db, &bench->err));
    assert_ptr_equal(db, had);
    db_pool_take_back(&pool, &db);
    db_pool_finish(&pool);
}

/* Nobody else takes what one has asked. */
static void what_was_asked_is_dropped_when_it_comes_back(void **state)
{
    Bench *bench = bench_of(state);
    DbPool pool;
    Db *db = NULL;

    db_pool_init(&pool, bench->url, 1, &bench->arena);
    bench_must(bench, NULL, db_pool_lend(&pool, &db, &bench->err));
    {
        Arena AUTO(arena_finish) arena = { 0 };
        (void)db_ask(db, &arena, &one, NO_PARAMS);
        db_pool_take_back(&pool, &db);
    }
    bench_must(bench, NULL, db_pool_lend(&pool, &db, &bench->err));
    assert_int_equal(bench_number(db, &one), 1);
    db_pool_take_back(&pool, &db);
    db_pool_finish(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_came_back_last_is_lent_first),
        ON_BOTH(who_has_one_keeps_it_and_nothing_is_taken_back_of_nothing),
        ON_BOTH(what_was_asked_is_dropped_when_it_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
