#include "auth/refresh.h"

#include <assert.h>
#include <string.h>

#include "auth/mac.h"
#include "base/buffer.h"
#include "base/text.h"

#define PREFIX "fr1." /* so that a secret scanner and a reader of logs know what they see */
#define LABEL  "fasti refresh"

enum {
    NUMBER_BYTES = 8,
    TOKEN_BYTES = 2 * NUMBER_BYTES + MAC_BYTES,
    PREFIX_CHARACTERS = sizeof(PREFIX) - 1,
};

/* The bytes of a token. */
typedef struct RefreshToken {
    unsigned char session_id[NUMBER_BYTES]; /* big-endian */
    unsigned char generation[NUMBER_BYTES];
    unsigned char mac[MAC_BYTES];
} RefreshToken;

static_assert(sizeof(RefreshToken) == TOKEN_BYTES, "has no padding");
static_assert(TOKEN_BYTES % 3 == 0, "base64url leaves no spare bits: one spelling");

static void put_number(unsigned char bytes[NUMBER_BYTES], int64_t value)
{
    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        bytes[i] = (unsigned char)((uint64_t)value >> (56 - 8 * i));
}

static bool get_number(const unsigned char bytes[NUMBER_BYTES], int64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        value = value << 8 | bytes[i];
    *ret_value = (int64_t)(value & INT64_MAX);
    return value <= INT64_MAX;
}

/* Label and numbers have one length each, so no two different inputs make the same message. */
static void sign(const TokenKey *key, const RefreshToken *token, const char *nonce, Arena *arena,
                 unsigned char ret_mac[MAC_BYTES])
{
    Buffer message = buffer_start(arena);

    buffer_add(&message, LABEL);
    buffer_add_bytes(&message, (const char *)token->session_id, NUMBER_BYTES);
    buffer_add_bytes(&message, (const char *)token->generation, NUMBER_BYTES);
    buffer_add(&message, nonce);
    mac_sha256(key->secret, key->secret_length, message.data, message.length, ret_mac);
}

const char *refresh_issue(const TokenKey *key, int64_t session_id, int64_t generation,
                          const char *nonce, Arena *arena)
{
    RefreshToken token;

    assert(session_id >= 0 && generation >= 0);
    put_number(token.session_id, session_id);
    put_number(token.generation, generation);
    sign(key, &token, nonce, arena, token.mac);
    return arena_printf(arena, PREFIX "%s", base64url_encode(arena, &token, sizeof(token)));
}

static bool decode(const char *text, Arena *arena, const RefreshToken **ret_token)
{
    enum { LENGTH = PREFIX_CHARACTERS + TOKEN_BYTES / 3 * 4 };
    unsigned char *bytes;
    size_t length;

    if (!text_starts_with(text, PREFIX) || strnlen(text, LENGTH + 1) != LENGTH ||
        !base64url_decode(arena, text + PREFIX_CHARACTERS, LENGTH - PREFIX_CHARACTERS, &bytes,
                          &length))
        return false;
    *ret_token = (const RefreshToken *)bytes;
    return true;
}

bool refresh_read(const char *text, int64_t *ret_session_id, int64_t *ret_generation)
{
    Arena scratch AUTO(arena_finish) = { 0 };
    const RefreshToken *token;

    return decode(text, &scratch, &token) && get_number(token->session_id, ret_session_id) &&
           get_number(token->generation, ret_generation);
}

bool refresh_is_genuine(const TokenKey *key, const char *text, const char *nonce)
{
    Arena scratch AUTO(arena_finish) = { 0 };
    const RefreshToken *token;
    unsigned char expected[MAC_BYTES];

    if (!decode(text, &scratch, &token))
        return false;
    sign(key, token, nonce, &scratch, expected);
    return mac_equal(token->mac, expected, sizeof(expected));
}
