/* Whatever fails on the way of a write, at whichever of its operations: it is done whole, or not at
 * all, and who is told that it was done was told the truth.
 *
 * With FASTI_TEST_LONG every operation fails once; else every seventh, each time the same ones. A
 * sanitizer takes five times as long, and looks for other things: how memory is given back on the
 * ways out of a failure. There it is every eleventh. */
#include "../sanitized.h"
#include "../store/faults.h"
#include "writes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/router.h"

enum { SHORT_STRIDE = 7, SANITIZED_STRIDE = 11 };

static int64_t stride(void)
{
    if (getenv("FASTI_TEST_LONG") != NULL)
        return 1;
    return IS_SANITIZED ? SANITIZED_STRIDE : SHORT_STRIDE;
}

/* A write and what it does when nothing fails. */
typedef struct Trial {
    WriteScene *scene;
    const Write *write;
    FaultKind kind;
    int64_t nth;
    const char *before;
    const char *whole;
    Arena arena; /* of one kind */
} Trial;

static void rewind_ids(void *trial)
{
    writes_rewind(((Trial *)trial)->scene);
}

#define fail_trial(trial, what, met)                                                               \
    fail_msg("%s %s, operation %lld (%s) %s: %s; %s", (trial)->write->method,                      \
             (trial)->write->target, (long long)(trial)->nth, (met) != NULL ? (met) : "none",      \
             fault_names[(trial)->kind], what, db_last_message((trial)->scene->stage->bench->db))

/* What is there after a request that met a fault, or none. */
static void judge(Trial *trial, int status, const char *met, const char *now)
{
    bool is_before = text_equal(now, trial->before);
    bool is_whole = text_equal(now, trial->whole);
    bool is_unknown = trial->kind == FAULT_UNHEARD && text_equal(met, "commit");

    if (!is_before && !is_whole)
        fail_trial(trial,
                   arena_printf(&trial->arena, "%d, and half of it is there:%s", status,
                                writes_difference(now, trial->whole, &trial->arena)),
                   met);
    if (status < 300 ? !is_whole : status < 500)
        fail_trial(trial, arena_printf(&trial->arena, "%d was told", status), met);
    if (status >= 300 && is_whole && !is_unknown)
        fail_trial(trial, arena_printf(&trial->arena, "%d, and it was done", status), met);
    if (met == NULL && status >= 300)
        fail_trial(trial, arena_printf(&trial->arena, "%d without a fault", status), met);
}

/* A connection that was lost has the request's key until PostgreSQL has noticed: a 409 says to ask
 * again. */
static int ask_until_the_key_is_free(Trial *trial)
{
    int status = writes_ask(trial->scene, trial->write);
    bool may_be_taken = trial->kind == FAULT_LOST && trial->write->asker == AMIRA_ONCE;

    for (int i = 0; i < 300 && may_be_taken && status == 409; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        writes_rewind(trial->scene);
        status = writes_ask(trial->scene, trial->write);
    }
    return status;
}

/* The connections that met it serve the next one. */
static void must_succeed_now(Trial *trial, const char *met)
{
    writes_rewind(trial->scene);
    int status = ask_until_the_key_is_free(trial);
    const char *now = writes_text(trial->scene, trial->write, &trial->arena);

    if (status >= 300 || !text_equal(now, trial->whole))
        fail_trial(trial,
                   arena_printf(&trial->arena, "then %d without a fault:%s", status,
                                writes_difference(now, trial->whole, &trial->arena)),
                   met);
}

/* True: there was an nth operation. */
static bool try_nth(Trial *trial)
{
    faults_expect(trial->kind, trial->nth, rewind_ids, trial);
    int status = ask_until_the_key_is_free(trial);
    const char *met = faults_end();
    const char *now = writes_text(trial->scene, trial->write, &trial->arena);

    judge(trial, status, met, now);
    if (text_equal(now, trial->before))
        must_succeed_now(trial, met);
    writes_restore(trial->scene, trial->write);
    return met != NULL;
}

static void try_write(WriteScene *scene, const Write *write, FaultKind kind)
{
    Trial trial = { .scene = scene, .write = write, .kind = kind };

    writes_restore(scene, write);
    trial.before = writes_text(scene, write, &trial.arena);
    int status = writes_ask(scene, write);
    trial.whole = writes_text(scene, write, &trial.arena);
    if (status >= 300 || text_equal(trial.whole, trial.before))
        fail_trial(&trial, arena_printf(&trial.arena, "%d, which changes nothing", status), NULL);
    writes_restore(scene, write);
    if (!text_equal(writes_text(scene, write, &trial.arena), trial.before))
        fail_trial(&trial, "the test does not bring back what there was", NULL);
    /* Another first one for each write and kind, so that each place in a write is met. */
    trial.nth = 1 + (write - writes + kind) % stride();
    while (try_nth(&trial))
        trial.nth += stride();
    assert_true(trial.nth > 3); /* begin, at least one more, commit */
    arena_finish(&trial.arena);
}

static void each_write_is_whole_or_not_there(void **state)
{
    WriteScene *scene = writes_set(state);

    faults_install(scene->stage->bench->db);
    faults_install(scene->stage->bench->reader);
    for (size_t i = 0; i < write_count; i++) {
        for (FaultKind kind = 0; kind < FAULT_KINDS; kind++)
            try_write(scene, &writes[i], kind);
    }
    writes_finish(scene);
}

static bool route_writes(const Route *route)
{
    bool writes_somewhere = route->lane == LANE_WRITE;

    for (size_t i = 0; i < sizeof(route->before) / sizeof(route->before[0]); i++)
        writes_somewhere |= route->before[i].run != NULL && route->before[i].lane == LANE_WRITE;
    return writes_somewhere;
}

/* A new one is found by this test's failing. */
static void each_route_that_writes_is_in_the_table(void **state)
{
    Bench bench = { .arena = { 0 } };
    Stage *stage = stage_without_db(&bench);

    (void)state;
    for (size_t i = 0; i < router_count(all_routes); i++) {
        const Route *route = router_route(all_routes, i);
        bool is_there = !route_writes(route);
        for (size_t j = 0; j < write_count && !is_there; j++)
            is_there = stage_route(stage, writes[j].method, writes[j].target) == route;
        if (!is_there)
            fail_msg("%s %s is not in the table", method_name(route->method), route->path);
    }
    arena_finish(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_that_writes_is_in_the_table),
        ON_BOTH(each_write_is_whole_or_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
