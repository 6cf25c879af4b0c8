#include "work/lanes.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

enum { STACK_BYTES = 512 * 1024 }; /* SQLite's sorter and crypt_r's 32 KiB fit many times over */

typedef struct ThreadCount {
    size_t a_core, fewest, most;
} ThreadCount;

typedef struct LaneRow {
    const char *name;
    ThreadCount threads[2]; /* by DbKind; none: whoever has such a task runs it himself */
    size_t at_once[2];      /* tasks that one thread takes together, by DbKind */
    size_t queue_limit;
    int niceness; /* beside the other threads of the program */
    bool writes;
    bool is_shared; /* out among those whose tasks they are */
} LaneRow;

/* Threads for PostgreSQL mostly wait: for its fsync, which serves many at once, or for its answer.
 * Too many only get into each other's way: on two cores 8 writers made 4,000 creations a second, 24
 * made 3,400. With the most of each three servers still fit into the 100 connections that it takes
 * by default. */
static const LaneRow rows[LANE_COUNT] = {
    [LANE_READ] = { .name = "read" },
    [LANE_SCAN] = { .name = "scan",
                    .threads = { [DB_SQLITE] = { 2, 4, 8 }, [DB_POSTGRES] = { 4, 4, 16 } },
                    .at_once = { 1, 1 },
                    .queue_limit = LIMIT_READ_QUEUE,
                    .niceness = 10 }, /* more than bcrypt: a sign-in goes before it */
    [LANE_WRITE] = { .name = "write",
                     .threads = { [DB_SQLITE] = { 0, 1, 1 }, [DB_POSTGRES] = { 4, 8, 24 } },
                     .at_once = { LIMIT_GROUP_COMMIT, 1 },
                     .queue_limit = LIMIT_WRITE_QUEUE,
                     .writes = true },
    [LANE_HASH] = { .name = "hash",
                    .threads = { { 1, 1, 64 }, { 1, 1, 64 } },
                    .at_once = { 1, 1 },
                    .queue_limit = LIMIT_HASH_QUEUE,
                    .niceness = 5, /* bcrypt must not be felt by who only reads */
                    .is_shared = true },
    [LANE_BULK] = { .name = "bulk",
                    .threads = { { 0, 1, 1 }, { 0, 1, 1 } },
                    .at_once = { 1, 1 },
                    .queue_limit = LIMIT_BULK_QUEUE,
                    .niceness = 10 },
};

/* The others may still have something to write when they end. */
static const Lane stop_order[LANE_COUNT] = { LANE_READ, LANE_SCAN, LANE_HASH, LANE_BULK,
                                             LANE_WRITE };

typedef struct LaneThread {
    pthread_t thread;
    Lane lane;
    Worker worker;
} LaneThread;

const char *lane_name(Lane lane)
{
    return rows[lane].name;
}

/* -- Workers ---------------------------------------------------------------------------------- */

Worker worker_of(Lanes *lanes)
{
    return (Worker){ .lanes = lanes };
}

/* What db_open says is for whoever runs the program: it names paths and hosts. */
static bool refuse_without_db(const Error *reason, Error *err)
{
    log_write(LOG_ERROR, "cannot open the database", "detail", reason->detail, NULL);
    error_set(err, ERROR_UNAVAILABLE, "The database cannot be reached at the moment.");
    err->retry_after_s = 5;
    return false;
}

bool worker_borrow(Worker *worker, Error *err)
{
    Error error = { .code = ERROR_NONE };

    return worker->db != NULL || db_pool_lend(&worker->lanes->readers, &worker->db, &error) ||
           refuse_without_db(&error, err);
}

bool worker_borrow_open(Worker *worker)
{
    DbPool *readers = &worker->lanes->readers;

    if (worker->db == NULL)
        worker->db = db_pool_lend_idle(readers);
    if (worker->db != NULL && !db_is_open(worker->db))
        db_pool_take_back(readers, &worker->db);
    return worker->db != NULL;
}

