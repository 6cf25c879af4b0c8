#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "work/lately.h"

enum { AMIRA = 7, BELA = 8 };

static void who_was_noted_is_known_until_then(void **state)
{
    Lately lately = { .count = 0 };

    (void)state;
    lately_note(&lately, AMIRA, 1000);
    assert_int_equal(lately_until(&lately, AMIRA), 1000);
    assert_int_equal(lately_until(&lately, BELA), 0);
    lately_note(&lately, AMIRA, 3000);
    assert_int_equal(lately_until(&lately, AMIRA), 3000);
    assert_int_equal(lately.count, 1);
}

static void nobody_in_particular_is_not_noted(void **state)
{
    Lately lately = { .count = 0 };

    (void)state;
    lately_note(&lately, 0, 1000);
    assert_int_equal(lately_until(&lately, 0), 0);
}

static void of_too_many_the_one_whose_time_is_over_first_is_forgotten(void **state)
{
    Lately lately = { .count = 0 };

    (void)state;
    for (int64_t who = 1; who <= LIMIT_SUSPECTS; who++)
        lately_note(&lately, who, 1000 + who);
    lately_note(&lately, 1, 2000);
    lately_note(&lately, LIMIT_SUSPECTS + 1, 2000);
    assert_int_equal(lately_until(&lately, 1), 2000);
    assert_int_equal(lately_until(&lately, 2), 0);
    assert_int_equal(lately_until(&lately, 3), 1003);
    assert_int_equal(lately_until(&lately, LIMIT_SUSPECTS + 1), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_noted_is_known_until_then),
        cmocka_unit_test(nobody_in_particular_is_not_noted),
        cmocka_unit_test(of_too_many_the_one_whose_time_is_over_first_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
