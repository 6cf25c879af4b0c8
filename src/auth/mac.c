#include "auth/mac.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>

#include "base/memory.h"

void mac_sha256(const unsigned char *key, size_t key_length, const void *data, size_t length,
                unsigned char ret_mac[MAC_BYTES])
{
    unsigned written = 0;

    assert(key_length <= INT_MAX);
    const unsigned char *done =
        HMAC(EVP_sha256(), key, (int)key_length, data, length, ret_mac, &written);
    if (done == NULL)
        memory_run_out();
    assert(written == MAC_BYTES);
}

bool mac_equal(const unsigned char *a, const unsigned char *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const char *base64url_encode(Arena *arena, const void *bytes, size_t length)
{
    const unsigned char *in = bytes;
    char *text = arena_alloc(arena, (length + 2) / 3 * 4 + 1);
    char *out = text;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | in[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = alphabet[bits >> held & 63];
        }
    }
    if (held > 0)
        *out++ = alphabet[bits << (6 - held) & 63];
    *out = '\0';
    return text;
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

bool base64url_decode(Arena *arena, const char *text, size_t length, unsigned char **ret_bytes,
                      size_t *ret_length)
{
    unsigned char *bytes = arena_alloc(arena, length / 4 * 3 + 4);
    size_t count = 0;
    uint32_t bits = 0;
    unsigned held = 0;

    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[count++] = (unsigned char)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0)
        return false;
    *ret_bytes = bytes;
    *ret_length = count;
    return true;
}
