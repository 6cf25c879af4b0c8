/* What may have come into somebody's way is told, or that nobody can tell. */
#include "giving.h"

#include "base/limits.h"
#include "store/blocks.h"
#include "store/changed_since.h"

static void start(Bench *bench)
{
    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    giving_share_event(bench, 1);
}

static SinceMark mark_of(Bench *bench)
{
    SinceMark mark;

    bench_must(bench, bench->db, since_mark(bench->db, 2, &mark, &bench->err));
    return mark;
}

static bool changed(Bench *bench, const SinceMark *mark, EventVersion **versions, size_t *count)
{
    bool is_known;

    bench_must(
        bench, bench->db,
        since_changed(bench->db, &bench->arena, 2, mark, versions, count, &is_known, &bench->err));
    return is_known;
}

/* An entry of `user` of the event, of any kind. */
static void add_entry(Bench *bench, int64_t event, int user, const char *type)
{
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO changelog (event_id, version_number, user_id, timestamp,"
                           " changes, change_type) VALUES (%lld, 1, %d, 0, '{}', '%s')",
                           (long long)event, user, type));
}

static void what_has_changed_since_is_told_alone(void **state)
{
    Bench *bench = bench_of(state);
    EventVersion *versions = NULL;
    size_t count = 0;

    if (db_kind(bench->db) != DB_SQLITE)
        skip();
    start(bench);
    giving_share_event(bench, 2);
    const SinceMark mark = mark_of(bench);
    assert_true(changed(bench, &mark, &versions, &count));
    assert_int_equal(count, 0);
    add_entry(bench, 2, 1, "update");
    add_entry(bench, 2, 1, "update");
    assert_true(changed(bench, &mark, &versions, &count));
    assert_int_equal(count, 1);
    assert_int_equal(versions[0].id, 2);
    assert_int_equal(versions[0].owner_id, 1);
    assert_int_equal(versions[0].version_number, 1);
}

static void finish_blocks(Bench *bench)
{
    bool more = true;

    while (more)
        bench_must(bench, bench->db, blocks_go_on(bench->db, &more, &bench->err));
}

static void end_block(Bench *bench, int64_t blocked_id)
{
    bool found = false;

    bench_must(bench, bench->db, blocks_remove(bench->db, 2, blocked_id, &found, &bench->err));
    assert_true(found);
    finish_blocks(bench);
}

static void where_it_cannot_be_told_that_is_said(void **state)
{
    Bench *bench = bench_of(state);
    EventVersion *versions = NULL;
    size_t count = 0;

    start(bench);
    SinceMark mark = mark_of(bench);
    if (db_kind(bench->db) != DB_SQLITE) {
        assert_false(changed(bench, &mark, &versions, &count));
        return;
    }
    add_entry(bench, 1, 2, "share");
    assert_false(changed(bench, &mark, &versions, &count));
    mark = mark_of(bench);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    assert_false(changed(bench, &mark, &versions, &count));
    mark = mark_of(bench);
    assert_false(changed(bench, &mark, &versions, &count)); /* it has not come through yet */
    finish_blocks(bench);
    mark = mark_of(bench);
    end_block(bench, 1);
    assert_false(changed(bench, &mark, &versions, &count));
    mark = mark_of(bench);
    assert_true(changed(bench, &mark, &versions, &count));
    giving_add_person(bench, "somebody"); /* 3 */
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    finish_blocks(bench);
    mark = mark_of(bench);
    end_block(bench, 1); /* as many as before, but of another */
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 3, 0, &bench->err));
    finish_blocks(bench);
    assert_false(changed(bench, &mark, &versions, &count));
    mark = mark_of(bench);
    for (int64_t id = 3; id < LIMIT_CHANGED_SINCE + 3; id++) {
        giving_share_event(bench, id);
        add_entry(bench, id, 1, "update");
    }
    assert_true(changed(bench, &mark, &versions, &count));
    assert_int_equal(count, LIMIT_CHANGED_SINCE);
    add_entry(bench, 1, 1, "update");
    assert_false(changed(bench, &mark, &versions, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_has_changed_since_is_told_alone),
        ON_BOTH(where_it_cannot_be_told_that_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
