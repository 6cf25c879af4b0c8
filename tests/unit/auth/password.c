#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "auth/common_passwords.h"
#include "auth/password.h"

enum { CHEAP = 4 };

/* -- Hashes -------------------------------------------------------------------------------------
 */

/* From the database of the old system, written by passlib. */
static const struct {
    const char *password;
    const char *hash;
} old_accounts[] = {
    { "amira-secret-2025", "$2b$12$wUdS8OmEoW/X29TiiP5mh.dZVZjJHPfcyadBqj.RqZzz2ydRqnbS2" },
    { "bela-secret-2025", "$2b$12$lvegaDdKZ3IjWAgarEFeluDUod3XpceoEnGtu7AOfGI8a6haOv81C" },
    { "chen-secret-2025", "$2b$12$DHZE4AMHHS.ywAJGBFK6EerrIlZQR3YLuMo5wcKqbeVT/KMMteN2i" },
};

static void passwords_of_the_old_system_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(old_accounts) / sizeof(old_accounts[0]); i++)
        assert_true(password_matches(old_accounts[i].password, old_accounts[i].hash, CHEAP));
    assert_false(password_matches(old_accounts[0].password, old_accounts[1].hash, CHEAP));
}

static void every_spelling_of_bcrypt_matches(void **state)
{
    (void)state; /* hashes made by python3-bcrypt */
    assert_true(password_matches("na\u00efve p\u00e4ssw\u00f6rd \U0001f511",
                                 "$2b$04$BQAxgtyMP9pMUn.j.qFoO.uO1gwm6i1PrbjRBemxp9CPgbvpa7VvG",
                                 CHEAP));
    assert_true(password_matches("na\u00efve p\u00e4ssw\u00f6rd \U0001f511",
                                 "$2a$04$NcPNIZaxnZ3.APlkuNaXOe169ra1hdjWI7hJ3hnfnsdnC4B3mVhHK",
                                 CHEAP));
    assert_true(password_matches(
        "correct horse", "$2y$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy", CHEAP));
}

