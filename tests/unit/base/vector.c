/* An array that grows while it is filled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "base/vector.h"

static void what_was_added_stays_as_it_grows(void **state)
{
    enum { ITEMS = 1000 };
    Arena AUTO(arena_finish) arena = { 0 };
    int64_t *items = NULL;
    size_t capacity = 0;

    (void)state;
    for (size_t count = 0; count < ITEMS;) {
        items = vector_room(&arena, items, count, &capacity, sizeof(*items));
        assert_true(capacity > count);
        items[count] = (int64_t)count + 1;
        count++;
        arena_strdup(&arena, "something that lies behind it");
    }
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(items[i], (int64_t)i + 1);
    assert_true(capacity < 2 * ITEMS + 8);
}

static void nothing_moves_while_there_is_room(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    size_t capacity = 0;
    int *items = vector_room(&arena, NULL, 0, &capacity, sizeof(int));
    size_t first_capacity = capacity;

    (void)state;
    assert_non_null(items);
    assert_ptr_equal(vector_room(&arena, items, capacity - 1, &capacity, sizeof(int)), items);
    assert_int_equal(capacity, first_capacity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_stays_as_it_grows),
        cmocka_unit_test(nothing_moves_while_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
