/* Replies whose day is over go by themselves, all of them and no others. */
#include "work/forgetting.h"

#include <time.h>

#include "../store/bench.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/idempotency.h"

enum { OLD = 3 * LIMIT_FORGOTTEN_KEYS, YOUNG = 2 };

SQL(count_kept, "SELECT count(*) AS n FROM idempotency_keys");

static const LanesSetup *setup_of(const Bench *bench, DbKind kind)
{
    static LanesSetup setup;

    setup = (LanesSetup){ .url = bench->url, .kind = kind };
    return &setup;
}

static void keep(Bench *bench, int number, Instant at)
{
    const KeptReply reply = { .digest = "d", .status = 204, .headers = "" };
    const KeyName name = {
        .user_id = 1,
        .name = arena_printf(&bench->arena, "%d", number),
    };

    bench_must(bench, bench->db,
               idempotency_insert(bench->db, &name, &reply, at, &bench->err) &&
                   db_flush(bench->db, &bench->err));
}

static void old_replies_go_by_themselves(void **state)
{
    Bench *bench = bench_of(state);
    DbKind kind = db_kind(bench->db);
    Instant now = clock_now_us();
    Lanes lanes;
    Schedule schedule;
    Forgetting forgetting;

    bench_migrate(bench);
    for (int i = 0; i < OLD + YOUNG; i++)
        keep(bench, i, i < OLD ? now - DAY_US - i : now);
    db_close(&bench->db); /* SQLite has one writer */
    bench_must(bench, NULL, lanes_start(&lanes, setup_of(bench, kind), &bench->arena, &bench->err));
    bench_must(bench, NULL, schedule_start(&schedule, &lanes, &bench->err));
    forgetting_start(&forgetting, &schedule);
    int64_t end = clock_monotonic_us() + 30 * SECOND_US;
    while (bench_number(bench->reader, &count_kept) > YOUNG && clock_monotonic_us() < end)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    assert_int_equal(bench_number(bench->reader, &count_kept), YOUNG);
    schedule_stop(&schedule);
    lanes_stop(&lanes);
    lanes_finish(&lanes);
}

/* As it is when the piece before had found as many as it may: or it would come again at once, and
 * again, as long as the failure lasts. */
static void after_a_failure_it_comes_again_later(void **state)
{
    Bench *bench = bench_of(state);
    DbKind kind = db_kind(bench->db);
    Lanes lanes;
    Schedule schedule;
    Forgetting forgetting;

    db_close(&bench->db);
    bench_must(bench, NULL, lanes_start(&lanes, setup_of(bench, kind), &bench->arena, &bench->err));
    bench_must(bench, NULL, schedule_start(&schedule, &lanes, &bench->err));
    forgetting_start(&forgetting, &schedule);
    schedule_stop(&schedule);
    lanes_stop(&lanes);
    lanes_finish(&lanes);
    bench_reconnect(bench);
    forgetting.has_more = true;
    Worker worker = { .db = bench->db };
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    /* There is no table yet. */
    assert_int_not_equal(forgetting.task.kind->run(&forgetting.task, &worker), TASK_GOOD);
    db_rollback(bench->db);
    assert_false(forgetting.has_more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(old_replies_go_by_themselves),
        ON_BOTH(after_a_failure_it_comes_again_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
