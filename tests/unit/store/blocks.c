/* Blocks: what is refused does not count and is not read, and counts again afterwards. */
#include "giving.h"

#include "base/limits.h"
#include "store/blocks.h"
#include "store/permissions.h"

static int64_t readable(Bench *bench)
{
    int64_t count = -1;

    bench_must(bench, bench->db,
               db_take_number(permissions_ask_event_count(bench->db, &bench->arena, 2), &count,
                              &bench->err));
    return count;
}

/* How many pieces it took; after the first, what `between` does. */
static int follow_in_pieces(Bench *bench, void (*between)(Bench *bench))
{
    bool is_all = false;
    int pieces = 0;

    while (!is_all) {
        bench_must(bench, bench->db, blocks_follow(bench->db, 2, 1, &is_all, &bench->err));
        if (pieces++ == 0 && between != NULL)
            between(bench);
    }
    return pieces;
}

static void what_is_refused_does_not_count_until_the_block_ends(void **state)
{
    Bench *bench = bench_of(state);
    List list = { 0 };

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    giving_share_event(bench, 1);
    assert_int_equal(readable(bench), 1);
    for (int i = 0; i < 2; i++) {
        bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
        follow_in_pieces(bench, NULL);
        assert_int_equal(readable(bench), 0);
    }
    giving_share_event(bench, 2);
    assert_int_equal(readable(bench), 0);
    bench_must(
        bench, bench->db,
        blocks_take(blocks_ask(bench->db, &bench->arena, 2), &bench->arena, &list, &bench->err));
    assert_int_equal(list.count, 1);
    for (int i = 0; i < 2; i++) {
        bool is_found = false;
        bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
        assert_int_equal(is_found, i == 0);
        follow_in_pieces(bench, NULL);
        assert_int_equal(readable(bench), 2);
    }
}

static void end_block(Bench *bench)
{
    bool is_found = false;

    bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
    assert_true(is_found);
    follow_in_pieces(bench, NULL);
}

enum { MANY = 2 * LIMIT_GRANTS_PIECE + 10 };

static void share_many(Bench *bench)
{
    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    for (int id = 1; id <= MANY; id++)
        giving_share_event(bench, id);
}

static void many_go_in_pieces_and_the_last_word_counts(void **state)
{
    Bench *bench = bench_of(state);
    int pieces = db_kind(bench->db) == DB_SQLITE ? 3 : 1;

    share_many(bench);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    assert_int_equal(follow_in_pieces(bench, NULL), pieces);
    assert_int_equal(readable(bench), 0);
    end_block(bench);
    assert_int_equal(readable(bench), MANY);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    follow_in_pieces(bench, end_block);
    assert_int_equal(readable(bench), MANY);
}

/* Its first piece, and nothing more of it; then whatever was cut off. */
static void follow_once_and_go_on(Bench *bench, int expected)
{
    bool is_more = true;
    bool is_all;

    bench_must(bench, bench->db, blocks_follow(bench->db, 2, 1, &is_all, &bench->err));
    assert_int_equal(is_all, db_kind(bench->db) == DB_POSTGRES);
    while (is_more)
        bench_must(bench, bench->db, blocks_go_on(bench->db, &is_more, &bench->err));
    assert_int_equal(readable(bench), expected);
}

static void what_was_cut_off_goes_on(void **state)
{
    Bench *bench = bench_of(state);
    bool is_found = false;

    share_many(bench);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    follow_once_and_go_on(bench, 0);
    bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
    follow_once_and_go_on(bench, MANY);
    bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
    assert_false(is_found);
}

static void a_block_in_the_place_of_one_that_is_ending_is_one(void **state)
{
    Bench *bench = bench_of(state);
    bool is_found = false;

    share_many(bench);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    follow_in_pieces(bench, NULL);
    bench_must(bench, bench->db, blocks_remove(bench->db, 2, 1, &is_found, &bench->err));
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    follow_once_and_go_on(bench, 0);
}

/* An event of person 1 that person 3 gave person 2. */
static void what_two_who_are_blocked_gave_stays_refused_without_one(void **state)
{
    Bench *bench = bench_of(state);

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    giving_add_person(bench, "helper");
    giving_share_event(bench, 1);
    bench_run(bench->db, "UPDATE event_permissions SET granted_by = 3 WHERE user_id = 2");
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 3, 0, &bench->err));
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    follow_in_pieces(bench, NULL);
    end_block(bench);
    assert_int_equal(readable(bench), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_refused_does_not_count_until_the_block_ends),
        ON_BOTH(many_go_in_pieces_and_the_last_word_counts),
        ON_BOTH(what_was_cut_off_goes_on),
        ON_BOTH(a_block_in_the_place_of_one_that_is_ending_is_one),
        ON_BOTH(what_two_who_are_blocked_gave_stays_refused_without_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
