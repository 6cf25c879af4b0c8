/* How it works: a token is three segments of base64url, header.claims.signature. We issue one
 * header only, so it is compared as text and never parsed: "alg", "kid", "jku" and "crit" have no
 * reader here that could be fooled. Then the signature, and only what we have signed ourselves is
 * parsed as JSON. */
#include "auth/token.h"

#include <assert.h>
#include <string.h>

#include "auth/mac.h"
#include "base/limits.h"
#include "base/text.h"
#include "json/reader.h"
#include "json/writer.h"

/* {"alg":"HS256","typ":"JWT"} and the dot */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

enum {
    HEADER_CHARACTERS = sizeof(HEADER) - 1,
    SIGNATURE_CHARACTERS = 43 /* 32 bytes in base64url */,
    LEEWAY_S = 30,  /* between the clocks of our own nodes */
    KEY_BYTES = 32, /* RFC 7518 3.2: "A key of the same size as the hash output […] or larger" */
};

static const char issuer[] = "fasti";
static const char audience[] = "fasti";
static const char purpose[] = "access"; /* no token made for anything else is one of these */
static const int64_t last_second = 253402300799; /* of the year 9999 */

static void sign(const TokenKey *key, const char *text, size_t length,
                 unsigned char ret_mac[MAC_BYTES])
{
    assert(key->secret_length >= KEY_BYTES);
    mac_sha256(key->secret, key->secret_length, text, length, ret_mac);
}

const char *token_issue(const TokenKey *key, const TokenClaims *claims, Arena *arena)
{
    Writer w = writer_start(arena);
    write_object(&w);
    write_key(&w, "iss");
    write_text(&w, issuer);
    write_key(&w, "aud");
    write_text(&w, audience);
    write_key(&w, "typ");
    write_text(&w, purpose);
    write_key(&w, "sub"); /* RFC 7519 4.1.2: a string */
    write_text(&w, arena_printf(arena, "%lld", (long long)claims->user_id));
    write_key(&w, "sid");
    write_integer(&w, claims->session_id);
    write_key(&w, "iat");
    write_integer(&w, claims->issued_at_s);
    write_key(&w, "nbf");
    write_integer(&w, claims->issued_at_s);
    write_key(&w, "exp");
    write_integer(&w, claims->expires_at_s);
    write_end_object(&w);
    const char *text = writer_text(&w);

    Buffer token = buffer_start(arena);
    buffer_add(&token, HEADER);
    buffer_add(&token, base64url_encode(arena, text, strlen(text)));

    unsigned char mac[MAC_BYTES];
    sign(key, token.data, token.length, mac);
    buffer_add(&token, ".");
    buffer_add(&token, base64url_encode(arena, mac, sizeof(mac)));
    return token.data;
}

/* `signed_length` characters, a dot, and the signature of these characters. */
static bool is_genuine(const TokenKey *key, const char *token, size_t signed_length, Arena *arena)
{
    unsigned char *given;
    size_t given_length;
    unsigned char expected[MAC_BYTES];

    if (!base64url_decode(arena, token + signed_length + 1, SIGNATURE_CHARACTERS, &given,
                          &given_length))
        return false;
    sign(key, token, signed_length, expected);
    return mac_equal(given, expected, sizeof(expected));
}

static bool is_text(const json_t *claims, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(claims, name));

    return text != NULL && text_equal(text, expected);
}

static bool read_integer(const json_t *claims, const char *name, int64_t *ret_value)
{
    const json_t *value = json_object_get(claims, name);

    *ret_value = json_integer_value(value);
    return json_is_integer(value) && *ret_value > 0;
}

static bool read_subject(const json_t *claims, int64_t *ret_user_id)
{
    const char *text = json_string_value(json_object_get(claims, "sub"));
    long long id;

    if (text == NULL || !text_to_int64(text, &id) || id <= 0)
        return false;
    *ret_user_id = id;
    return true;
}

/* Every claim there, none beside them, each of its type and in its range. */
static bool read_claims(const json_t *json, GenuineToken *ret_token)
{
    enum { CLAIM_COUNT = 8 };
    TokenClaims *claims = &ret_token->claims;

    return json_is_object(json) && json_object_size(json) == CLAIM_COUNT &&
           is_text(json, "iss", issuer) && is_text(json, "aud", audience) &&
           is_text(json, "typ", purpose) && read_subject(json, &claims->user_id) &&
           read_integer(json, "sid", &claims->session_id) &&
           read_integer(json, "iat", &claims->issued_at_s) &&
           read_integer(json, "nbf", &ret_token->not_before_s) &&
           read_integer(json, "exp", &claims->expires_at_s) && claims->expires_at_s <= last_second;
}

bool token_read(const TokenKey *key, const char *token, Arena *arena, GenuineToken *ret_token)
{
    size_t length = strnlen(token, LIMIT_TOKEN_BYTES + 1);
    if (length > LIMIT_TOKEN_BYTES || !text_starts_with(token, HEADER))
        return false;

    const char *body = token + HEADER_CHARACTERS;
    const char *dot = strchr(body, '.');
    if (dot == NULL || (size_t)(token + length - dot) != 1 + SIGNATURE_CHARACTERS ||
        !is_genuine(key, token, (size_t)(dot - token), arena))
        return false;

    unsigned char *text;
    size_t text_length;
    json_t *claims AUTO(json_release) = NULL;
    GenuineToken found;
    Error why = { 0 }; /* not told: a forger learns nothing from us */
    if (!base64url_decode(arena, body, (size_t)(dot - body), &text, &text_length) ||
        !json_read((const char *)text, text_length, &claims, &why) || !read_claims(claims, &found))
        return false;
    *ret_token = found;
    return true;
}

bool token_is_valid_at(const GenuineToken *token, int64_t now_s)
{
    return token->claims.expires_at_s > now_s && token->not_before_s <= now_s + LEEWAY_S &&
           token->claims.issued_at_s <= now_s + LEEWAY_S;
}

bool token_verify(const TokenKey *key, const char *token, int64_t now_s, Arena *arena,
                  TokenClaims *ret_claims)
{
    GenuineToken found;

    if (!token_read(key, token, arena, &found) || !token_is_valid_at(&found, now_s))
        return false;
    *ret_claims = found.claims;
    return true;
}
