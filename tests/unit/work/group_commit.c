/* A group of tasks in one transaction, of which an operation of the database fails: each of them is
 * told what became of it. */
#include "work/group_commit.h"

#include <string.h>

#include "../store/bench.h"
#include "../store/faults.h"

SQL(add_line, "INSERT INTO line (task) VALUES ($1)");
SQL(add_line_again, "INSERT INTO line (task) VALUES (0 - $1)");
SQL(count_lines_of, "SELECT count(*) AS n FROM line WHERE task = $1 OR task = 0 - $1");

enum { TASKS = 3, REFUSED = 1 /* the one that is refused, where there is one */ };

/* Writes two lines, or is refused after it has. */
typedef struct Lines {
    Task task;
    int64_t number; /* from 1 */
    int64_t person; /* whose it is */
    bool is_to_be_refused;
    bool is_to_break;     /* likewise */
    bool changes_nothing; /* it breaks at once */
    int runs;
    Verdict verdict; /* of the last run */
    Error error;     /* what it was told instead */
} Lines;

static Verdict write_lines(Task *task, Worker *worker)
{
    Lines *lines = (Lines *)task;
    const Params params = PARAMS(INT(lines->number));

    lines->runs++;
    lines->verdict = TASK_BROKEN;
    if (lines->changes_nothing)
        return lines->verdict;
    if (!db_execute(worker->db, &add_line, params, NULL, &lines->error) ||
        !db_execute_later(worker->db, &add_line_again, params, &lines->error))
        lines->verdict = lines->error.code == ERROR_RETRY ? TASK_CLASHED : TASK_BROKEN;
    else if (!lines->is_to_break)
        lines->verdict = lines->is_to_be_refused ? TASK_REFUSED : TASK_GOOD;
    return lines->verdict;
}

static void undo_lines(Task *task)
{
    error_clear(&((Lines *)task)->error);
}

static void fail_lines(Task *task, const Error *error)
{
    ((Lines *)task)->error = *error;
}

static int64_t person_of(const Task *task)
{
    return ((const Lines *)task)->person;
}

static const TaskKind lines_kind = {
    .run = write_lines,
    .undo = undo_lines,
    .fail = fail_lines,
    .who = person_of,
};

static int64_t count_lines(Bench *bench, int64_t number)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->reader,
               db_query(bench->reader, &count_lines_of, PARAMS(INT(number)), &rows, &bench->err));
    assert_true(rows_next(&rows));
    return rows_int(&rows, "n");
}

typedef struct Trial {
    FaultKind kind;
    int64_t nth;
    bool one_is_refused;
    int64_t first_number; /* of its tasks */
} Trial;

static bool was_told_good(const Lines *lines)
{
    return lines->verdict == TASK_GOOD && lines->error.code == ERROR_NONE;
}

static void judge(Bench *bench, const Trial *trial, const Lines *lines, const char *met)
{
    int64_t there = count_lines(bench, lines->number);
    bool is_commit = met != NULL && strcmp(met, "commit") == 0;
    bool is_unknown = is_commit && trial->kind == FAULT_UNHEARD;
    const char *what = NULL;

    if (there != 0 && there != 2)
        what = "half of a task is there";
    else if (was_told_good(lines) && there == 0)
        what = "a task was told that it is done";
    else if (!was_told_good(lines) && there != 0 && !is_unknown)
        what = "a task was told that it is not done";
    else if (!was_told_good(lines) && !lines->is_to_be_refused && !is_commit)
        what = "a task was not tried again by itself";
    if (what != NULL)
        fail_msg("operation %lld (%s) %s: %s", (long long)trial->nth, met != NULL ? met : "none",
                 fault_names[trial->kind], what);
}

/* True: there was an nth operation. */
static bool try_nth(Bench *bench, const Trial *trial)
{
    Lines lines[TASKS];
    Writers writers = { 0 };
    size_t told_good = 0;

    for (size_t i = 0; i < TASKS; i++) {
        lines[i] = (Lines){ .task = { .kind = &lines_kind, .lane = LANE_WRITE },
                            .number = trial->first_number + (int64_t)i,
                            .is_to_be_refused = trial->one_is_refused && i == REFUSED };
        lines[i].task.next = i + 1 < TASKS ? &lines[i + 1].task : NULL;
    }
    faults_expect(trial->kind, trial->nth, NULL, NULL);
    bool is_committed = group_commit(&writers, &(Worker){ .db = bench->db }, &lines[0].task);
    const char *met = faults_end();
    for (size_t i = 0; i < TASKS; i++) {
        judge(bench, trial, &lines[i], met);
        told_good += was_told_good(&lines[i]);
    }
    assert_true(is_committed || told_good == 0);
    return met != NULL;
}

