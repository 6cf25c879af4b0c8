#include "http/lanes.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/permit.h"
#include "http/read.h"
#include "http/step.h"
#include "http/write.h"

enum {
    STACK_BYTES = 512 * 1024, /* SQLite's sorter and crypt_r's 32 KiB fit many times over */
    SLOW_NICENESS = 10,       /* bcrypt must not be felt by who only reads */
    /* They mostly wait for PostgreSQL's fsync, which serves many at once. Too many only get into
     * each other's way: on two cores 8 made 4,000 creations a second, 24 made 3,400. With the most
     * three servers still fit into the 100 connections that it takes by default. */
    WRITERS_A_CORE = 4,
    FEWEST_WRITERS = 8,
    MOST_WRITERS = 24,
    /* They wait for PostgreSQL, or for what takes long. */
    READERS_A_CORE = 4,
};

typedef struct LaneThread {
    pthread_t thread;
    Lanes *lanes;
    void *(*run)(void *);
    Db *db;        /* a writer's own connection; NULL: not open */
    Reader reader; /* of the others */
} LaneThread;

static void refuse(Exchange *x, const char *sentence, unsigned retry_after_s)
{
    Error error = { .code = ERROR_NONE };

    error_set(&error, ERROR_UNAVAILABLE, "%s", sentence);
    error.retry_after_s = retry_after_s;
    step_fail(x, &error);
    x->has_reply = true;
}

/* What db_open says is for whoever runs the program: it names paths and hosts. */
static void refuse_without_db(Exchange *x, const Error *error)
{
    log_write(LOG_ERROR, "cannot open the database", "detail", error->detail, NULL);
    refuse(x, "The database cannot be reached at the moment.", 5);
}

static bool borrow_reader(Exchange *x, Error *err)
{
    if (!db_pool_lend(&x->lanes->readers, x->reader, err))
        return false;
    x->request.db = x->reader->db;
    return true;
}

void lanes_rest(Lanes *lanes, Reader *reader)
{
    db_pool_take_back(&lanes->readers, reader);
}

bool request_db(Request *req)
{
    Exchange *x = (Exchange *)req;
    Error error = { .code = ERROR_NONE };

    if (req->db != NULL || borrow_reader(x, &error))
        return true;
    log_write(LOG_ERROR, "cannot open the database", "detail", error.detail, NULL);
    req->error.retry_after_s = 5;
    return error_set(&req->error, ERROR_UNAVAILABLE,
                     "The database cannot be reached at the moment.");
}

/* SQLite locks the file and looks for news once for each transaction: one around all statements of
 * a step costs less than one for each, and they all see the same state. The steps of other requests
 * go on in it until something is committed or the thread has nothing to do. On PostgreSQL it would
 * be two round trips more. */
static bool begin_snapshot(Db *db)
{
    Error error = { .code = ERROR_NONE };

    return db_kind(db) == DB_SQLITE && db_begin(db, &error);
}

/* On a read connection, or on none where the route asks for none. */
static void run_without_transaction(Exchange *x, Reader *reader, bool takes_db)
{
    Error error = { .code = ERROR_NONE };

    x->reader = reader;
    if (takes_db && !borrow_reader(x, &error)) {
        refuse_without_db(x, &error);
        return;
    }
    bool is_snapshot = takes_db && step_lane(x) == LANE_READ && begin_snapshot(x->request.db);
    if (step_run(x))
        x->has_reply = true;
    else
        step_advance(x);
    x->request.db = NULL;
    if (is_snapshot)
        db_pause(reader->db);
    else
        lanes_rest(x->lanes, reader);
}

static bool enqueue(Lanes *lanes, Exchange *x)
{
    switch (step_lane(x)) {
    case LANE_READ:
        return queue_put(&lanes->reads, x);
    case LANE_WRITE:
        return queue_put(&lanes->writes, x);
    case LANE_SLOW:
        return queue_put(&lanes->slow, x);
    }
    return false;
}

