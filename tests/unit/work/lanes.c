/* Tasks that are no requests: what the lanes promise them. */
#include "../store/bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "work/schedule.h"

SQL(add_line, "INSERT INTO line (task, run) VALUES ($1, $2)");
SQL(count_lines, "SELECT count(*) AS n FROM line");
SQL(count_ticks, "SELECT count(*) AS n FROM line WHERE task = 0");
SQL(count_twice, "SELECT count(*) AS n FROM (SELECT task, run FROM line GROUP BY task, run"
                 " HAVING count(*) > 1) AS twice");

enum { WRITERS = 32, RUNS = 100, TICKS = 100, TICK_US = 2000 };

typedef struct Scene {
    Lanes lanes;
    Schedule schedule;
    atomic_int left;      /* tasks that are not at their end */
    atomic_int committed; /* as on_commit heard it */
    atomic_int failed;
} Scene;

/* Writes a line in each run, and comes back until it has done all its runs. */
typedef struct Line {
    Task task;
    Scene *scene;
    int64_t number; /* 0: comes from the schedule */
    int64_t run;
    int64_t runs;
    Error error;
} Line;

static Verdict write_line(Task *task, Worker *worker)
{
    Line *line = (Line *)task;

    /* Every seventh is refused after it has written, and leaves nothing. */
    if (!db_execute(worker->db, &add_line, PARAMS(INT(line->number), INT(line->run)), NULL,
                    &line->error))
        return line->error.code == ERROR_RETRY ? TASK_CLASHED : TASK_BROKEN;
    return line->number != 0 && line->run % 7 == 0 ? TASK_REFUSED : TASK_GOOD;
}

static void undo_line(Task *task)
{
    error_clear(&((Line *)task)->error);
}

static void fail_line(Task *task, const Error *error)
{
    Line *line = (Line *)task;

    line->error = *error;
    atomic_fetch_add(&line->scene->failed, 1);
}

static void line_done(Task *task, Worker *worker)
{
    Line *line = (Line *)task;
    Scene *scene = line->scene;

    if (++line->run == line->runs)
        atomic_fetch_sub(&scene->left, 1);
    else if (line->number == 0)
        (void)schedule_put(&scene->schedule, task, clock_monotonic_us() + TICK_US);
    else
        lanes_put_or_fail(worker->lanes, task, worker);
}

static const TaskKind line_kind = {
    .run = write_line, .undo = undo_line, .fail = fail_line, .done = line_done
};

static void hear_commit(void *context, const Task *first)
{
    Scene *scene = context;

    for (; first != NULL; first = first->next)
        atomic_fetch_add(&scene->committed, 1);
}

static void start(Scene *scene, Bench *bench)
{
    DbKind kind = db_kind(bench->db);
    const LanesSetup setup = {
        .url = bench->url, .kind = kind, .on_commit = hear_commit, .context = scene
    };

    db_close(&bench->db); /* on SQLite the lane is the one writer */
    bench_must(bench, bench->reader,
               lanes_start(&scene->lanes, &setup, &bench->arena, &bench->err));
    bench_must(bench, bench->reader, schedule_start(&scene->schedule, &scene->lanes, &bench->err));
}

static void stop(Scene *scene)
{
    schedule_stop(&scene->schedule);
    lanes_stop(&scene->lanes);
    lanes_finish(&scene->lanes);
}

static void wait_for(atomic_int *counter)
{
    int64_t end = clock_monotonic_us() + INT64_C(60000000);

    while (atomic_load(counter) > 0 && clock_monotonic_us() < end)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_int_equal(atomic_load(counter), 0);
}

