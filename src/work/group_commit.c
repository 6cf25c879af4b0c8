#include "http/write.h"

#include <stdint.h>
#include <time.h>

#include "base/random.h"
#include "http/step.h"

/* How it works: a group runs as one transaction. A request that is refused (4xx), nearly always
 * before it has changed anything, leaves nothing to undo. If one has, the group is rolled back and
 * runs again with a savepoint for each request, of which the refused one loses its own; not at
 * once, for SQLite copies every page that is changed inside a savepoint. When something breaks that
 * may have taken the whole transaction with it (5xx, a begin or savepoint that fails), the group is
 * rolled back and each of its requests runs once more, alone: so a broken one harms nobody but
 * itself, and no neighbour is acknowledged for what was rolled back. A commit that fails is never
 * repeated, because nobody knows what became of it: all of the group are told so. */

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
 * what this one saw alone and deletes. Handlers look first, so the second time they see it too. */
static bool is_to_repeat(ErrorCode code)
{
    return code == ERROR_RETRY || code == ERROR_REFERENCED;
}

/* Commits what the step did, or rolls it back. False: it must be tried again. */
static bool settle(Db *db, Exchange *x)
{
    Error error = { .code = ERROR_NONE };

    if (!step_is_good(x)) {
        db_rollback(db);
        return !is_to_repeat(x->request.error.code);
    }
    if (db_commit(db, &error))
        return true;
    db_rollback(db);
    step_fail(x, &error);
    return !is_to_repeat(error.code);
}

void write_alone(Db *db, Exchange *x)
{
    x->request.db = db;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        Error error = { .code = ERROR_NONE };
        if (attempt > 0) {
            pause_before(attempt);
            step_undo(x);
        }
        if (!db_begin(db, &error)) {
            step_fail(x, &error);
            if (error.code == ERROR_RETRY)
                continue;
            return;
        }
        step_run(x);
        if (settle(db, x))
            return;
    }
}

/* What it did may have taken the whole transaction with it. */
static bool has_broken(const Db *db, const Exchange *x)
{
    return x->reply.status >= 500 || !db_has_transaction(db);
}

static Outcome run_plainly(Db *db, Exchange *x)
{
    Error error = { .code = ERROR_NONE };
    int64_t before = db_changes(db);

    x->request.db = db;
    step_run(x);
    if (has_broken(db, x))
        return GROUP_BROKEN;
    if (step_is_good(x)) /* unless a statement failed and the handler passed over it */
        return db_settle(db, &error) ? GROUP_DONE : GROUP_BROKEN;
    return db_changes(db) == before && db_go_on(db) ? GROUP_DONE : GROUP_SPOILED;
}

static Outcome run_in_savepoint(Db *db, Exchange *x)
{
    Error error = { .code = ERROR_NONE };

    x->request.db = db;
    if (!db_savepoint(db, &error))
        return GROUP_BROKEN;
    step_run(x);
    if (has_broken(db, x))
        return GROUP_BROKEN;
    if (!step_is_good(x)) {
        db_rollback_savepoint(db);
        return GROUP_DONE;
    }
    return db_release_savepoint(db, &error) ? GROUP_DONE : GROUP_BROKEN;
}

static Outcome run_group(Db *db, Exchange *first, Outcome (*run)(Db *db, Exchange *x))
{
    Error error = { .code = ERROR_NONE };

    if (!db_begin(db, &error))
        return GROUP_BROKEN;
    for (Exchange *x = first; x != NULL; x = x->next) {
        Outcome outcome = run(db, x);
        if (outcome != GROUP_DONE) {
            db_rollback(db);
            return outcome;
        }
    }
    if (!db_commit(db, &error)) {
        db_rollback(db);
        for (Exchange *x = first; x != NULL; x = x->next)
            step_fail(x, &error);
    }
    return GROUP_DONE;
}

/* Changes nothing where the step has not run yet. */
static void undo_all(Exchange *first)
{
    for (Exchange *x = first; x != NULL; x = x->next)
        step_undo(x);
}

void write_group(Db *db, Exchange *first)
{
    if (first->next != NULL) {
        Outcome outcome = run_group(db, first, run_plainly);
        if (outcome == GROUP_SPOILED) {
            undo_all(first);
            outcome = run_group(db, first, run_in_savepoint);
        }
        if (outcome == GROUP_DONE)
            return;
        undo_all(first);
    }
    for (Exchange *x = first; x != NULL; x = x->next)
        write_alone(db, x);
}
