#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/account_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef bool Check(const Decoder *d, const Field *field, const char *text);

/* The type of the fault, or NULL when the text is accepted. */
static const char *fault_of(Check *check, const char *text, Arena *arena)
{
    Error err = { 0 };
    const Location location = { .name = "body" };
    const Decoder d = { .arena = arena, .location = &location, .err = &err };
    const Field field = { .name = "text" };

    if (check(&d, &field, text)) {
        assert_int_equal(err.code, ERROR_NONE);
        return NULL;
    }
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(err.fault_count, 1);
    return err.faults->type;
}

/* -- User names ---------------------------------------------------------------------------------
 */

#define FIFTY "Abcdefghijklmnopqrstuvwxyz.0123456789_ABCDEFGHIJ-k"

static void a_username_is_3_to_50_letters_digits_dots_and_dashes(void **state)
{
    static const char *const good[] = { "abc", "A.b", "amira", "...", "_-_", "007", FIFTY };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_int_equal(strlen(FIFTY), 50);
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(fault_of(account_check_username, good[i], &arena));
        assert_non_null(account_username_key(&arena, good[i]));
    }
}

static void anything_else_is_no_username(void **state)
{
    static const char *const bad[] = {
        "",
        "ab",
        FIFTY "l",
        "am ira",
        "amira ",
        " amira",
        "amira\n",
        "amira\r",
        "am\tira",
        "amira@example.org",
        "am/ira",
        "am,ira",
        "am'ira",
        "am\x7fira",
        "am\x01ira",
        "am\u0131ra" /* dotless i */,
        "ami\u017f" /* long s */,
        "\uff41mira" /* full-width a */,
        "\u212aelvin" /* Kelvin sign */,
        "\u0430mira" /* Cyrillic a */,
        "am\u200bira" /* zero width */,
        "amira\u202e" /* bidi override */,
        "a\u0308mira",
        "\u00e4mira",
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_non_null(fault_of(account_check_username, bad[i], &arena));
        assert_null(account_username_key(&arena, bad[i]));
    }
    assert_string_equal(fault_of(account_check_username, "ab", &arena), "string_too_short");
    assert_string_equal(fault_of(account_check_username, FIFTY "l", &arena), "string_too_long");
    assert_string_equal(fault_of(account_check_username, "a b", &arena), "string_pattern_mismatch");
}

static void a_username_is_the_same_in_any_case(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(account_username_key(&arena, "Amira.B_9-z"), "amira.b_9-z");
    assert_string_equal(account_username_key(&arena, "AMIRA.B_9-Z"), "amira.b_9-z");
}

/* -- Addresses ----------------------------------------------------------------------------------
 */

#define SIXTY_FOUR  "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-0123456789"
#define SIXTY_THREE "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"

static void an_address_has_one_key(void **state)
{
    static const char *const pairs[][2] = {
        { "amira@example.org", "amira@example.org" },
        { "Amira@Example.ORG", "amira@example.org" },
        { "a@b.cd", "a@b.cd" },
        { "a.b+c_d-e!#$%&'*/=?^`{|}~@x-y.example.org",
          "a.b+c_d-e!#$%&'*/=?^`{|}~@x-y.example.org" },
        { SIXTY_FOUR "@example.org", SIXTY_FOUR "@example.org" },
        { "a@" SIXTY_THREE ".org", "a@" SIXTY_THREE ".org" },
        { "a@r3---sn.example.org", "a@r3---sn.example.org" },
        { "a@1.2.example", "a@1.2.example" },
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_int_equal(strlen(SIXTY_FOUR), 64);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_null(fault_of(account_check_email, pairs[i][0], &arena));
        assert_string_equal(account_email_key(&arena, pairs[i][0]), pairs[i][1]);
    }
}

static void an_international_domain_is_the_same_in_every_spelling(void **state)
{
    static const char *const spellings[] = {
        "amira@m\u00fcller.example",   /* composed */
        "amira@mu\u0308ller.example",  /* decomposed */
        "Amira@M\u00fcLLER.Example",   /* ASCII letters in upper case */
        "amira@xn--mller-kva.example", /* RFC 5891 A-label */
        "amira@XN--MLLER-KVA.example",
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        assert_null(fault_of(account_check_email, spellings[i], &arena));
        assert_string_equal(account_email_key(&arena, spellings[i]), "amira@xn--mller-kva.example");
    }
    /* RFC 5891 keeps sharp s; IDNA2003 turned it into another domain's "ss". */
    assert_string_equal(account_email_key(&arena, "a@stra\u00dfe.example"),
                        "a@xn--strae-oqa.example");
}

