/* Locks on accounts: another Fasti in another schema of the same database is not waited for. */
#include "store/users.h"
#include "giving.h"

static void lock(Bench *bench, int64_t id)
{
    User *user = NULL;

    bench_must(bench, bench->db,
               db_set_statement_timeout(bench->db, 500, &bench->err) &&
                   db_begin(bench->db, &bench->err) &&
                   users_lock_founding(bench->db, &bench->err) &&
                   users_lock_office(bench->db, &bench->err) &&
                   users_find_locked(bench->db, &bench->arena, id, &user, &bench->err));
    assert_non_null(user);
}

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    giving_add_person(bench, "amira");
    return bench;
}

static void who_is_locked_in_one_schema_is_free_in_another(void **state)
{
    void *neighbour = NULL;
    Bench *bench = start(state);

    assert_int_equal(bench_open_postgres(&neighbour), 0);
    Bench *other = start(&neighbour);
    lock(bench, 1);
    lock(other, 1);
    db_rollback(other->db);
    db_rollback(bench->db);
    bench_close(&neighbour);
}

/* Somebody else, who waits 0.1 s for who is locked, within a transaction. */
static Db *open_other(Bench *bench)
{
    Db *other = NULL;

    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &other, &bench->err));
    bench_must(bench, other,
               db_set_statement_timeout(other, 100, &bench->err) && db_begin(other, &bench->err));
    return other;
}

static void who_is_locked_is_waited_for(void **state)
{
    Bench *bench = start(state);
    User *user = NULL;

    lock(bench, 1);
    Db AUTO(db_close) *other = open_other(bench);
    assert_false(users_find_locked(other, &bench->arena, 1, &user, &bench->err));
    db_rollback(other);
    db_rollback(bench->db);
}

/* A hold of somebody who is not there is a lock of its own, too. */
static void no_number_that_is_named_is_another_lock(void **state)
{
    const int64_t office = INT64_C(439904236650); /* as users.c has it */
    AccountLock named[] = { { .id = office - INT64_C(0x4641000000000000) }, { .id = INT64_MAX } };
    Bench *bench = start(state);
    User *user = NULL;

    lock(bench, 1);
    Db AUTO(db_close) *other = open_other(bench);
    users_ask_locks(other, &bench->arena, named, 2);
    bench_must(bench, other,
               users_take(users_ask(other, &bench->arena, 1), &bench->arena, &user, &bench->err));
    db_rollback(other);
    db_rollback(bench->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(who_is_locked_in_one_schema_is_free_in_another),
        ON_POSTGRES(who_is_locked_is_waited_for),
        ON_POSTGRES(no_number_that_is_named_is_another_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