void worker_give_back(Worker *worker)
{
    db_pool_take_back(&worker->lanes->readers, &worker->db);
}

/* -- Long writes ------------------------------------------------------------------------------- */

static bool is_long_write(void *context, const Task *task)
{
    const Lanes *lanes = context;

    if (task->is_long)
        return true;
    int64_t until = lately_until(&lanes->writers.long_lately, task_who(task));
    return until != 0 && clock_monotonic_us() < until;
}

static int64_t long_write_rests_until(void *context, const Task *task)
{
    const Lanes *lanes = context;

    return rests_until(&lanes->rests, task_who(task), clock_monotonic_us());
}

/* -- Long reads ------------------------------------------------------------------------------- */

/* Only of what takes long it is said whose it is. */
static bool is_long_read(void *context, const Task *task)
{
    (void)context;
    return task->whose != 0;
}

static int64_t long_read_rests_until(void *context, const Task *task)
{
    const Lanes *lanes = context;

    if (!company_is_there(&lanes->company, clock_monotonic_us()))
        return 0;
    return lately_until(&lanes->resting_readers, (int64_t)task->whose);
}

static void note_long_read(Lanes *lanes, const Task *task, int64_t from_us)
{
    int64_t now = clock_monotonic_us();
    int64_t rest_us = now - from_us;

    if (rest_us > LIMIT_LONG_READER_REST_US)
        rest_us = LIMIT_LONG_READER_REST_US;
    if (task->lane == LANE_SCAN)
        lately_note(&lanes->resting_readers, (int64_t)task->whose, now + rest_us);
}

/* -- Threads ---------------------------------------------------------------------------------- */

/* It is in the lane no more. */
static void leave(Lanes *lanes, const Task *task)
{
    if (rows[task->lane].is_shared)
        shares_leave(&lanes->shares, task);
}

static void fail_all(Task *first, const Error *error, Worker *worker)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        leave(worker->lanes, task);
        task->kind->fail(task, error);
        task->kind->done(task, worker);
    }
}

/* While they are still the lane's: others of the same people may run. */
static void all_leave(Task *first, Worker *worker)
{
    for (const Task *task = first; task != NULL; task = task->next)
        queue_leave(&worker->lanes->queues[task->lane], task);
}

static void all_done(Task *first, Worker *worker)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        task->kind->done(task, worker);
    }
}

static void write_list(Worker *worker, Task *first)
{
    const LanesSetup *setup = &worker->lanes->setup;
    Error error = { .code = ERROR_NONE };
    int64_t from_us = clock_monotonic_us();

    if (worker->db == NULL && !db_open(setup->url, DB_WRITE, &worker->db, &error)) {
        Error told = { .code = ERROR_NONE };
        refuse_without_db(&error, &told);
        all_leave(first, worker);
        fail_all(first, &told, worker);
        return;
    }
    if (group_commit(&worker->lanes->writers, worker, first) && setup->on_commit != NULL)
        setup->on_commit(setup->context, first);
    int64_t whose = task_who(first);
    /* A long one is alone; the time of a group is nobody's in it. */
    bool is_long = first->next == NULL && is_long_write(worker->lanes, first);
    /* Before another thread may take his next one. */
    rests_note(&worker->lanes->rests, whose, is_long, from_us, clock_monotonic_us());
    all_leave(first, worker);
    all_done(first, worker);
    if (db_checkpoint_if_due(worker->db, queue_has_ready(&worker->lanes->queues[LANE_WRITE])))
        rests_note(&worker->lanes->rests, whose, is_long, from_us, clock_monotonic_us());
}

static void read_list(Worker *worker, Task *first)
{
    for (Task *task = first, *next; task != NULL; task = next) {
        next = task->next;
        int64_t from_us = clock_monotonic_us();
        (void)task->kind->run(task, worker);
        worker_give_back(worker);
        note_long_read(worker->lanes, task, from_us);
        queue_leave(&worker->lanes->queues[task->lane], task);
        leave(worker->lanes, task);
        task->kind->done(task, worker);
    }
}

