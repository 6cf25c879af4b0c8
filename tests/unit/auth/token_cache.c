/* Tokens that are kept: the same answers as without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>
#include <string.h>

#include "auth/token_cache.h"
#include "base/limits.h"

static const unsigned char secret[32] = "0123456789abcdef0123456789abcde";
static const TokenKey key = { secret, sizeof(secret) };
static const int64_t now_s = 1800000000;

static const char *token_of(Arena *arena, int64_t user_id)
{
    const TokenClaims claims = {
        .user_id = user_id,
        .session_id = user_id + 1,
        .issued_at_s = now_s,
        .expires_at_s = now_s + 60,
    };

    return token_issue(&key, &claims, arena);
}

static void a_kept_token_says_what_it_said(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenCache *cache = token_cache_create(&key, &arena);
    const char *token = token_of(&arena, 7);

    (void)state;
    for (int i = 0; i < 2; i++) {
        TokenClaims claims = { 0 };
        assert_true(token_cache_verify(cache, token, now_s, &arena, &claims));
        assert_int_equal(claims.user_id, 7);
        assert_int_equal(claims.session_id, 8);
    }
}

static void what_is_kept_expires(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenCache *cache = token_cache_create(&key, &arena);
    const char *token = token_of(&arena, 7);
    TokenClaims claims;

    (void)state;
    assert_true(token_cache_verify(cache, token, now_s + 59, &arena, &claims));
    assert_false(token_cache_verify(cache, token, now_s + 60, &arena, &claims));
    assert_true(token_cache_verify(cache, token, now_s + 59, &arena, &claims));
}

static void another_byte_is_another_token(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenCache *cache = token_cache_create(&key, &arena);
    const char *token = token_of(&arena, 7);
    size_t length = strlen(token);
    TokenClaims claims;

    (void)state;
    assert_true(token_cache_verify(cache, token, now_s, &arena, &claims));
    for (size_t i = 0; i < length; i++) {
        char *forged = arena_strdup(&arena, token);
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        assert_false(token_cache_verify(cache, forged, now_s, &arena, &claims));
    }
    assert_false(token_cache_verify(cache, arena_strndup(&arena, token, length - 1), now_s, &arena,
                                    &claims));
    assert_false(
        token_cache_verify(cache, arena_printf(&arena, "%sA", token), now_s, &arena, &claims));
    assert_false(token_cache_verify(cache, "", now_s, &arena, &claims));
    assert_true(token_cache_verify(cache, token, now_s, &arena, &claims));
}

/* Some take the place of others. */
static void more_tokens_than_places_are_all_genuine(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    TokenCache *cache = token_cache_create(&key, &arena);
    TokenClaims claims = { 0 };

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int64_t id = 1; id <= 2 * LIMIT_CACHED_TOKENS; id++) {
            assert_true(token_cache_verify(cache, token_of(&arena, id), now_s, &arena, &claims));
            assert_int_equal(claims.user_id, id);
        }
    }
}

static void a_token_of_another_key_is_none(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    static const unsigned char other[32] = "another secret, of the same size";
    TokenCache *cache = token_cache_create(&(TokenKey){ other, sizeof(other) }, &arena);
    TokenClaims claims;

    (void)state;
    assert_false(token_cache_verify(cache, token_of(&arena, 7), now_s, &arena, &claims));
    assert_false(token_cache_verify(cache, token_of(&arena, 7), now_s, &arena, &claims));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_token_says_what_it_said),
        cmocka_unit_test(what_is_kept_expires),
        cmocka_unit_test(another_byte_is_another_token),
        cmocka_unit_test(more_tokens_than_places_are_all_genuine),
        cmocka_unit_test(a_token_of_another_key_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
