#include "work/group_commit.h"

#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"

/* How it works: a group runs as one transaction. A task that is refused, nearly always before it
 * has changed anything, leaves nothing to undo; one that breaks likewise is only run once more,
 * alone, when the others are done. If one has changed something, it has spoiled the group, which is
 * rolled back and runs again with a savepoint for each task, of which that one loses its own; not
 * at once, for SQLite copies every page that is changed inside a savepoint. Who has spoiled two
 * groups within a minute has a savepoint from the start, so that others need not run again for him.
 * Only where the transaction itself is lost (the disk is full, a statement took too long, a begin
 * fails) each of the group runs once more, alone; and who has done that twice runs alone from the
 * start. So a broken one harms nobody but itself, and no neighbour is acknowledged for what was
 * rolled back. A commit that fails is never repeated, because nobody knows what became of it: all
 * of the group are told so. */

enum { TRIES = 4, FORGIVEN = 1 /* spoiled groups */ };
#define FIRST_PAUSE_MS 5u
#define MEMORY_US      INT64_C(60000000)

typedef enum Outcome { GROUP_DONE, GROUP_SPOILED, GROUP_LOST } Outcome;

/* -- Who spoils groups ------------------------------------------------------------------------ */

/* His place, or the one that is longest out of use. */
static Suspect *place_of(Writers *writers, int64_t id, int64_t now)
{
    Suspect *suspects = writers->suspects;
    Suspect *oldest = &suspects[0];

    for (size_t i = 0; i < LIMIT_SUSPECTS; i++) {
        bool is_his = suspects[i].who == id && suspects[i].times > 0;
        if (is_his && now - suspects[i].last_us <= MEMORY_US)
            return &suspects[i];
        if (is_his || suspects[i].last_us < oldest->last_us)
            oldest = &suspects[i];
        if (is_his)
            break;
    }
    *oldest = (Suspect){ .who = id };
    return oldest;
}

static Outcome note_spoiler(Writers *writers, const Task *task, Outcome outcome)
{
    int64_t now = clock_monotonic_us();
    Suspect *place = place_of(writers, task_who(task), now);

    place->last_us = now;
    place->times++;
    place->losses += outcome == GROUP_LOST;
    return outcome;
}

static const Suspect *suspect_of(const Writers *writers, const Task *task)
{
    const Suspect *suspects = writers->suspects;
    int64_t id = task_who(task);

    for (size_t i = 0; i < LIMIT_SUSPECTS; i++) {
        if (suspects[i].times > FORGIVEN && suspects[i].who == id &&
            clock_monotonic_us() - suspects[i].last_us <= MEMORY_US)
            return &suspects[i];
    }
    return NULL;
}

/* -- Running one ------------------------------------------------------------------------------ */

/* On SQLite a write costs what its thread computes; elsewhere, however busy the other machine is,
 * what it is sent. */
static int64_t cost_so_far(const Db *db)
{
    return db_kind(db) == DB_SQLITE ? clock_thread_us() : db_sent_bytes(db);
}

static Verdict run_task(Writers *writers, Worker *worker, Task *task)
{
    bool is_sqlite = db_kind(worker->db) == DB_SQLITE;
    int64_t before = cost_so_far(worker->db);
    Verdict verdict = task->kind->run(task, worker);

    if (cost_so_far(worker->db) - before >
        (is_sqlite ? LIMIT_LONG_WRITE_US : LIMIT_LONG_WRITE_SENT))
        lately_note(&writers->long_lately, task_who(task),
                    clock_monotonic_us() + LIMIT_LONG_WRITER_US);
    return verdict;
}

/* -- Alone ------------------------------------------------------------------------------------ */

/* The pause doubles, and no two wait alike. */
static void pause_before(unsigned attempt)
{
    uint32_t random = 0;

    random_bytes(&random, sizeof(random));
    long ms = (long)((FIRST_PAUSE_MS << attempt) * (random % 1000) / 1000) + 1;
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* Commits what the task did, or rolls it back. False: it must be tried again. */
static bool end_alone(Worker *worker, Task *task, Verdict verdict, bool *ret_committed)
{
    Error error = { .code = ERROR_NONE };

    *ret_committed = false;
    if (verdict != TASK_GOOD) {
        db_rollback(worker->db);
        return verdict != TASK_CLASHED;
    }
    *ret_committed = db_commit(worker->db, &error);
    if (*ret_committed)
        return true;
    db_rollback(worker->db);
    task->kind->fail(task, &error);
    return task_failed(error.code) != TASK_CLASHED;
}

static bool commit_alone(Writers *writers, Worker *worker, Task *task)
{
    bool is_committed = false;

    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        Error error = { .code = ERROR_NONE };
        if (attempt > 0) {
            pause_before(attempt);
            task->kind->undo(task);
        }
        if (!db_begin(worker->db, &error)) {
            task->kind->fail(task, &error);
            if (error.code == ERROR_RETRY)
                continue;
            return false;
        }
        if (end_alone(worker, task, run_task(writers, worker, task), &is_committed))
            break;
    }
    return is_committed;
}

