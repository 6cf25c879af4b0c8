#include "auth/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4231 4.3: test case 2. */
static void the_mac_is_that_of_the_standard(void **state)
{
    static const unsigned char expected[MAC_BYTES] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
        0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
        0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    };
    static const char data[] = "what do ya want for nothing?";
    unsigned char mac[MAC_BYTES];

    (void)state;
    mac_sha256((const unsigned char *)"Jefe", 4, data, strlen(data), mac);
    assert_memory_equal(mac, expected, MAC_BYTES);
    assert_true(mac_equal(mac, expected, MAC_BYTES));
    mac[MAC_BYTES - 1] ^= 1;
    assert_false(mac_equal(mac, expected, MAC_BYTES));
    assert_true(mac_equal(mac, expected, MAC_BYTES - 1));
}

/* RFC 4648 10, without the padding; the last one has both letters that base64 has not. */
static const char *const pairs[][2] = {
    { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },          { "foo", "Zm9v" },
    { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff", "-_8" },
};

static void bytes_come_back_as_they_were(void **state)
{
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        unsigned char *bytes;
        size_t length;
        const char *text = base64url_encode(&arena, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        assert_true(base64url_decode(&arena, text, strlen(text), &bytes, &length));
        assert_int_equal(length, strlen(pairs[i][0]));
        assert_memory_equal(bytes, pairs[i][0], length + 1);
    }
    arena_finish(&arena);
}

static void what_nobody_writes_is_not_read(void **state)
{
    static const char *const texts[] = { "Z",    "Zg==", "Zm9vY", "Z g",     "Zm+v",
                                         "Zm/v", "Zh",   "Zm9",   "\xc3\xa9" };
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        unsigned char *bytes;
        size_t length;
        if (base64url_decode(&arena, texts[i], strlen(texts[i]), &bytes, &length))
            fail_msg("read: %s", texts[i]);
    }
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mac_is_that_of_the_standard),
        cmocka_unit_test(bytes_come_back_as_they_were),
        cmocka_unit_test(what_nobody_writes_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