/* From a lane's thread to the next lane or back to the network. */
static void pass_on(Lanes *lanes, Exchange *x)
{
    if (!x->has_reply && (step_lane(x) != LANE_READ || lanes->reader_count > 0)) {
        if (enqueue(lanes, x))
            return;
        refuse(x, "The server has more to do than it can take: try again.", 1);
    }
    exchange_resume(x);
}

static void run_reads(Exchange *x, Reader *reader)
{
    while (!x->has_reply && step_lane(x) == LANE_READ)
        run_without_transaction(x, reader, !x->request.route->works_without_db);
}

static void *run_read_lane(void *context)
{
    LaneThread *self = context;
    Exchange *x;

    while ((x = queue_take(&self->lanes->reads, 1)) != NULL) {
        run_reads(x, &self->reader);
        pass_on(self->lanes, x);
    }
    return NULL;
}

static void *run_slow_lane(void *context)
{
    LaneThread *self = context;
    Exchange *x;

    /* On Linux the niceness is the thread's own. */
    (void)setpriority(PRIO_PROCESS, 0, SLOW_NICENESS);
    while ((x = queue_take(&self->lanes->slow, 1)) != NULL) {
        run_without_transaction(x, &self->reader, x->request.route->needs != NEEDS_NOBODY);
        pass_on(self->lanes, x);
    }
    return NULL;
}

static void write_list(LaneThread *self, Exchange *first)
{
    Error error = { .code = ERROR_NONE };

    if (self->db == NULL &&
        !db_open(self->lanes->app->config->database_url, DB_WRITE, &self->db, &error)) {
        for (Exchange *x = first; x != NULL; x = x->next)
            refuse_without_db(x, &error);
        return;
    }
    write_group(self->db, first);
    for (Exchange *x = first; x != NULL; x = x->next) {
        x->request.db = NULL;
        if (x->reply.status != 0)
            x->has_reply = true;
        else
            step_advance(x);
    }
}

static void *run_write_lane(void *context)
{
    LaneThread *self = context;
    Exchange *first;

    while ((first = queue_take(&self->lanes->writes, self->lanes->group_limit)) != NULL) {
        write_list(self, first);
        for (Exchange *x = first, *next; x != NULL; x = next) {
            next = x->next;
            pass_on(self->lanes, x);
        }
        if (self->db != NULL)
            db_tidy(self->db);
    }
    return NULL;
}

static bool start_threads(Lanes *lanes, Error *err)
{
    pthread_attr_t attributes;
    int failed = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    size_t wanted = lanes->thread_count;
    lanes->thread_count = 0;
    while (lanes->thread_count < wanted && failed == 0) {
        LaneThread *one = &lanes->threads[lanes->thread_count];
        failed = pthread_create(&one->thread, &attributes, one->run, one);
        lanes->thread_count += failed == 0;
    }
    pthread_attr_destroy(&attributes);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    return true;
}

static size_t count_writers(DbKind kind, size_t cores)
{
    size_t wanted = cores * WRITERS_A_CORE;

    if (kind == DB_SQLITE)
        return 1;
    if (wanted < FEWEST_WRITERS)
        return FEWEST_WRITERS;
    return wanted < MOST_WRITERS ? wanted : (size_t)MOST_WRITERS;
}

static void assign_threads(Lanes *lanes)
{
    for (size_t i = 0; i < lanes->thread_count; i++) {
        bool reads = i < lanes->writer_count + lanes->reader_count;
        lanes->threads[i].lanes = lanes;
        lanes->threads[i].run = i < lanes->writer_count ? run_write_lane
                                : reads                 ? run_read_lane
                                                        : run_slow_lane;
    }
}

