/* Blocks: what is refused does not count and is not read, and counts again afterwards. */
#include "giving.h"

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
        assert_int_equal(readable(bench), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_refused_does_not_count_until_the_block_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
