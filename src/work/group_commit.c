#include "work/group_commit.h"

#include <stdint.h>
#include <time.h>

#include "base/random.h"
#include "work/lanes.h"

/* How it works: a group runs as one transaction. A task that is refused, nearly always before it
 * has changed anything, leaves nothing to undo. If one has, the group is rolled back and runs again
 * with a savepoint for each task, of which the refused one loses its own; not at once, for SQLite
 * copies every page that is changed inside a savepoint. When something breaks that may have taken
 * the whole transaction with it (a broken task, a begin or savepoint that fails), the group is
 * rolled back and each of its tasks runs once more, alone: so a broken one harms nobody but itself,
 * and no neighbour is acknowledged for what was rolled back. A commit that fails is never repeated,
 * because nobody knows what became of it: all of the group are told so. */

enum { TRIES = 4 };
#define FIRST_PAUSE_MS 5u

typedef enum Outcome { GROUP_DONE, GROUP_SPOILED, GROUP_BROKEN } Outcome;

/* The pause doubles, and no two wait alike. */
static void pause_before(unsigned attempt)
{
    uint32_t random = 0;

    random_bytes(&random, sizeof(random));
    long ms = (long)((FIRST_PAUSE_MS << attempt) * (random % 1000) / 1000) + 1;
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* ERROR_REFERENCED: another transaction has deleted what this one saw and refers to, or refers to
 * what this one saw alone and deletes. Who runs again looks again, and sees it too. */
static bool is_clash(ErrorCode code)
{
    return code == ERROR_RETRY || code == ERROR_REFERENCED;
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
    return !is_clash(error.code);
}

static bool commit_alone(Worker *worker, Task *task)
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
        if (end_alone(worker, task, task->kind->run(task, worker), &is_committed))
            break;
    }
    return is_committed;
}

/* What it did may have taken the whole transaction with it. */
static bool has_broken(const Db *db, Verdict verdict)
{
    return verdict == TASK_BROKEN || verdict == TASK_CLASHED || !db_has_transaction(db);
}

static Outcome run_plainly(Worker *worker, Task *task)
{
    Error error = { .code = ERROR_NONE };
    Db *db = worker->db;
    int64_t before = db_changes(db);
    Verdict verdict = task->kind->run(task, worker);

    if (has_broken(db, verdict))
        return GROUP_BROKEN;
    if (verdict == TASK_GOOD) /* unless a statement failed and the task passed over it */
        return db_flush(db, &error) ? GROUP_DONE : GROUP_BROKEN;
    bool changed_nothing = before >= 0 && db_changes(db) == before;
    return changed_nothing && db_clear_failure(db) ? GROUP_DONE : GROUP_SPOILED;
}

static Outcome run_in_savepoint(Worker *worker, Task *task)
{
    Error error = { .code = ERROR_NONE };
    Db *db = worker->db;

    if (!db_savepoint(db, &error))
        return GROUP_BROKEN;
    Verdict verdict = task->kind->run(task, worker);
    if (has_broken(db, verdict))
        return GROUP_BROKEN;
    if (verdict != TASK_GOOD)
        return db_rollback_savepoint(db) ? GROUP_DONE : GROUP_BROKEN;
    return db_release_savepoint(db, &error) ? GROUP_DONE : GROUP_BROKEN;
}

static Outcome run_group(Worker *worker, Task *first, Outcome (*run)(Worker *, Task *),
                         bool *ret_committed)
{
    Error error = { .code = ERROR_NONE };

    if (!db_begin(worker->db, &error))
        return GROUP_BROKEN;
    for (Task *task = first; task != NULL; task = task->next) {
        Outcome outcome = run(worker, task);
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
    for (Task *task = first; task != NULL; task = task->next)
        task->kind->undo(task);
}

bool group_commit(Worker *worker, Task *first)
{
    bool is_committed = false;

    if (first->next != NULL) {
        Outcome outcome = run_group(worker, first, run_plainly, &is_committed);
        if (outcome == GROUP_SPOILED) {
            undo_all(first);
            outcome = run_group(worker, first, run_in_savepoint, &is_committed);
        }
        if (outcome == GROUP_DONE)
            return is_committed;
        undo_all(first);
    }
    for (Task *task = first; task != NULL; task = task->next)
        is_committed |= commit_alone(worker, task);
    return is_committed;
}
