/* Bytes that nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>
#include <string.h>

#include "base/random.h"

enum { TIMES = 200 };

static void every_bit_of_a_uuid_but_its_version_is_random(void **state)
{
    char texts[TIMES][37];

    (void)state;
    for (size_t i = 0; i < TIMES; i++) {
        random_uuid(texts[i]);
        assert_int_equal(strlen(texts[i]), 36);
        assert_int_equal(strspn(texts[i], "0123456789abcdef-"), 36);
        assert_int_equal(texts[i][14], '4');
        assert_non_null(strchr("89ab", texts[i][19]));
    }
    for (size_t place = 0; place < 36; place++) {
        size_t others = 0;
        for (size_t i = 1; i < TIMES; i++)
            others += texts[i][place] != texts[0][place];
        bool is_fixed = place == 8 || place == 13 || place == 14 || place == 18 || place == 23;
        assert_int_equal(others == 0, is_fixed);
    }
}

static void hexadecimal_is_twice_as_long_and_ends(void **state)
{
    char text[2 * 16 + 2];

    (void)state;
    memset(text, '!', sizeof(text));
    random_hex(text, 16);
    assert_int_equal(strlen(text), 32);
    assert_int_equal(strspn(text, "0123456789abcdef"), 32);
    assert_int_equal(text[33], '!');
}

static void no_byte_beyond_the_length_is_touched(void **state)
{
    unsigned char bytes[64] = { 0 };
    size_t changed = 0;

    (void)state;
    for (int i = 0; i < TIMES; i++) {
        random_bytes(bytes, 32);
        for (size_t at = 32; at < sizeof(bytes); at++)
            assert_int_equal(bytes[at], 0);
    }
    for (size_t at = 0; at < 32; at++)
        changed += bytes[at] != 0;
    assert_true(changed > 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_of_a_uuid_but_its_version_is_random),
        cmocka_unit_test(hexadecimal_is_twice_as_long_and_ends),
        cmocka_unit_test(no_byte_beyond_the_length_is_touched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
