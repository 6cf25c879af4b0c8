#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Three of the vectors in the authors' draft-eastlake-fnv, for 64 bits. */
static void a_text_has_the_hash_that_its_authors_publish(void **state)
{
    (void)state;
    assert_true(hash_text(HASH_START, "") == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_text(HASH_START, "a") == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_text(HASH_START, "foobar") == UINT64_C(0x85944171f73967e8));
    assert_true(hash_text(HASH_START, "\xff") != hash_text(HASH_START, "\x7f"));
}

static void texts_one_after_another_are_as_one_and_a_number_is_one_step(void **state)
{
    (void)state;
    assert_true(hash_text(hash_text(HASH_START, "foo"), "bar") == hash_text(HASH_START, "foobar"));
    assert_true(hash_number(HASH_START, 'a') == hash_text(HASH_START, "a"));
    assert_true(hash_number(HASH_START, 'a' + 256) != hash_text(HASH_START, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_has_the_hash_that_its_authors_publish),
        cmocka_unit_test(texts_one_after_another_are_as_one_and_a_number_is_one_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
