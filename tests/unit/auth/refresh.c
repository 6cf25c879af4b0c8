#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/refresh.h"

static const unsigned char secret[32] = "0123456789abcdef0123456789abcde";
static const unsigned char other_secret[32] = "0123456789abcdef0123456789abcdX";
static const TokenKey key = { secret, sizeof(secret) };
static const TokenKey other_key = { other_secret, sizeof(other_secret) };

/* Recomputed with Python's hmac and base64. */
static void the_text_of_a_token_never_changes(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(refresh_issue(&key, 42, 3, "nonce", &arena),
                        "fr1.AAAAAAAAACoAAAAAAAAAA9ebpbeXOLthU-58s3b0boHQyijCHV0YmizGiP-1HTBq");
}

static void a_token_tells_its_session_and_generation(void **state)
{
    static const int64_t numbers[] = { 0, 1, 255, 256, 1LL << 32, INT64_MAX };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *text = refresh_issue(&key, numbers[i], numbers[5 - i], "nonce", &arena);
        int64_t session_id;
        int64_t generation;

        assert_true(refresh_read(text, &session_id, &generation));
        assert_int_equal(session_id, numbers[i]);
        assert_int_equal(generation, numbers[5 - i]);
        assert_true(refresh_is_genuine(&key, text, "nonce"));
    }
}

static void a_token_of_another_key_or_nonce_is_forged(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *text = refresh_issue(&key, 42, 3, "nonce", &arena);

    (void)state;
    assert_false(refresh_is_genuine(&other_key, text, "nonce"));
    assert_false(refresh_is_genuine(&key, text, "nonce2"));
    assert_false(refresh_is_genuine(&key, text, ""));
}

static void an_older_generation_is_still_genuine_and_differs(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *older = refresh_issue(&key, 42, 2, "nonce", &arena);
    const char *newer = refresh_issue(&key, 42, 3, "nonce", &arena);

    (void)state;
    assert_string_not_equal(older, newer);
    assert_true(refresh_is_genuine(&key, older, "nonce"));
}

static void no_character_of_a_token_can_be_changed(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *text = refresh_issue(&key, 42, 3, "nonce", &arena);
    static const char tries[] = "ABCabc019-_.+/= \n\xff";

    (void)state;
    for (size_t i = 0; i < strlen(text); i++) {
        for (size_t j = 0; j < sizeof(tries) - 1; j++) {
            char *changed = arena_strdup(&arena, text);
            if (changed[i] == tries[j])
                continue;
            changed[i] = tries[j];
            assert_false(refresh_is_genuine(&key, changed, "nonce"));
        }
    }
}

static void what_has_not_the_form_of_a_token_is_not_read(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *text = refresh_issue(&key, 42, 3, "nonce", &arena);
    const char *negative = "fr1.__________8AAAAAAAAAAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const char *const forged[] = {
        "",
        "fr1.",
        "fr2.AAAA",
        text + 1,
        text + 4,
        arena_printf(&arena, " %s", text),
        arena_printf(&arena, "%s\n", text),
        arena_printf(&arena, "%sA", text),
        arena_printf(&arena, "%s=", text),
        arena_printf(&arena, "%s.%s", text, text),
        arena_strndup(&arena, text, strlen(text) - 1),
        arena_strndup(&arena, text, strlen(text) - 4),
        arena_printf(&arena, "FR1.%s", text + 4),
    };
    int64_t session_id;
    int64_t generation;

    (void)state;
    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        assert_false(refresh_read(forged[i], &session_id, &generation));
        assert_false(refresh_is_genuine(&key, forged[i], "nonce"));
    }
    assert_int_equal(strlen(negative), strlen(text)); /* so only its sign is wrong */
    assert_false(refresh_read(negative, &session_id, &generation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_token_never_changes),
        cmocka_unit_test(a_token_tells_its_session_and_generation),
        cmocka_unit_test(a_token_of_another_key_or_nonce_is_forged),
        cmocka_unit_test(an_older_generation_is_still_genuine_and_differs),
        cmocka_unit_test(no_character_of_a_token_can_be_changed),
        cmocka_unit_test(what_has_not_the_form_of_a_token_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
