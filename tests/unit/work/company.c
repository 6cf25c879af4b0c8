/* Who asks beside others is not alone until they have been quiet for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "base/limits.h"
#include "work/company.h"

enum { AMIRA = 1, BELA = 2 };

static void who_asks_again_and_again_is_alone(void **state)
{
    Company company = { .who = AMIRA };

    (void)state;
    for (int64_t now = 0; now < 100; now++)
        company_note(&company, AMIRA, now);
    assert_false(company_is_there(&company, 100));
}

static void two_are_company_until_one_has_been_quiet_for_a_while(void **state)
{
    Company company = { .who = AMIRA };

    (void)state;
    company_note(&company, BELA, 1000);
    company_note(&company, AMIRA, 1001);
    company_note(&company, AMIRA, 1002);
    assert_true(company_is_there(&company, 1000 + LIMIT_COMPANY_US));
    assert_false(company_is_there(&company, 1001 + LIMIT_COMPANY_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_again_and_again_is_alone),
        cmocka_unit_test(two_are_company_until_one_has_been_quiet_for_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