static void a_task_from_the_schedule_writes_beside_thirty_two_writers(void **state)
{
    static Scene scene;
    static Line lines[WRITERS + 1];
    Bench *bench = bench_of(state);
    int64_t expected = TICKS;

    bench_run(bench->db, "CREATE TABLE line (task BIGINT, run BIGINT)");
    scene = (Scene){ .left = WRITERS + 1 };
    start(&scene, bench);
    for (int64_t i = 0; i <= WRITERS; i++) {
        lines[i] = (Line){ .task = { .kind = &line_kind, .lane = LANE_WRITE },
                           .scene = &scene,
                           .number = i,
                           .runs = i == 0 ? TICKS : RUNS };
        bool is_taken = i == 0 ? schedule_put(&scene.schedule, &lines[i].task, 0)
                               : lanes_put(&scene.lanes, &lines[i].task);
        assert_true(is_taken);
    }
    wait_for(&scene.left);
    for (int64_t run = 0; run < RUNS; run++)
        expected += run % 7 == 0 ? 0 : WRITERS;
    assert_int_equal(atomic_load(&scene.failed), 0);
    assert_int_equal(bench_number(bench->reader, &count_lines), expected);
    assert_int_equal(bench_number(bench->reader, &count_ticks), TICKS);
    assert_int_equal(bench_number(bench->reader, &count_twice), 0);
    /* A group is heard of whole, with those of it that were refused. */
    assert_true(atomic_load(&scene.committed) >= expected);
    assert_true(atomic_load(&scene.committed) <= TICKS + WRITERS * RUNS);
    stop(&scene);
}

static void each_thread_and_each_guest_has_a_connection_at_most(void **state)
{
    static Scene scene;
    Bench *bench = bench_of(state);

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    LanesSetup setup = scene.lanes.setup;
    assert_int_equal(lanes_connections(&setup), scene.lanes.thread_count);
    setup.guests = 6;
    assert_int_equal(lanes_connections(&setup), scene.lanes.thread_count + 6);
    stop(&scene);
}

/* -- A lane that stands still ----------------------------------------------------------------- */

typedef struct Gate {
    Task task;
    atomic_bool *is_open;
    atomic_bool has_begun;
    atomic_int *left;
    Error error;
} Gate;

static Verdict wait_at_gate(Task *task, Worker *worker)
{
    Gate *gate = (Gate *)task;

    (void)worker;
    atomic_store(&gate->has_begun, true);
    while (!atomic_load(gate->is_open))
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return TASK_GOOD;
}

static void undo_nothing(Task *task)
{
    (void)task;
}

static void fail_gate(Task *task, const Error *error)
{
    ((Gate *)task)->error = *error;
}

static void gate_done(Task *task, Worker *worker)
{
    (void)worker;
    atomic_fetch_sub(((Gate *)task)->left, 1);
}

static const TaskKind gate_kind = {
    .run = wait_at_gate, .undo = undo_nothing, .fail = fail_gate, .done = gate_done
};

