/* What belongs to constants, by their addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "store/driver/address_map.h"

enum { KEYS = 3000 };

static void nothing_is_found_where_nothing_is(void **state)
{
    AddressMap map = { 0 };

    (void)state;
    assert_null(address_map_find(&map, &map));
}

/* Neighbours, which a plain hash would put beside each other; it grows eight times. */
static void each_of_thousands_is_found_again(void **state)
{
    static const char keys[KEYS];
    static int values[KEYS];
    Arena AUTO(arena_finish) arena = { 0 };
    AddressMap map = { 0 };

    (void)state;
    for (size_t i = 0; i < KEYS; i += 2) {
        assert_null(address_map_find(&map, &keys[i]));
        address_map_add(&map, &arena, &keys[i], &values[i]);
    }
    for (size_t i = 0; i < KEYS; i++)
        assert_ptr_equal(address_map_find(&map, &keys[i]), i % 2 == 0 ? &values[i] : NULL);
    assert_int_equal(map.count, KEYS / 2);
    assert_true(map.capacity >= 2 * map.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(each_of_thousands_is_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