/* -- In a group ------------------------------------------------------------------------------- */

static bool changed_nothing(const Db *db, int64_t changes_before)
{
    return changes_before >= 0 && db_changes(db) == changes_before;
}

static Outcome run_plainly(Writers *writers, Worker *worker, Task *task)
{
    Error error = { .code = ERROR_NONE };
    Db *db = worker->db;
    int64_t before = db_changes(db);
    Verdict verdict = run_task(writers, worker, task);

    if (!db_has_transaction(db))
        return note_spoiler(writers, task, GROUP_LOST);
    /* Unless a statement failed and the task passed over it. */
    if (verdict == TASK_GOOD && db_flush(db, &error))
        return GROUP_DONE;
    task->runs_alone = verdict != TASK_REFUSED;
    if (changed_nothing(db, before) && db_clear_failure(db))
        return GROUP_DONE;
    return note_spoiler(writers, task, GROUP_SPOILED);
}

static Outcome run_in_savepoint(Writers *writers, Worker *worker, Task *task)
{
    Error error = { .code = ERROR_NONE };
    Db *db = worker->db;
    int64_t before = db_changes(db);

    if (!db_savepoint(db, &error))
        return GROUP_LOST;
    Verdict verdict = run_task(writers, worker, task);
    if (!db_has_transaction(db))
        return note_spoiler(writers, task, GROUP_LOST);
    if (verdict == TASK_GOOD && db_release_savepoint(db, &error))
        return GROUP_DONE;
    task->runs_alone = verdict != TASK_REFUSED;
    if (suspect_of(writers, task) != NULL && !changed_nothing(db, before))
        note_spoiler(writers, task, GROUP_SPOILED); /* otherwise it was noted in the first run */
    return db_rollback_savepoint(db) ? GROUP_DONE : GROUP_LOST;
}

static Outcome run_one(Writers *writers, Worker *worker, Task *task, bool in_savepoint)
{
    const Suspect *suspect = suspect_of(writers, task);

    task->runs_alone = suspect != NULL && suspect->losses > FORGIVEN;
    if (task->runs_alone)
        return GROUP_DONE;
    return in_savepoint || suspect != NULL ? run_in_savepoint(writers, worker, task)
                                           : run_plainly(writers, worker, task);
}

static Outcome run_group(Writers *writers, Worker *worker, Task *first, bool in_savepoints,
                         bool *ret_committed)
{
    Error error = { .code = ERROR_NONE };

    if (!db_begin(worker->db, &error))
        return GROUP_LOST;
    for (Task *task = first; task != NULL; task = task->next) {
        Outcome outcome = run_one(writers, worker, task, in_savepoints);
        if (outcome != GROUP_DONE) {
            db_rollback(worker->db);
            return outcome;
        }
    }
    *ret_committed = db_commit(worker->db, &error);
    if (!*ret_committed) {
        db_rollback(worker->db);
        for (Task *task = first; task != NULL; task = task->next)
            task->kind->fail(task, &error);
    }
    return GROUP_DONE;
}

static void undo_all(Task *first)
{
    for (Task *task = first; task != NULL; task = task->next) {
        task->kind->undo(task);
        task->runs_alone = true; /* unless the group runs again */
    }
}

/* A group in which nobody is suspected nearly always runs once. */
static void run_together(Writers *writers, Worker *worker, Task *first, bool *ret_committed)
{
    Outcome outcome = run_group(writers, worker, first, false, ret_committed);

    if (outcome == GROUP_SPOILED) {
        undo_all(first);
        outcome = run_group(writers, worker, first, true, ret_committed);
    }
    if (outcome != GROUP_DONE)
        undo_all(first);
}

bool group_commit(Writers *writers, Worker *worker, Task *first)
{
    bool is_committed = false;
    bool is_group = first->next != NULL;

    if (is_group)
        run_together(writers, worker, first, &is_committed);
    for (Task *task = first; task != NULL; task = task->next) {
        if (!is_group || task->runs_alone) {
            if (is_group)
                task->kind->undo(task);
            is_committed |= commit_alone(writers, worker, task);
        }
    }
    return is_committed;
}
