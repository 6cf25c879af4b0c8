#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/memory.h"

static void memory_comes_zeroed_and_aligned_for_any_type(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t size = 1; size < 200; size++) {
        unsigned char *bytes = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xff, size);
    }
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    memset(arena_alloc(&arena, 1000), 0xff, 1000);
    arena_reset(&arena);
    const unsigned char *bytes = arena_alloc(&arena, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(bytes[i], 0);
}

static void allocations_do_not_overlap_across_chunks(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    unsigned char *blocks[100];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = arena_alloc(&arena, 1000);
        memset(blocks[i], (int)i, 1000);
    }
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(blocks[i][0], i);
        assert_int_equal(blocks[i][999], i);
    }
}

static void the_last_allocation_grows_in_place(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    char *text = arena_alloc(&arena, 16);
    strcpy(text, "kept");
    char *grown = arena_grow(&arena, text, 16, 64);
    assert_ptr_equal(grown, text);
    assert_string_equal(grown, "kept");
    assert_int_equal(grown[63], 0);
}

static void an_older_allocation_moves_when_it_grows(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    char *text = arena_alloc(&arena, 16);
    strcpy(text, "kept");
    char *after = arena_alloc(&arena, 16);
    strcpy(after, "mine");
    char *grown = arena_grow(&arena, text, 16, 64);
    assert_ptr_not_equal(grown, text);
    assert_string_equal(grown, "kept");
    assert_string_equal(after, "mine");
}

static void extending_keeps_the_content_and_gives_room(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    char *text = arena_extend(&arena, NULL, 0, 16);
    strcpy(text, "kept");
    assert_ptr_equal(arena_extend(&arena, text, 16, 64), text);
    char *after = arena_alloc(&arena, 16);
    strcpy(after, "mine");
    char *moved = arena_extend(&arena, text, 64, 60000);
    memset(moved + 5, 'x', 60000 - 5);
    assert_string_equal(text, "kept");
    assert_memory_equal(moved, "kept", 5);
    assert_string_equal(after, "mine");
}

static void growing_beyond_the_chunk_keeps_the_content(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    char *text = arena_alloc(&arena, 6000);
    memset(text, 'x', 6000);
    char *grown = arena_grow(&arena, text, 6000, 60000);
    assert_int_equal(grown[5999], 'x');
    assert_int_equal(grown[6000], 0);
    assert_int_equal(grown[59999], 0);
}

static void a_reset_arena_keeps_one_small_chunk(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    arena_alloc(&arena, 100);
    size_t at_first = arena.total;
    arena_alloc(&arena, 1000000);
    assert_true(arena.total >= 1000000);
    arena_reset(&arena);
    assert_int_equal(arena.total, at_first);
    assert_int_equal(arena.used, 0);
}

static void a_reset_arena_does_not_keep_a_large_first_chunk(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    arena_alloc(&arena, 1000000);
    arena_reset(&arena);
    assert_int_equal(arena.total, 0);
}

static void what_chunks_take_is_on_the_account_until_they_are_given_back(void **state)
{
    Arena arena = { .budget = 1000 };
    size_t before = memory_counted();

    (void)state;
    arena_alloc(&arena, 100);
    arena_alloc(&arena, 3000000);
    assert_int_equal(memory_counted() - before, arena.total);
    arena_reset(&arena);
    assert_int_equal(memory_counted() - before, arena.total);
    arena_finish(&arena);
    assert_int_equal(arena.total, 0);
    assert_int_equal(memory_counted(), before);
    assert_int_equal(arena.budget, 1000);
}

/* However much there is already, little more is taken than was asked for. */
static void chunks_stop_growing_at_a_mebibyte(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (int i = 0; i < 200; i++)
        arena_alloc(&arena, 60000);
    assert_true(arena.total < 200 * 60000 + 2 * 1024 * 1024);
    assert_true(arena_given(&arena) >= 200 * 60000);
    assert_true(arena_given(&arena) <= arena.total);
}

static void copies_are_terminated_and_null_stays_null(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(arena_strdup(&arena, "whole"), "whole");
    assert_string_equal(arena_strndup(&arena, "whole", 2), "wh");
    assert_null(arena_strdup(&arena, NULL));
    assert_null(arena_strndup(&arena, NULL, 0));
    assert_string_equal(arena_printf(&arena, "%d of %s", 3, "many"), "3 of many");
    for (int length = 0; length < 200; length++) {
        const char *text = arena_printf(&arena, "%*s|", length, "");
        assert_int_equal(strcspn(text, "|"), length);
        assert_string_equal(text + length, "|");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_comes_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(allocations_do_not_overlap_across_chunks),
        cmocka_unit_test(the_last_allocation_grows_in_place),
        cmocka_unit_test(an_older_allocation_moves_when_it_grows),
        cmocka_unit_test(extending_keeps_the_content_and_gives_room),
        cmocka_unit_test(growing_beyond_the_chunk_keeps_the_content),
        cmocka_unit_test(a_reset_arena_keeps_one_small_chunk),
        cmocka_unit_test(a_reset_arena_does_not_keep_a_large_first_chunk),
        cmocka_unit_test(what_chunks_take_is_on_the_account_until_they_are_given_back),
        cmocka_unit_test(chunks_stop_growing_at_a_mebibyte),
        cmocka_unit_test(copies_are_terminated_and_null_stays_null),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
