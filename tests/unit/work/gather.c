/* Reads of a thread that must not wait. */
#include "../store/bench.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "work/gather.h"

SQL(square_of, "SELECT square AS n FROM squares WHERE id = $1");

enum { QUESTIONS = LIMIT_GROUP_READ + 4 };

typedef struct Question {
    Task task;
    Arena *arena;
    pthread_t asker;
    int64_t id;
    bool asks_too_little;
    Ask *ask;
    int64_t answer;
    bool ran_elsewhere;
    Error error;
    atomic_int *left;
} Question;

static void ask_first(Task *task, Db *db)
{
    Question *self = (Question *)task;

    self->ask =
        db_ask(db, self->arena, &square_of, PARAMS(INT(self->asks_too_little ? 0 : self->id)));
}

static Verdict find_square(Task *task, Worker *worker)
{
    Question *self = (Question *)task;

    self->ran_elsewhere = !pthread_equal(self->asker, pthread_self());
    if (self->ask == NULL) {
        Rows AUTO(rows_close) rows = { 0 };
        if (!worker_borrow(worker, &self->error) ||
            !db_query(worker->db, &square_of, PARAMS(INT(self->id)), &rows, &self->error))
            return TASK_BROKEN;
        self->answer = rows_next(&rows) ? rows_int(&rows, "n") : 0;
        return TASK_GOOD;
    }
    if (self->asks_too_little) /* it notices late */
        self->ask = db_ask(worker->db, self->arena, &square_of, PARAMS(INT(self->id)));
    return db_take_number(self->ask, &self->answer, &self->error) ? TASK_GOOD : TASK_BROKEN;
}

static void forget(Task *task)
{
    ((Question *)task)->ask = NULL;
    error_clear(&((Question *)task)->error);
}

static void fail_question(Task *task, const Error *error)
{
    ((Question *)task)->error = *error;
}

static void question_done(Task *task, Worker *worker)
{
    (void)worker;
    atomic_fetch_sub(((Question *)task)->left, 1);
}

static const TaskKind question_kind = {
    .ask = ask_first,
    .run = find_square,
    .undo = forget,
    .fail = fail_question,
    .done = question_done,
};

typedef struct Scene {
    Bench *bench;
    Lanes lanes;
    Worker worker;
    Gather gather;
    Question questions[QUESTIONS];
    atomic_int left;
} Scene;

static Scene *scene_set(void **state)
{
    static Scene scene;
    Bench *bench = bench_of(state);
    const LanesSetup setup = { .url = bench->url, .kind = db_kind(bench->db), .guests = 1 };

    bench_run(bench->db, "CREATE TABLE squares AS"
                         " SELECT id::bigint, (id * id)::bigint AS square"
                         " FROM generate_series(1, 100) AS id");
    scene = (Scene){ .bench = bench };
    bench_must(bench, bench->db, lanes_start(&scene.lanes, &setup, &bench->arena, &bench->err));
    scene.worker = worker_of(&scene.lanes);
    scene.gather.worker = &scene.worker;
    return &scene;
}

static void scene_end(Scene *scene)
{
    gather_stop(&scene->gather);
    lanes_stop(&scene->lanes);
    lanes_finish(&scene->lanes);
}

static void add_questions(Scene *scene, int count)
{
    atomic_store(&scene->left, count);
    for (int i = 0; i < count; i++) {
        scene->questions[i] = (Question){ .task = { .kind = &question_kind },
                                          .arena = &scene->bench->arena,
                                          .asker = pthread_self(),
                                          .id = i + 1,
                                          .left = &scene->left };
        gather_add(&scene->gather, &scene->questions[i].task);
    }
}

/* As a network thread does, without anything else to do. */
static void go_on_until_done(Scene *scene)
{
    int64_t end = clock_monotonic_us() + INT64_C(30000000);

    while (atomic_load(&scene->left) > 0) {
        const AskWatch watch = gather_watch(&scene->gather);
        struct pollfd one = { .fd = watch.socket, .events = watch.events };
        (void)poll(&one, 1, 10);
        gather_continue(&scene->gather);
        assert_true(clock_monotonic_us() < end);
    }
}

static void check_answers(const Scene *scene, int count, bool elsewhere)
{
    for (int i = 0; i < count; i++) {
        const Question *one = &scene->questions[i];
        assert_int_equal(one->error.code, ERROR_NONE);
        assert_int_equal(one->answer, one->id * one->id);
        assert_int_equal(one->ran_elsewhere, elsewhere);
    }
}

/* A thread of SCAN opens a connection, and leaves it where the next one finds it. */
static void open_a_connection(Scene *scene)
{
    add_questions(scene, 1);
    gather_ask(&scene->gather);
    go_on_until_done(scene);
    check_answers(scene, 1, true);
}

