/* Round trips that nobody waits for. */
#include "../bench.h"

#include <poll.h>
#include <signal.h>

#include "base/clock.h"

SQL(double_of, "SELECT 2 * CAST($1 AS BIGINT) AS n");
SQL(no_such_table, "SELECT nothing AS n FROM nowhere_at_all");
SQL(long_text, "SELECT CAST(length(CAST($1 AS TEXT)) AS BIGINT) AS n");

/* Until it is done or fails, which is what it returns. */
static bool go_on(Db *db, Error *err)
{
    bool is_done = false;

    while (!is_done) {
        const AskWatch watch = db_watch_asks(db);
        struct pollfd one = { .fd = watch.socket, .events = watch.events };
        int64_t left_ms = (watch.until_us - clock_monotonic_us()) / 1000;
        (void)poll(&one, 1, left_ms > 0 ? (int)left_ms + 1 : 0);
        if (!db_continue_asks(db, &is_done, err))
            return false;
    }
    return true;
}

static int64_t take(Bench *bench, Ask *ask)
{
    int64_t number = -1;

    bench_must(bench, bench->reader, db_take_number(ask, &number, &bench->err));
    return number;
}

static void answers_are_there_when_it_is_done(void **state)
{
    Bench *bench = bench_of(state);
    Db *db = bench->reader;
    Ask *first = db_ask(db, &bench->arena, &double_of, PARAMS(INT(4)));
    Ask *second = db_ask(db, &bench->arena, &double_of, PARAMS(INT(21)));
    int64_t before = db_round_trips(db);

    assert_true(db_is_open(db));
    bench_must(bench, db, db_start_asks(db, &bench->err));
    bench_must(bench, db, go_on(db, &bench->err));
    assert_int_equal(take(bench, second), 42);
    assert_int_equal(take(bench, first), 8);
    assert_int_equal(db_round_trips(db), before + 1);
}

/* More than the socket takes at once, so that it must be written piece by piece. */
static void what_is_long_goes_out_as_the_socket_lets_it(void **state)
{
    enum { LONG = 8 * 1024 * 1024 };
    Bench *bench = bench_of(state);
    char *text = arena_alloc(&bench->arena, LONG + 1);

    for (size_t i = 0; i < LONG; i++)
        text[i] = 'x';
    Ask *ask = db_ask(bench->reader, &bench->arena, &long_text, PARAMS(TXT(text)));
    bench_must(bench, bench->reader, db_start_asks(bench->reader, &bench->err));
    bench_must(bench, bench->reader, go_on(bench->reader, &bench->err));
    assert_int_equal(take(bench, ask), LONG);
}

static void one_that_fails_fails_them_all_and_each_can_be_asked_again(void **state)
{
    Bench *bench = bench_of(state);
    Db *db = bench->reader;
    Ask *good = db_ask(db, &bench->arena, &double_of, PARAMS(INT(4)));

    (void)db_ask(db, &bench->arena, &no_such_table, NO_PARAMS);
    bench_must(bench, db, db_start_asks(db, &bench->err));
    assert_false(go_on(db, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
    error_clear(&bench->err);
    assert_int_equal(take(bench, good), 8);
}

/* Its process stands still, so nothing ever comes. */
static void what_does_not_come_in_time_fails_and_the_next_statement_opens_anew(void **state)
{
    Bench *bench = bench_of(state);
    Db *db = bench->reader;
    pid_t backend = (pid_t)bench_backend(db);

    bench_must(bench, db, db_set_statement_timeout(db, 50, &bench->err));
    Ask *ask = db_ask(db, &bench->arena, &double_of, PARAMS(INT(4)));
    assert_int_equal(kill(backend, SIGSTOP), 0);
    int64_t begun_us = clock_monotonic_us();
    bench_must(bench, db, db_start_asks(db, &bench->err));
    bool came = go_on(db, &bench->err);
    int64_t took_us = clock_monotonic_us() - begun_us;
    assert_int_equal(kill(backend, SIGCONT), 0);
    assert_false(came);
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
    assert_true(took_us >= 1000000 && took_us < 3000000);
    assert_false(db_is_open(db));
    error_clear(&bench->err);
    assert_int_equal(take(bench, ask), 8);
    assert_true(db_is_open(db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(answers_are_there_when_it_is_done),
        ON_POSTGRES(what_is_long_goes_out_as_the_socket_lets_it),
        ON_POSTGRES(one_that_fails_fails_them_all_and_each_can_be_asked_again),
        ON_POSTGRES(what_does_not_come_in_time_fails_and_the_next_statement_opens_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