bool lanes_start(Lanes *lanes, const App *app, DbKind kind, size_t network_threads, Arena *arena,
                 Error *err)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t cores = online > 0 ? (size_t)online : 1;

    *lanes = (Lanes){
        .app = app,
        .writer_count = count_writers(kind, cores),
        .reader_count = kind == DB_SQLITE ? 0 : cores * READERS_A_CORE,
        .group_limit = kind == DB_SQLITE ? LIMIT_GROUP_COMMIT : 1,
    };
    lanes->thread_count = lanes->writer_count + lanes->reader_count + cores;
    lanes->threads = ARENA_ARRAY(arena, LaneThread, lanes->thread_count);
    assign_threads(lanes);
    /* The first writer opens now: what is wrong with the database shows at start. */
    if (!db_open(app->config->database_url, DB_WRITE, &lanes->threads[0].db, err))
        return false;
    queue_init(&lanes->reads, LIMIT_READ_QUEUE);
    queue_init(&lanes->writes, LIMIT_WRITE_QUEUE);
    queue_init(&lanes->slow, LIMIT_SLOW_QUEUE);
    db_pool_init(&lanes->readers, app->config->database_url,
                 network_threads + lanes->reader_count + cores, arena);
    if (start_threads(lanes, err))
        return true;
    lanes_stop(lanes);
    lanes_finish(lanes);
    return false;
}

static void end_lane(Lanes *lanes, Queue *queue, size_t first, size_t count)
{
    queue_close(queue);
    for (size_t i = first; i < first + count && i < lanes->thread_count; i++)
        pthread_join(lanes->threads[i].thread, NULL);
}

void lanes_stop(Lanes *lanes)
{
    size_t first_slow = lanes->writer_count + lanes->reader_count;

    /* Writers last: the steps of the others may still have something to write. */
    end_lane(lanes, &lanes->reads, lanes->writer_count, lanes->reader_count);
    end_lane(lanes, &lanes->slow, first_slow, lanes->thread_count);
    end_lane(lanes, &lanes->writes, 0, lanes->writer_count);
}

void lanes_finish(Lanes *lanes)
{
    db_pool_finish(&lanes->readers);
    for (size_t i = 0; i < lanes->writer_count; i++) {
        if (lanes->threads[i].db != NULL) {
            db_checkpoint(lanes->threads[i].db);
            db_close(&lanes->threads[i].db);
        }
    }
    queue_finish(&lanes->reads);
    queue_finish(&lanes->slow);
    queue_finish(&lanes->writes);
}

/* What needs no database to be refused: nobody is asking, or anybody may and asks nonsense. */
static bool refuse_early(Exchange *x)
{
    Request *req = &x->request;
    bool is_open = req->route->needs == NEEDS_NOBODY;

    if (x->step != 0 || (is_open ? x->fault.code == ERROR_NONE : req->has_token))
        return false;
    if (is_open)
        req->error = x->fault;
    else
        permit_request(req);
    exchange_reply(x, reply_error(req));
    return true;
}

/* Known to be quick, and to ask before it takes. */
static bool may_be_grouped(const Lanes *lanes, Exchange *x)
{
    const Route *route = x->request.route;

    return lanes->reader_count > 0 && route->lane == LANE_READ && route->ask != NULL &&
           step_is_only(x) && x->request.has_token && x->fault.code == ERROR_NONE &&
           step_pace(x) == PACE_QUICK;
}

/* The network thread waits for no database that it need not wait for. */
static bool runs_here(const Lanes *lanes, const Exchange *x)
{
    const Route *route = x->request.route;

    return lanes->reader_count == 0 || (route->works_without_db && !route->asks_db_itself);
}

LaneVerdict lanes_run(Lanes *lanes, Reader *reader, Exchange *x)
{
    if (x->has_reply || refuse_early(x))
        return LANES_ANSWERED;
    if (may_be_grouped(lanes, x))
        return LANES_GROUP;
    if (runs_here(lanes, x))
        run_reads(x, reader);
    if (x->has_reply)
        return LANES_ANSWERED;
    /* Before it is queued: a lane may resume it at once. */
    exchange_suspend(x);
    if (!enqueue(lanes, x)) {
        refuse(x, "The server has more to do than it can take: try again.", 1);
        exchange_resume(x);
    }
    return LANES_TAKEN;
}

bool lanes_answer(Lanes *lanes, Reader *reader, Exchange *first)
{
    Error error = { .code = ERROR_NONE };
    bool is_answered =
        db_pool_lend(&lanes->readers, reader, &error) && read_group(reader->db, first);

    lanes_rest(lanes, reader);
    for (Exchange *x = first, *next; !is_answered && x != NULL; x = next) {
        next = x->next;
        pass_on(lanes, x);
    }
    return is_answered;
}
