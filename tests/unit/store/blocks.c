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
    int64_t place = 0;
    int pieces = 0;

    while (place < INT64_MAX) {
        bench_must(bench, bench->db, blocks_follow(bench->db, 2, 1, &place, &bench->err));
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

static void many_go_in_pieces_and_the_last_word_counts(void **state)
{
    enum { MANY = 2 * LIMIT_GRANTS_PIECE + 10 };
    Bench *bench = bench_of(state);
    int pieces = db_kind(bench->db) == DB_SQLITE ? 3 : 1;

    giving_start(bench);
    giving_add_person(bench, "giver");
    giving_add_person(bench, "taker");
    for (int id = 1; id <= MANY; id++)
        giving_share_event(bench, id);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    assert_int_equal(follow_in_pieces(bench, NULL), pieces);
    assert_int_equal(readable(bench), 0);
    end_block(bench);
    assert_int_equal(readable(bench), MANY);
    bench_must(bench, bench->db, blocks_add(bench->db, 2, 1, 0, &bench->err));
    assert_int_equal(follow_in_pieces(bench, end_block), pieces);
    assert_int_equal(readable(bench), MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_refused_does_not_count_until_the_block_ends),
        ON_BOTH(many_go_in_pieces_and_the_last_word_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