static void what_waits_too_long_for_a_thread_fails_and_a_full_queue_refuses(void **state)
{
    static Scene scene;
    static Gate gates[LIMIT_BULK_QUEUE + 2];
    Bench *bench = bench_of(state);
    atomic_bool is_open = false;
    atomic_int left = LIMIT_BULK_QUEUE + 1;

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    for (size_t i = 0; i < LIMIT_BULK_QUEUE + 2; i++) {
        gates[i] = (Gate){ .task = { .kind = &gate_kind, .lane = LANE_BULK },
                           .is_open = &is_open,
                           .left = &left };
        assert_int_equal(lanes_put(&scene.lanes, &gates[i].task), i <= LIMIT_BULK_QUEUE);
        while (i == 0 && !atomic_load(&gates[0].has_begun))
            nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    assert_int_equal(lanes_waiting(&scene.lanes, LANE_BULK), LIMIT_BULK_QUEUE);
    pthread_mutex_lock(&scene.lanes.queues[LANE_BULK].mutex);
    gates[1].task.since_us -= LIMIT_QUEUE_WAIT_MS * INT64_C(1000);
    pthread_mutex_unlock(&scene.lanes.queues[LANE_BULK].mutex);
    while (atomic_load(&left) > LIMIT_BULK_QUEUE) /* the schedule sweeps */
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_int_equal(gates[1].error.code, ERROR_UNAVAILABLE);
    assert_int_equal(gates[2].error.code, ERROR_NONE);
    atomic_store(&is_open, true);
    wait_for(&left);
    stop(&scene);
}

/* What runs comes to its end, and nothing begins that would have to be waited for. */
static void who_gives_up_fails_what_waits_and_nothing_that_runs(void **state)
{
    static Scene scene;
    static Gate gates[3];
    Bench *bench = bench_of(state);
    atomic_bool is_open = false;
    atomic_int left = 3;

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    for (size_t i = 0; i < 3; i++) {
        gates[i] = (Gate){ .task = { .kind = &gate_kind, .lane = LANE_BULK },
                           .is_open = &is_open,
                           .left = &left };
        assert_true(lanes_put(&scene.lanes, &gates[i].task));
        while (i == 0 && !atomic_load(&gates[0].has_begun))
            nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    lanes_give_up(&scene.lanes);
    assert_int_equal(atomic_load(&left), 1);
    assert_int_equal(gates[1].error.code, ERROR_UNAVAILABLE);
    assert_int_equal(gates[2].error.code, ERROR_UNAVAILABLE);
    atomic_store(&is_open, true);
    stop(&scene);
    assert_int_equal(atomic_load(&left), 0);
    assert_int_equal(gates[0].error.code, ERROR_NONE);
}

/* -- A lane that is shared out ---------------------------------------------------------------- */

static void put_gate(Scene *scene, Gate *gate, atomic_bool *is_open, atomic_int *left,
                     uint64_t whose)
{
    *gate = (Gate){ .task = { .kind = &gate_kind,
                              .lane = LANE_HASH,
                              .whose = whose,
                              .at_most = LIMIT_HASH_OF_NETWORK },
                    .is_open = is_open,
                    .left = left };
    Worker worker = worker_of(&scene->lanes);
    lanes_put_or_fail(&scene->lanes, &gate->task, &worker);
}

static void who_has_his_part_of_a_lane_is_refused_and_others_are_not(void **state)
{
    static Scene scene;
    static Gate gates[LIMIT_HASH_OF_NETWORK + 3];
    enum { MANY = 7, ANOTHER = 8, REFUSED = LIMIT_HASH_OF_NETWORK };
    Bench *bench = bench_of(state);
    atomic_bool is_open = false;
    atomic_int left = LIMIT_HASH_OF_NETWORK + 2;

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    for (size_t i = 0; i <= REFUSED; i++)
        put_gate(&scene, &gates[i], &is_open, &left, MANY);
    put_gate(&scene, &gates[REFUSED + 1], &is_open, &left, ANOTHER);
    assert_int_equal(gates[REFUSED - 1].error.code, ERROR_NONE);
    assert_int_equal(gates[REFUSED].error.code, ERROR_TOO_MANY_REQUESTS);
    assert_true(gates[REFUSED].error.retry_after_s > 0);
    assert_int_equal(gates[REFUSED + 1].error.code, ERROR_NONE);
    atomic_store(&is_open, true);
    wait_for(&left);
    /* His part is free again. */
    atomic_store(&left, 1);
    put_gate(&scene, &gates[REFUSED + 2], &is_open, &left, MANY);
    wait_for(&left);
    assert_int_equal(gates[REFUSED + 2].error.code, ERROR_NONE);
    stop(&scene);
}

static void one_network_may_have_every_thread_of_a_shared_lane(void **state)
{
    static Scene scene;
    static Gate gates[LIMIT_HASH_OF_NETWORK];
    Bench *bench = bench_of(state);
    atomic_bool is_open = false;
    atomic_int left = 0;
    int64_t end = clock_monotonic_us() + INT64_C(10000000);

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    size_t threads = scene.lanes.threads_of[LANE_HASH];
    size_t count = threads < LIMIT_HASH_OF_NETWORK ? threads : LIMIT_HASH_OF_NETWORK;
    atomic_store(&left, (int)count);
    for (size_t i = 0; i < count; i++)
        put_gate(&scene, &gates[i], &is_open, &left, 7);
    for (size_t i = 0; i < count; i++) {
        while (!atomic_load(&gates[i].has_begun) && clock_monotonic_us() < end)
            nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        assert_true(atomic_load(&gates[i].has_begun));
    }
    atomic_store(&is_open, true);
    wait_for(&left);
    stop(&scene);
}

/* -- What somebody does for long -------------------------------------------------------------- */

enum { LONG_MS = 3, LONG_RUNS = 10 };

/* Tasks of one person, one after another; long ones take LONG_MS each. */
typedef struct Author Author;
struct Author {
    Task task;
    int64_t id;
    Author *beside; /* NULL, or whose are over when these are */
    atomic_bool is_over;
    atomic_bool has_begun; /* his first is done, for which a thread may have had to connect */
    atomic_int *left;
    int runs;
};

static Verdict take_long(Task *task, Worker *worker)
{
    (void)worker;
    if (task->is_long)
        nanosleep(&(struct timespec){ .tv_nsec = LONG_MS * 1000000 }, NULL);
    return TASK_GOOD;
}

static int64_t author_of(const Task *task)
{
    return ((const Author *)task)->id;
}

static void fail_author(Task *task, const Error *error)
{
    (void)task;
    fail_msg("%s", error->detail);
}

static void author_done(Task *task, Worker *worker)
{
    Author *author = (Author *)task;

    author->runs++;
    atomic_store(&author->has_begun, true);
    if (task->lane == LANE_SCAN && (author->beside != NULL || !task->is_long))
        company_note(&worker->lanes->company, author->id, clock_monotonic_us());
    if (task->is_long ? author->runs < LONG_RUNS : !atomic_load(&author->is_over)) {
        lanes_put_or_fail(worker->lanes, task, worker);
        return;
    }
    if (author->beside != NULL)
        atomic_store(&author->beside->is_over, true);
    atomic_fetch_sub(author->left, 1);
}

static const TaskKind author_kind = { .run = take_long,
                                      .undo = undo_nothing,
                                      .fail = fail_author,
                                      .who = author_of,
                                      .done = author_done };

/* How long his tasks took, in microseconds, beside those of somebody else or alone. */
static int64_t time_of_long_ones(Scene *scene, Lane lane, bool is_alone)
{
    Author authors[2];
    atomic_int left = is_alone ? 1 : 2;

    for (size_t i = 0; i < 2; i++)
        authors[i] = (Author){ .task = { .kind = &author_kind,
                                         .lane = lane,
                                         .is_long = i == 1,
                                         .whose = lane == LANE_SCAN ? i + 1 : 0 },
                               .id = (int64_t)i + 1,
                               .beside = i == 1 && !is_alone ? &authors[0] : NULL,
                               .left = &left };
    if (!is_alone) {
        assert_true(lanes_put(&scene->lanes, &authors[0].task));
        while (!atomic_load(&authors[0].has_begun))
            nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    int64_t from_us = clock_monotonic_us();
    assert_true(lanes_put(&scene->lanes, &authors[1].task));
    wait_for(&left);
    return clock_monotonic_us() - from_us;
}

enum { LONG_US = LONG_MS * 1000 };

/* The best of some tries, for a busy machine makes it longer: is it less than this? */
static bool is_quick_alone(Scene *scene, Lane lane, int64_t limit_us)
{
    bool is_quick = false;

    for (int i = 0; i < 10 && !is_quick; i++)
        is_quick = time_of_long_ones(scene, lane, true) < limit_us;
    return is_quick;
}

static void who_makes_long_writes_beside_short_ones_has_a_tenth_of_a_writer(void **state)
{
    static Scene scene;
    Bench *bench = bench_of(state);

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    assert_true(is_quick_alone(&scene, LANE_WRITE, (LONG_RUNS - 1) * 10 * LONG_US));
    int64_t beside_us = time_of_long_ones(&scene, LANE_WRITE, false);
    assert_true(beside_us > (LONG_RUNS - 1) * 10 * LONG_US);
    stop(&scene);
}

static void who_reads_for_long_beside_others_rests_as_long(void **state)
{
    static Scene scene;
    Bench *bench = bench_of(state);

    scene = (Scene){ .left = 0 };
    start(&scene, bench);
    assert_true(is_quick_alone(&scene, LANE_SCAN, (LONG_RUNS - 1) * 2 * LONG_US));
    int64_t beside_us = time_of_long_ones(&scene, LANE_SCAN, false);
    assert_true(beside_us > (LONG_RUNS - 1) * 2 * LONG_US - LONG_US);
    stop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_task_from_the_schedule_writes_beside_thirty_two_writers),
        ON_BOTH(each_thread_and_each_guest_has_a_connection_at_most),
        ON_SQLITE(what_waits_too_long_for_a_thread_fails_and_a_full_queue_refuses),
        ON_SQLITE(who_gives_up_fails_what_waits_and_nothing_that_runs),
        ON_SQLITE(who_has_his_part_of_a_lane_is_refused_and_others_are_not),
        ON_SQLITE(one_network_may_have_every_thread_of_a_shared_lane),
        ON_BOTH(who_makes_long_writes_beside_short_ones_has_a_tenth_of_a_writer),
        ON_BOTH(who_reads_for_long_beside_others_rests_as_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