void lanes_run(Lane lane, Task *first, Worker *worker)
{
    if (rows[lane].writes)
        write_list(worker, first);
    else
        read_list(worker, first);
}

static void *run_thread(void *context)
{
    LaneThread *self = context;
    const LaneRow *row = &rows[self->lane];
    Lanes *lanes = self->worker.lanes;
    size_t at_once = row->at_once[lanes->setup.kind];
    Task *first;

    /* On Linux the niceness is the thread's own. */
    if (row->niceness != 0 && nice(row->niceness) == -1)
        log_write(LOG_DEBUG, "cannot be nicer", "lane", row->name, NULL);
    while ((first = queue_take(&lanes->queues[self->lane], at_once)) != NULL)
        lanes_run(self->lane, first, &self->worker);
    return NULL;
}

/* -- Start and stop --------------------------------------------------------------------------- */

static size_t count_cores(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online > 0 ? (size_t)online : 1;
}

static size_t count_threads(Lane lane, DbKind kind)
{
    const ThreadCount *count = &rows[lane].threads[kind];
    size_t wanted = count->a_core * count_cores();

    if (wanted < count->fewest)
        wanted = count->fewest;
    return wanted < count->most ? wanted : count->most;
}

/* Of who is not alone. One person's keep at most half of the cores busy, PostgreSQL's included, and
 * at most half of the threads; in a shared lane each task says how many. */
static size_t most_of_one(const Lanes *lanes, Lane lane)
{
    size_t threads = lanes->threads_of[lane];
    size_t cores = count_cores();
    size_t half = (threads < cores ? threads : cores) / 2;

    if (rows[lane].is_shared)
        return 0;
    return half > 0 ? half : 1;
}

size_t lanes_connections(const LanesSetup *setup)
{
    size_t count = setup->guests;

    for (size_t i = 0; i < LANE_COUNT; i++)
        count += count_threads((Lane)i, setup->kind);
    return count;
}

static size_t first_thread(const Lanes *lanes, Lane lane)
{
    size_t first = 0;

    for (size_t i = 0; i < (size_t)lane; i++)
        first += lanes->threads_of[i];
    return first;
}

static bool start_threads(Lanes *lanes, size_t wanted, Error *err)
{
    pthread_attr_t attributes;
    int failed = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (lanes->thread_count < wanted && failed == 0) {
        LaneThread *one = &lanes->threads[lanes->thread_count];
        failed = pthread_create(&one->thread, &attributes, run_thread, one);
        lanes->thread_count += failed == 0;
    }
    pthread_attr_destroy(&attributes);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    return true;
}

bool lanes_start(Lanes *lanes, const LanesSetup *setup, Arena *arena, Error *err)
{
    size_t wanted = 0;
    size_t readers = setup->guests;

    *lanes = (Lanes){ .setup = *setup, .company = { .who = COMPANY_NOBODY } };
    for (size_t i = 0; i < LANE_COUNT; i++) {
        lanes->threads_of[i] = count_threads((Lane)i, setup->kind);
        wanted += lanes->threads_of[i];
        readers += rows[i].writes ? 0 : lanes->threads_of[i];
    }
    lanes->threads = ARENA_ARRAY(arena, LaneThread, wanted);
    for (size_t i = 0, at = 0; i < LANE_COUNT; i++) {
        for (size_t n = 0; n < lanes->threads_of[i]; n++)
            lanes->threads[at++] = (LaneThread){ .lane = (Lane)i, .worker = worker_of(lanes) };
    }
    /* The first writer opens now: what is wrong with the database shows at start. */
    if (!db_open(setup->url, DB_WRITE, &lanes->threads[first_thread(lanes, LANE_WRITE)].worker.db,
                 err))
        return false;
    for (size_t i = 0; i < LANE_COUNT; i++) {
        queue_init(&lanes->queues[i], rows[i].queue_limit);
        lanes->queues[i].most_of_one = most_of_one(lanes, (Lane)i);
        lanes->queues[i].company = &lanes->company;
        lanes->queues[i].is_long = rows[i].writes ? is_long_write : NULL;
        lanes->queues[i].most_waiting = rows[i].writes ? LIMIT_LONG_WRITES_WAITING : 0;
        lanes->queues[i].rests_until = rows[i].writes ? long_write_rests_until : NULL;
        lanes->queues[i].context = lanes;
    }
    lanes->queues[LANE_SCAN].is_long = is_long_read;
    lanes->queues[LANE_SCAN].rests_until = long_read_rests_until;
    shares_init(&lanes->shares);
    db_pool_init(&lanes->readers, setup->url, readers, arena);
    if (start_threads(lanes, wanted, err))
        return true;
    lanes_stop(lanes);
    lanes_finish(lanes);
    return false;
}