static void without_an_open_connection_they_go_where_one_may_wait(void **state)
{
    Scene *scene = scene_set(state);

    assert_int_equal(gather_watch(&scene->gather).socket, -1);
    open_a_connection(scene);
    scene_end(scene);
}

static void those_that_come_together_ask_together_and_nobody_waits(void **state)
{
    Scene *scene = scene_set(state);

    open_a_connection(scene);
    add_questions(scene, QUESTIONS);
    gather_ask(&scene->gather);
    /* On their way: nobody has waited, and the rest is for the next round. */
    assert_int_equal(atomic_load(&scene->left), QUESTIONS);
    assert_true(gather_watch(&scene->gather).socket >= 0);
    int64_t before = db_round_trips(scene->worker.db);
    Db *db = scene->worker.db;
    while (atomic_load(&scene->left) == QUESTIONS)
        gather_continue(&scene->gather);
    assert_int_equal(atomic_load(&scene->left), QUESTIONS - LIMIT_GROUP_READ);
    assert_int_equal(db_round_trips(db), before + 1); /* the next one is on its way already */
    go_on_until_done(scene);
    check_answers(scene, QUESTIONS, false);
    assert_null(scene->worker.db); /* somebody else may have it */
    scene_end(scene);
}

static void the_next_round_is_on_its_way_on_another_connection(void **state)
{
    Scene *scene = scene_set(state);
    Worker other = worker_of(&scene->lanes);

    open_a_connection(scene);
    add_questions(scene, QUESTIONS);
    gather_ask(&scene->gather);
    const Db *db = scene->worker.db;
    bench_must(scene->bench, scene->bench->db, worker_borrow(&other, &scene->bench->err));
    worker_give_back(&other);
    while (atomic_load(&scene->left) == QUESTIONS)
        gather_continue(&scene->gather);
    assert_int_equal(atomic_load(&scene->left), QUESTIONS - LIMIT_GROUP_READ);
    assert_non_null(scene->worker.db);
    assert_ptr_not_equal(scene->worker.db, db);
    assert_true(gather_watch(&scene->gather).socket >= 0);
    go_on_until_done(scene);
    check_answers(scene, QUESTIONS, false);
    scene_end(scene);
}

static void one_that_asked_too_little_keeps_nobody_waiting(void **state)
{
    Scene *scene = scene_set(state);

    open_a_connection(scene);
    add_questions(scene, 3);
    scene->questions[1].asks_too_little = true;
    gather_ask(&scene->gather);
    go_on_until_done(scene);
    for (int i = 0; i < 3; i++) {
        const Question *one = &scene->questions[i];
        assert_int_equal(one->error.code, ERROR_NONE);
        assert_int_equal(one->answer, one->id * one->id);
        assert_int_equal(one->ran_elsewhere, i == 1);
    }
    scene_end(scene);
}

static void a_connection_that_is_lost_on_the_way_is_not_noticed(void **state)
{
    Scene *scene = scene_set(state);

    open_a_connection(scene);
    bench_run(scene->bench->db, "BEGIN; LOCK TABLE squares IN ACCESS EXCLUSIVE MODE");
    add_questions(scene, 3);
    gather_ask(&scene->gather);
    assert_true(gather_watch(&scene->gather).socket >= 0);
    bench_run(scene->bench->db,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE pid <> pg_backend_pid() AND query LIKE '%FROM squares WHERE%'"
              " AND application_name = current_setting('application_name')");
    bench_run(scene->bench->db, "COMMIT");
    go_on_until_done(scene);
    check_answers(scene, 3, true);
    scene_end(scene);
}

static void who_ends_fails_what_is_on_its_way(void **state)
{
    Scene *scene = scene_set(state);

    open_a_connection(scene);
    bench_run(scene->bench->db, "BEGIN; LOCK TABLE squares IN ACCESS EXCLUSIVE MODE");
    add_questions(scene, QUESTIONS);
    gather_ask(&scene->gather);
    gather_stop(&scene->gather);
    assert_int_equal(atomic_load(&scene->left), 0);
    for (int i = 0; i < QUESTIONS; i++)
        assert_int_equal(scene->questions[i].error.code, ERROR_UNAVAILABLE);
    bench_run(scene->bench->db, "COMMIT");
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(without_an_open_connection_they_go_where_one_may_wait),
        ON_POSTGRES(those_that_come_together_ask_together_and_nobody_waits),
        ON_POSTGRES(the_next_round_is_on_its_way_on_another_connection),
        ON_POSTGRES(one_that_asked_too_little_keeps_nobody_waiting),
        ON_POSTGRES(a_connection_that_is_lost_on_the_way_is_not_noticed),
        ON_POSTGRES(who_ends_fails_what_is_on_its_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
