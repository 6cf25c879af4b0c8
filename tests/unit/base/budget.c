#include "base/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "base/limits.h"
#include "base/memory.h"

static void without_a_budget_an_arena_is_never_spent(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };

    (void)state;
    memory_count((ptrdiff_t)(2 * LIMIT_REQUESTS_MEMORY));
    arena_alloc(&arena, 1000000);
    assert_false(budget_is_spent(&arena));
    assert_true(budget_allows(&arena, &err));
    memory_count(-(ptrdiff_t)(2 * LIMIT_REQUESTS_MEMORY));
}

static void past_its_budget_an_arena_says_so_and_goes_on_giving(void **state)
{
    Arena AUTO(arena_finish) arena = { .budget = 100000 };
    Error err = { .code = ERROR_NONE };

    (void)state;
    arena_alloc(&arena, 1000);
    assert_true(budget_allows(&arena, &err));
    char *more = arena_alloc(&arena, 200000);
    more[199999] = 'x';
    assert_true(budget_is_spent(&arena));
    assert_false(budget_allows(&arena, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(error_status(err.code), 422);
    arena_finish(&arena);
    assert_false(budget_is_spent(&arena));
}

/* What is filled may be gone when the fault is told. */
static void a_fault_about_one_arena_is_kept_in_another(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Arena filled = { .budget = 100000 };
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(budget_allows_other(&filled, &arena, &err));
    arena_alloc(&filled, 200000);
    size_t total = filled.total;
    assert_false(budget_allows_other(&filled, &arena, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(filled.total, total);
    assert_true(arena.total > 0);
    arena_finish(&filled);
    assert_string_equal(err.faults->type, "request_too_large");
}

/* Who takes much ends first; when even the reserve is taken, everybody does. */
static void when_all_together_take_too_much_the_large_ones_end_first(void **state)
{
    Arena AUTO(arena_finish) large = { .budget = LIMIT_REQUEST_MEMORY };
    Arena AUTO(arena_finish) small = { .budget = LIMIT_REQUEST_MEMORY };
    Error err = { .code = ERROR_NONE };

    (void)state;
    arena_alloc(&large, LIMIT_SMALL_REQUEST_MEMORY + 1);
    arena_alloc(&small, 1000);
    memory_count((ptrdiff_t)LIMIT_REQUESTS_MEMORY);
    assert_true(budget_allows(&small, &err));
    assert_false(budget_allows(&large, &err));
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_true(err.retry_after_s > 0);
    memory_count((ptrdiff_t)LIMIT_MEMORY_RESERVE);
    assert_true(budget_is_spent(&small));
    memory_count(-(ptrdiff_t)(LIMIT_REQUESTS_MEMORY + LIMIT_MEMORY_RESERVE));
    assert_false(budget_is_spent(&large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_budget_an_arena_is_never_spent),
        cmocka_unit_test(past_its_budget_an_arena_says_so_and_goes_on_giving),
        cmocka_unit_test(a_fault_about_one_arena_is_kept_in_another),
        cmocka_unit_test(when_all_together_take_too_much_the_large_ones_end_first),
    };

    return cmocka_run_group_tests_name("base/budget", tests, NULL, NULL);
}