void lanes_stop(Lanes *lanes)
{
    for (size_t i = 0; i < LANE_COUNT; i++) {
        Lane lane = stop_order[i];
        size_t first = first_thread(lanes, lane);
        queue_close(&lanes->queues[lane]);
        for (size_t n = first; n < first + lanes->threads_of[lane] && n < lanes->thread_count; n++)
            pthread_join(lanes->threads[n].thread, NULL);
    }
}

void lanes_finish(Lanes *lanes)
{
    size_t first = first_thread(lanes, LANE_WRITE);

    db_pool_finish(&lanes->readers);
    for (size_t i = first; i < first + lanes->threads_of[LANE_WRITE]; i++) {
        Db **db = &lanes->threads[i].worker.db;
        if (*db != NULL) {
            db_checkpoint(*db);
            db_close(db);
        }
    }
    for (size_t i = 0; i < LANE_COUNT; i++)
        queue_finish(&lanes->queues[i]);
    shares_finish(&lanes->shares);
}

/* -- Tasks ------------------------------------------------------------------------------------ */

bool lanes_runs_here(const Lanes *lanes, Lane lane)
{
    return lanes->threads_of[lane] == 0;
}

Error lanes_too_busy(void)
{
    Error error = { .code = ERROR_NONE };

    error_set(&error, ERROR_UNAVAILABLE, "The server has more to do than it can take: try again.");
    error.retry_after_s = 1;
    return error;
}

static bool refuse_share(Error *err)
{
    err->retry_after_s = 1;
    return error_set(err, ERROR_TOO_MANY_REQUESTS,
                     "Other requests of yours of this kind are being worked on: wait for them.");
}

static bool put(Lanes *lanes, Task *task, Error *err)
{
    bool is_shared = rows[task->lane].is_shared;

    assert(!lanes_runs_here(lanes, task->lane));
    task->rank = 0;
    if (is_shared && !shares_enter(&lanes->shares, task))
        return refuse_share(err);
    if (queue_put(&lanes->queues[task->lane], task))
        return true;
    leave(lanes, task);
    *err = lanes_too_busy();
    return false;
}

bool lanes_put(Lanes *lanes, Task *task)
{
    Error error = { .code = ERROR_NONE };

    return put(lanes, task, &error);
}

void lanes_put_or_fail(Lanes *lanes, Task *task, Worker *worker)
{
    Error error = { .code = ERROR_NONE };

    if (put(lanes, task, &error))
        return;
    task->kind->fail(task, &error);
    task->kind->done(task, worker);
}

static void fail_waiting(Lanes *lanes, int64_t since_before_us)
{
    const Error error = lanes_too_busy();
    Worker worker = worker_of(lanes);

    for (size_t i = 0; i < LANE_COUNT; i++)
        fail_all(queue_take_late(&lanes->queues[i], since_before_us), &error, &worker);
}

void lanes_sweep(Lanes *lanes)
{
    fail_waiting(lanes, clock_monotonic_us() - LIMIT_QUEUE_WAIT_MS * INT64_C(1000));
}

void lanes_give_up(Lanes *lanes)
{
    fail_waiting(lanes, INT64_MAX);
}

size_t lanes_waiting(Lanes *lanes, Lane lane)
{
    return queue_length(&lanes->queues[lane]);
}
