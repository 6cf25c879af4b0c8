/* A sealed block opens with its key, at its place, unchanged, and otherwise not. */
#include "backup/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char salt[SALT_BYTES] = "0123456789abcde";
static const unsigned char size[4] = { 21, 0, 0, 0 };

static Chain chain_of(const char *head, const char *passphrase)
{
    Chain chain;

    chain_start(&chain, head, strlen(head), passphrase, salt);
    return chain;
}

static void a_block_opens_at_its_own_place_alone(void **state)
{
    Chain chain = chain_of("head", "passphrase");
    Chain later = chain;
    Chain other_head = chain_of("other", "passphrase");
    Chain other_key = chain_of("head", "Passphrase");
    static const unsigned char other_size[4] = { 21, 0, 0, 0x80 };
    unsigned char sealed[5 + SEAL_BYTES] = "event";
    unsigned char bytes[sizeof(sealed)];

    (void)state;
    later.number = 1;
    seal_block(&chain, size, sealed, 5);
    assert_memory_not_equal(sealed, "event", 5);
    const struct {
        const Chain *chain;
        const unsigned char *size;
        bool opens;
    } rows[] = {
        { &chain, size, true },      { &later, size, false },       { &other_head, size, false },
        { &other_key, size, false }, { &chain, other_size, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bytes, sealed, sizeof(bytes));
        assert_int_equal(open_block(rows[i].chain, rows[i].size, bytes, 5), rows[i].opens);
    }
    for (size_t i = 0; i < sizeof(sealed); i++) {
        memcpy(bytes, sealed, sizeof(bytes));
        bytes[i] ^= 1;
        assert_false(open_block(&chain, size, bytes, 5));
    }
    memcpy(bytes, sealed, sizeof(bytes));
    assert_true(open_block(&chain, size, bytes, 5));
    assert_memory_equal(bytes, "event", 5);
}

/* FIPS 180-4: SHA-256 of "abc" is where a chain with that head begins. */
static void a_chain_is_of_all_that_came_before(void **state)
{
    static const unsigned char abc[HASH_BYTES] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
    };
    Chain one = chain_of("abc", NULL);
    Chain two = chain_of("abd", NULL);

    (void)state;
    assert_memory_equal(one.hash, abc, HASH_BYTES);
    chain_add(&one, size, (const unsigned char *)"event", 5);
    chain_add(&two, size, (const unsigned char *)"event", 5);
    assert_memory_not_equal(one.hash, two.hash, HASH_BYTES);
    assert_memory_equal(one.head, abc, HASH_BYTES);
    assert_int_equal(one.number, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_opens_at_its_own_place_alone),
        cmocka_unit_test(a_chain_is_of_all_that_came_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