static void a_look_alike_never_reaches_an_ascii_address(void **state)
{
    static const char *const alike[] = {
        "am\u0131ra@gmail.com",  "am\u0130ra@gmail.com",  "ami\u017fa@gmail.com",
        "\uff41mira@gmail.com",  "amira\uff20gmail.com",  "amira@gma\u0131l.com",
        "amira@gma\u0130l.com",  "amira@gmail.co\uff4d",  "amira@\uff47mail.com",
        "amira@gmail\u3002com",  "amira@gmail\uff0ecom",  "amira@gma\u2170l.com",
        "amira@\u1d4dmail.com",  "amira@gm\u00adail.com", "amira@gm\u200bail.com",
        "amira@gm\u200dail.com", "amira@gm\u0430il.com",  "amira@xn--gmail.com",
        "amira@gmail.com\u202e", "am\u0430ra@gmail.com",
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(alike); i++) {
        const char *key = account_email_key(&arena, alike[i]);
        assert_true(key == NULL || strstr(key, "xn--") != NULL);
    }
    assert_null(account_email_key(&arena, "a@\u212aelvin.example")); /* Kelvin sign: NFC makes K */
    assert_null(account_email_key(&arena, "a@\u212a\u00fcche.example"));
    assert_null(account_email_key(&arena, "a@te\u017ft.example"));
    assert_null(account_email_key(&arena, "a@\uff45xample.org"));
}

static void anything_else_is_no_address(void **state)
{
    static const char *const bad[] = {
        "",
        "@",
        "a",
        "a@",
        "@b.cd",
        "a@b",
        "a@localhost",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "a@b.1",
        "a@.b.cd",
        "a@b..cd",
        "a@b.cd.",
        "a@-b.cd",
        "a@b-.cd",
        "a@b_c.de",
        "a@b c.de",
        "a@b.cd ",
        " a@b.cd",
        "a b@c.de",
        ".a@b.cd",
        "a.@b.cd",
        "a..b@c.de",
        "\"a\"@b.cd",
        "\"a b\"@c.de",
        "a(comment)@b.cd",
        "a@b.cd(comment)",
        "a@b@c.de",
        "a\\@b@c.de",
        "Amira <a@b.cd>",
        "<a@b.cd>",
        "a@b.cd,c@d.ef",
        "a,b@c.de",
        "a;b@c.de",
        "a:b@c.de",
        "a@b.cd\r\nBcc: c@d.ef",
        "a\r\n@b.cd",
        "a@b.cd\n",
        "a\x01@b.cd",
        "a\x7f@b.cd",
        "\u00e4@b.cd",
        "a@\u00fc_b.cd",
        "a@m\u00fc ller.example",
        "a@a..\u00fc",
        "a@\u2603.example",
        "a@xn--zzzz.example",
        "a@xn--a.example",
        "a@b.cd/",
        "mailto:a@b.cd",
        "a@b.c%64",
        SIXTY_FOUR "1@example.org",
        "a@" SIXTY_THREE "9.org",
        "a@" SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE,
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (account_email_key(&arena, bad[i]) != NULL)
            fail_msg("taken for an address: %s", bad[i]);
        assert_string_equal(fault_of(account_check_email, bad[i], &arena), "value_error");
    }
}

static void an_address_has_at_most_254_characters(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *longest =
        SIXTY_FOUR "@" SIXTY_THREE "." SIXTY_THREE "."
                   "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012.org";

    (void)state;
    assert_int_equal(strlen(longest), 254);
    assert_non_null(account_email_key(&arena, longest));
    assert_null(account_email_key(&arena, arena_printf(&arena, "%sn", longest)));

    /* short enough as typed, too long in ASCII */
    const char *grows = arena_printf(&arena, "%.*s\u00fc.org", 247, longest);
    assert_true(strlen(grows) <= 254);
    assert_null(account_email_key(&arena, grows));

    /* too long as typed, short enough in ASCII: 40 decomposed letters of 3 bytes a label */
    Buffer shrinks = buffer_start(&arena);
    buffer_add(&shrinks, "a@");
    for (size_t i = 0; i < 120; i++)
        buffer_add(&shrinks, i % 40 == 39 ? "u\u0308." : "u\u0308");
    buffer_add(&shrinks, "org");
    assert_null(account_email_key(&arena, shrinks.data));
}

/* -- Either -------------------------------------------------------------------------------------
 */

static void people_sign_in_with_a_name_or_an_address(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(account_key(&arena, "Amira"), "amira");
    assert_string_equal(account_key(&arena, "Amira@Example.org"), "amira@example.org");
    assert_null(account_key(&arena, "am\u0131ra"));
    assert_null(account_key(&arena, "amira@"));
    assert_null(account_key(&arena, ""));
    assert_null(account_key(&arena, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_username_is_3_to_50_letters_digits_dots_and_dashes),
        cmocka_unit_test(anything_else_is_no_username),
        cmocka_unit_test(a_username_is_the_same_in_any_case),
        cmocka_unit_test(an_address_has_one_key),
        cmocka_unit_test(an_international_domain_is_the_same_in_every_spelling),
        cmocka_unit_test(a_look_alike_never_reaches_an_ascii_address),
        cmocka_unit_test(anything_else_is_no_address),
        cmocka_unit_test(an_address_has_at_most_254_characters),
        cmocka_unit_test(people_sign_in_with_a_name_or_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
