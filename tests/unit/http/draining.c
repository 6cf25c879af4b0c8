#include "http/draining.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_server_drains_once_it_is_told(void **state)
{
    (void)state;
    assert_false(is_draining());
    draining_set(true);
    assert_true(is_draining());
    draining_set(false);
    assert_false(is_draining());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_drains_once_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