static void each_task_of_a_group_is_told_what_became_of_it(void **state)
{
    Bench *bench = bench_of(state);
    Trial trial = { .first_number = 1 };

    bench_run(bench->db, "CREATE TABLE line (task BIGINT)");
    faults_install(bench->db);
    for (int refused = 0; refused < 2; refused++) {
        for (trial.kind = 0; trial.kind < FAULT_KINDS; trial.kind++) {
            trial.one_is_refused = refused == 1;
            trial.nth = 0;
            do {
                trial.nth++;
                trial.first_number += TASKS;
            } while (try_nth(bench, &trial));
            assert_true(trial.nth > TASKS);
        }
    }
}

/* -- Who makes trouble ------------------------------------------------------------------------ */

enum { FIRST, TROUBLE, LAST };

/* A group of three people, of whom the second makes the trouble; the others are told the truth. */
static void run_with_trouble(Bench *bench, Writers *writers, int turn, Lines lines[TASKS])
{
    const Lines trouble = lines[TROUBLE];

    for (int i = 0; i < TASKS; i++) {
        lines[i] = (Lines){ .task = { .kind = &lines_kind, .lane = LANE_WRITE },
                            .number = 1 + turn * TASKS + i,
                            .person = i + 1 };
        lines[i].task.next = i + 1 < TASKS ? &lines[i + 1].task : NULL;
    }
    lines[TROUBLE].is_to_be_refused = trouble.is_to_be_refused;
    lines[TROUBLE].is_to_break = trouble.is_to_break;
    lines[TROUBLE].changes_nothing = trouble.changes_nothing;
    assert_true(group_commit(writers, &(Worker){ .db = bench->db }, &lines[0].task));
    assert_int_equal(count_lines(bench, lines[FIRST].number), 2);
    assert_int_equal(count_lines(bench, lines[TROUBLE].number), 0);
    assert_int_equal(count_lines(bench, lines[LAST].number), 2);
    assert_true(was_told_good(&lines[FIRST]) && was_told_good(&lines[LAST]));
}

static void try_trouble(void **state, Lines trouble)
{
    Bench *bench = bench_of(state);
    Writers writers = { 0 };
    Lines lines[TASKS];
    int turn = 0;

    bench_run(bench->db, "CREATE TABLE line (task BIGINT)");
    for (; turn < 2; turn++) {
        lines[TROUBLE] = trouble;
        run_with_trouble(bench, &writers, turn, lines);
        assert_int_equal(lines[FIRST].runs, 2); /* without savepoints, then with them */
        assert_int_equal(lines[LAST].runs, 1);
    }
    for (; turn < 5; turn++) {
        lines[TROUBLE] = trouble;
        run_with_trouble(bench, &writers, turn, lines);
        assert_int_equal(lines[FIRST].runs, 1);
        assert_int_equal(lines[LAST].runs, 1);
        assert_true(lines[TROUBLE].runs == 1 + trouble.is_to_break); /* and once more, alone */
    }
}

static void nobody_runs_again_for_who_has_broken_two_groups(void **state)
{
    try_trouble(state, (Lines){ .is_to_break = true });
}

static void nobody_runs_again_for_who_was_refused_late_in_two_groups(void **state)
{
    try_trouble(state, (Lines){ .is_to_be_refused = true });
}

/* On PostgreSQL nobody knows whether something was changed. */
static void who_breaks_before_he_has_changed_anything_costs_nobody_else_a_run(void **state)
{
    Bench *bench = bench_of(state);
    Writers writers = { 0 };
    Lines lines[TASKS];

    bench_run(bench->db, "CREATE TABLE line (task BIGINT)");
    lines[TROUBLE] = (Lines){ .changes_nothing = true };
    run_with_trouble(bench, &writers, 0, lines);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(lines[i].runs, i == TROUBLE ? 2 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_task_of_a_group_is_told_what_became_of_it),
        ON_BOTH(nobody_runs_again_for_who_has_broken_two_groups),
        ON_BOTH(nobody_runs_again_for_who_was_refused_late_in_two_groups),
        ON_SQLITE(who_breaks_before_he_has_changed_anything_costs_nobody_else_a_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
