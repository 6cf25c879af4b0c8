#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/mac.h"
#include "auth/token.h"
#include "auth/token_cache.h"
#include "base/buffer.h"
#include "base/limits.h"

enum { LINE_BYTES = 16 * 1024, LEAST_FORGED = 80 };

static const int64_t now_s = 1800000000;
static const unsigned char secret[32] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                          11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                          22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static const TokenKey key = { secret, sizeof(secret) };
static const char *vectors_path;
static TokenCache *cache; /* one for all tests: every token of theirs meets the others in it */

static const TokenClaims claims = {
    .user_id = 7,
    .session_id = 42,
    .issued_at_s = now_s - 60,
    .expires_at_s = now_s + 1740,
};

static bool is_let_in(const char *token, int64_t at_s)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenClaims read = { .user_id = 0 };
    TokenClaims cached = { .user_id = 0 };
    bool is_genuine = token_verify(&key, token, at_s, &arena, &read);

    for (unsigned time = 0; time < 2; time++) { /* not kept yet, kept */
        assert_int_equal(token_cache_verify(cache, token, at_s, &arena, &cached), is_genuine);
        assert_memory_equal(&cached, &read, sizeof(read));
    }
    return is_genuine;
}

/* %XX as jwt-forged.py wrote it; in place. */
static void unescape(char *text)
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '%') {
            char digits[3] = { at[1], at[2], '\0' };
            *out++ = (char)strtol(digits, NULL, 16);
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

/* The next "name: token"; the token has no blank in it, the name may have. */
static bool read_vector(FILE *file, char line[LINE_BYTES], const char **ret_token)
{
    if (fgets(line, LINE_BYTES, file) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *blank = strrchr(line, ' ');
    assert_non_null(blank);
    *blank = '\0';
    unescape(blank + 1);
    *ret_token = blank + 1;
    return true;
}

static void no_forged_token_is_let_in(void **state)
{
    static char line[LINE_BYTES];
    const char *token;
    unsigned forged = 0;
    unsigned let_in = 0;
    FILE *file = fopen(vectors_path, "r");

    (void)state;
    assert_non_null(file);
    assert_true(read_vector(file, line, &token));
    assert_true(is_let_in(token, now_s)); /* the good one, or the others would prove nothing */
    for (; read_vector(file, line, &token); forged++) {
        if (is_let_in(token, now_s)) {
            let_in++;
            print_error("let in: %s\n", line);
        }
    }
    fclose(file);
    assert_int_equal(let_in, 0);
    assert_true(forged >= LEAST_FORGED);
}

static void a_token_that_another_program_made_is_read(void **state)
{
    static char line[LINE_BYTES];
    Arena AUTO(arena_finish) arena = { 0 };
    const char *token;
    TokenClaims read;
    FILE *file = fopen(vectors_path, "r");

    (void)state;
    assert_non_null(file);
    assert_true(read_vector(file, line, &token));
    fclose(file);
    assert_true(token_verify(&key, token, now_s, &arena, &read));
    assert_memory_equal(&read, &claims, sizeof(claims));
    assert_string_equal(token_issue(&key, &claims, &arena), token);
}

static void a_token_gives_back_the_claims_it_was_issued_for(void **state)
{
    static const TokenClaims cases[] = {
        { 1, 1, 1799999999, 1800000001 },
        { INT64_MAX, INT64_MAX, 1, 253402300799 },
        { 12345678901, 987654321, 1800000030, 1800003600 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        TokenClaims read;
        const char *token = token_issue(&key, &cases[i], &arena);

        assert_true(strlen(token) < 400);
        assert_true(token_verify(&key, token, now_s, &arena, &read));
        assert_memory_equal(&read, &cases[i], sizeof(read));
    }
}

static void a_token_ends_at_the_second_of_exp(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *token = token_issue(&key, &claims, &arena);

    (void)state;
    assert_true(is_let_in(token, claims.expires_at_s - 1));
    assert_false(is_let_in(token, claims.expires_at_s));
    assert_false(is_let_in(token, claims.expires_at_s + 1));
}

static void a_clock_may_be_30_seconds_behind_the_issuers(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *token = token_issue(&key, &claims, &arena);

    (void)state;
    assert_true(is_let_in(token, claims.issued_at_s - 30));
    assert_false(is_let_in(token, claims.issued_at_s - 31));
}

static void a_token_of_another_key_is_not_let_in(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenClaims read = { .user_id = -1 };
    unsigned char changed[sizeof(secret)];

    (void)state;
    memcpy(changed, secret, sizeof(secret));
    changed[31] ^= 1;
    TokenKey other = { changed, sizeof(changed) };
    assert_false(token_verify(&key, token_issue(&other, &claims, &arena), now_s, &arena, &read));
    assert_int_equal(read.user_id, -1); /* nothing of a forged token gets out */
}

static void no_single_character_of_a_token_can_be_changed(void **state)
{
    static const char tries[] = "Aa0-_.=\x01";
    Arena AUTO(arena_finish) arena = { 0 };
    char *token = arena_strdup(&arena, token_issue(&key, &claims, &arena));

    (void)state;
    for (size_t i = 0; token[i] != '\0'; i++) {
        char right = token[i];
        for (const char *wrong = tries; *wrong != '\0'; wrong++) {
            token[i] = *wrong;
            assert_int_equal(is_let_in(token, now_s), *wrong == right);
        }
        token[i] = right;
    }
}

static void a_token_cut_or_continued_anywhere_is_not_let_in(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *token = token_issue(&key, &claims, &arena);

    (void)state;
    for (size_t length = 0; length < strlen(token); length++)
        assert_false(is_let_in(arena_strndup(&arena, token, length), now_s));
    assert_false(is_let_in(arena_printf(&arena, "%sA", token), now_s));
}

/* A signature that is right for claims of `blanks` blanks and the good ones. */
static const char *pad_token(size_t blanks, Arena *arena)
{
    Buffer json = buffer_start(arena);
    for (size_t i = 0; i < blanks; i++)
        buffer_add_char(&json, ' ');
    buffer_add(&json, "{\"iss\":\"fasti\",\"aud\":\"fasti\",\"typ\":\"access\",\"sub\":\"7\","
                      "\"sid\":42,\"iat\":1,\"nbf\":1,\"exp\":1800001740}");
    const char *text = arena_printf(arena, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.%s",
                                    base64url_encode(arena, json.data, json.length));
    unsigned char mac[MAC_BYTES];
    mac_sha256(secret, sizeof(secret), text, strlen(text), mac);
    return arena_printf(arena, "%s.%s", text, base64url_encode(arena, mac, sizeof(mac)));
}

static void a_token_longer_than_its_limit_is_not_let_in(void **state)
{
    bool was_long_enough = false;

    (void)state;
    for (size_t blanks = 2850; blanks < 2950; blanks++) {
        Arena AUTO(arena_finish) arena = { 0 };
        const char *token = pad_token(blanks, &arena);

        assert_int_equal(is_let_in(token, now_s), strlen(token) <= LIMIT_TOKEN_BYTES);
        was_long_enough |= strlen(token) > LIMIT_TOKEN_BYTES;
    }
    assert_true(was_long_enough);
}

static void a_cache_with_less_room_than_there_are_tokens_is_right_about_each(void **state)
{
    enum { TOKENS = 3 * LIMIT_CACHED_TOKENS };
    Arena AUTO(arena_finish) arena = { 0 };
    const char **tokens = ARENA_ARRAY(&arena, const char *, TOKENS);

    (void)state;
    for (int64_t i = 0; i < TOKENS; i++)
        tokens[i] = token_issue(
            &key, &(TokenClaims){ i + 1, 2 * i + 1, now_s - 60, now_s + 1 + i % 2 }, &arena);
    for (unsigned round = 0; round < 2; round++) {
        for (int64_t i = 0; i < TOKENS; i++) {
            TokenClaims read = { .user_id = 0 };
            bool is_let_in = token_cache_verify(cache, tokens[i], now_s + round, &arena, &read);
            assert_int_equal(is_let_in, round == 0 || i % 2 == 1);
            assert_int_equal(read.user_id, is_let_in ? i + 1 : 0);
            assert_int_equal(read.session_id, is_let_in ? 2 * i + 1 : 0);
        }
    }
}

/* Some of the beginnings, one in LIMIT_CACHED_TOKENS, have the place of the whole token. */
static void a_kept_token_does_not_let_in_its_own_beginning(void **state)
{
    enum { TOKENS = LIMIT_CACHED_TOKENS / 8 };

    (void)state;
    for (int64_t i = 1; i <= TOKENS; i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        TokenClaims read;
        const char *token =
            token_issue(&key, &(TokenClaims){ i, i, now_s - 60, now_s + 1 }, &arena);

        assert_true(token_cache_verify(cache, token, now_s, &arena, &read));
        for (size_t length = 0; length < strlen(token); length++)
            assert_false(token_cache_verify(cache, arena_strndup(&arena, token, length), now_s,
                                            &arena, &read));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_forged_token_is_let_in),
        cmocka_unit_test(a_token_that_another_program_made_is_read),
        cmocka_unit_test(a_token_gives_back_the_claims_it_was_issued_for),
        cmocka_unit_test(a_token_ends_at_the_second_of_exp),
        cmocka_unit_test(a_clock_may_be_30_seconds_behind_the_issuers),
        cmocka_unit_test(a_token_of_another_key_is_not_let_in),
        cmocka_unit_test(no_single_character_of_a_token_can_be_changed),
        cmocka_unit_test(a_token_cut_or_continued_anywhere_is_not_let_in),
        cmocka_unit_test(a_token_longer_than_its_limit_is_not_let_in),
        cmocka_unit_test(a_cache_with_less_room_than_there_are_tokens_is_right_about_each),
        cmocka_unit_test(a_kept_token_does_not_let_in_its_own_beginning),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s tests/vectors/jwt-forged.txt\n", argv[0]);
        return 2;
    }
    Arena AUTO(arena_finish) arena = { 0 };
    vectors_path = argv[1];
    cache = token_cache_create(&key, &arena);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