static void a_hash_matches_its_password_and_no_other(void **state)
{
    char hash[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    (void)state;
    assert_true(password_hash("Tr0ub4dor & 3", CHEAP, hash, &err));
    assert_int_equal(strlen(hash), 60);
    assert_memory_equal(hash, "$2b$04$", 7);
    assert_true(password_matches("Tr0ub4dor & 3", hash, CHEAP));
    assert_false(password_matches("tr0ub4dor & 3", hash, CHEAP));
    assert_false(password_matches("Tr0ub4dor & 3 ", hash, CHEAP));
    assert_false(password_matches("Tr0ub4dor & ", hash, CHEAP));
    assert_false(password_matches("", hash, CHEAP));
}

static void two_hashes_of_a_password_differ(void **state)
{
    char a[PASSWORD_HASH_BYTES];
    char b[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    (void)state;
    assert_true(password_hash("Tr0ub4dor & 3", CHEAP, a, &err));
    assert_true(password_hash("Tr0ub4dor & 3", CHEAP, b, &err));
    assert_string_not_equal(a, b);
}

static void a_hash_is_current_in_its_one_form_and_at_its_cost(void **state)
{
    static const char *const others[] = {
        "$2a$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde",
        "$2y$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde",
        "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde",
        "$2b$13$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde",
    };
    char hash[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    (void)state;
    assert_true(password_hash("in daylight", 5, hash, &err));
    assert_true(password_is_current(hash, 5));
    assert_false(password_is_current(hash, 4));
    assert_false(password_is_current(hash, 12));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(password_is_current(others[i], 12));
}

static void bytes_after_the_72nd_are_not_cut_off_in_silence(void **state)
{
    /* python3-bcrypt's hash of 72 times 'x' */
    static const char hash[] = "$2b$04$nKydJb1EmANR0qxtoY2i9e1LW0YrZV8SOYlBMoB69ymVsrhrHGws6";
    char longest[73];
    char too_long[74];
    char ret_hash[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    (void)state;
    memset(longest, 'x', sizeof(longest));
    memset(too_long, 'x', sizeof(too_long));
    longest[72] = '\0';
    too_long[73] = '\0';
    assert_true(password_matches(longest, hash, CHEAP));
    assert_false(password_matches(too_long, hash, CHEAP));
    assert_true(password_hash(longest, CHEAP, ret_hash, &err));
    assert_false(password_hash(too_long, CHEAP, ret_hash, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_true(password_hash("", CHEAP, ret_hash, &err)); /* what is hashed in its stead */
    assert_false(password_matches(too_long, ret_hash, CHEAP));
}

static void a_stored_form_that_is_not_bcrypt_matches_nothing(void **state)
{
    static const char *const damaged[] = {
        "",
        "*",
        "*0",
        "password",
        "pa4DC1fTGGfDY",                  /* what DES makes of "password" with the salt "pa" */
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0", /* MD5 of "password" */
        "$2b$04$",
        "$2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCH",   /* 59 */
        "$2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHyy", /* 61 */
        "$2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSC:y",
        "$2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSC y",
        "$2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCH\n",
        "$2x$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHyy",
        "$2B$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2b$03$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2b$32$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2b$+4$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2b$4$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHyy",
        "_2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        " $2b$04$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCH",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        assert_false(password_matches("correct horse", damaged[i], CHEAP));
        assert_false(password_matches("password", damaged[i], CHEAP));
        assert_false(password_matches("", damaged[i], CHEAP));
        assert_false(password_matches(damaged[i], damaged[i], CHEAP));
    }
}

static void nobody_has_no_password(void **state)
{
    (void)state;
    assert_false(password_matches("correct horse", NULL, CHEAP));
    assert_false(password_matches("", NULL, CHEAP));
}

/* -- The work is the same -----------------------------------------------------------------------
 */

static double cpu_seconds(const char *password, const char *hash, int cost)
{
    struct timespec start;
    struct timespec end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    password_matches(password, hash, cost);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

static void what_cannot_match_takes_as_long_as_a_wrong_password(void **state)
{
    enum { COST = 9 };
    static const char *const damaged[] = {
        "damaged",
        "$2b$03$ellvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
        "$2b$09$:llvggE9n75dc2UE0PmZyOgVYaSwDayrKTSQbHCUVdF/30TOdSCHy",
    };
    char hash[PASSWORD_HASH_BYTES];
    char too_long[101];
    Error err = { 0 };

    (void)state;
    memset(too_long, 'x', sizeof(too_long));
    too_long[100] = '\0';
    assert_true(password_hash("correct horse", COST, hash, &err));
    double wrong = cpu_seconds("wrong horse", hash, COST);
    assert_true(cpu_seconds("wrong horse", NULL, COST) > wrong / 2);
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
        assert_true(cpu_seconds("wrong horse", damaged[i], COST) > wrong / 2);
    assert_true(cpu_seconds(too_long, hash, COST) > wrong / 2);
    assert_true(cpu_seconds(too_long, NULL, COST) > wrong / 2);
}

static void a_cheaper_hash_takes_as_long_as_nobodys(void **state)
{
    enum { OLD = 5, NEW = 9 };
    char hash[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    (void)state;
    assert_true(password_hash("correct horse", OLD, hash, &err));
    double nobodys = cpu_seconds("wrong horse", NULL, NEW);
    double somebodys = cpu_seconds("wrong horse", hash, NEW);
    assert_true(somebodys > nobodys * 0.75 && somebodys < nobodys * 1.33);
    assert_true(password_matches("correct horse", hash, NEW));
}

/* -- New passwords ------------------------------------------------------------------------------
 */

/* The type of the fault, or NULL when the password is accepted. */
static const char *fault_of(const char *password, Arena *arena)
{
    Error err = { 0 };
    const Location body = { .name = "body" };
    const Location location = { .parent = &body, .name = "password" };
    const Decoder d = { .arena = arena, .location = &location, .err = &err };
    const Field field = { .name = "password" };

    if (password_check(&d, &field, password)) {
        assert_int_equal(err.code, ERROR_NONE);
        return NULL;
    }
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(err.fault_count, 1);
    assert_string_equal(err.faults->location, "[\"body\",\"password\"]");
    assert_null(strstr(err.faults->message, password)); /* never repeated */
    return err.faults->type;
}

static void a_new_password_has_8_to_72_bytes(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    char text[74];

    (void)state;
    memset(text, 'q', sizeof(text));
    text[73] = '\0';
    assert_string_equal(fault_of(text, &arena), "string_too_long");
    text[72] = '\0';
    assert_null(fault_of(text, &arena));
    assert_null(fault_of("hb7 Lq2!", &arena));
    assert_string_equal(fault_of("hb7 Lq2", &arena), "string_too_short");
    assert_null(fault_of("        \t", &arena));
    assert_null(fault_of("\U0001f511\U0001f40e", &arena));
    /* 18 keys of 4 bytes fit, the 19th does not, though it is the 19th character */
    for (size_t i = 0; i < 18; i++)
        memcpy(text + 4 * i, "\U0001f511", 5);
    assert_null(fault_of(text, &arena));
    char *longer = arena_printf(&arena, "%s\U0001f511", text);
    assert_string_equal(fault_of(longer, &arena), "string_too_long");
}

static void a_new_password_is_not_one_of_the_commonest(void **state)
{
    static const char *const common[] = { "password", "12345678",  "123456789",  "iloveyou",
                                          "PASSWORD", "PassWord1", "qwertyuiop", "1q2w3e4r",
                                          "trustno1", "sunshine",  "princess",   "football" };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        assert_string_equal(fault_of(common[i], &arena), "password_too_common");
    assert_null(fault_of("amira-secret-2025", &arena));
    assert_null(fault_of("password and more", &arena));
}

static void every_row_of_the_list_is_found(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_int_equal(common_password_count, 3000);
    for (size_t i = 0; i < common_password_count; i++) {
        assert_string_equal(fault_of(common_passwords[i], &arena), "password_too_common");
        if (i > 0)
            assert_true(strcmp(common_passwords[i - 1], common_passwords[i]) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_of_the_old_system_match),
        cmocka_unit_test(every_spelling_of_bcrypt_matches),
        cmocka_unit_test(a_hash_matches_its_password_and_no_other),
        cmocka_unit_test(two_hashes_of_a_password_differ),
        cmocka_unit_test(a_hash_is_current_in_its_one_form_and_at_its_cost),
        cmocka_unit_test(bytes_after_the_72nd_are_not_cut_off_in_silence),
        cmocka_unit_test(a_stored_form_that_is_not_bcrypt_matches_nothing),
        cmocka_unit_test(nobody_has_no_password),
        cmocka_unit_test(what_cannot_match_takes_as_long_as_a_wrong_password),
        cmocka_unit_test(a_cheaper_hash_takes_as_long_as_nobodys),
        cmocka_unit_test(a_new_password_has_8_to_72_bytes),
        cmocka_unit_test(a_new_password_is_not_one_of_the_commonest),
        cmocka_unit_test(every_row_of_the_list_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
