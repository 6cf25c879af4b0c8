#include <fcntl.h>
#include <ftw.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/secret.h"
#include "base/arena.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEX64        "8f1d5c0a7be3924660f2c98d13ab57ee04d6b1f87a9c2e3355806f4bd1ca79e2"

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/fasti-secret-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static int remove_directory(void **state)
{
    (void)state;
    return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name, Arena *arena)
{
    return arena_printf(arena, "%s/%s", directory, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static unsigned count_files(void)
{
    Arena AUTO(arena_finish) arena = { 0 };
    FILE *list = popen(arena_printf(&arena, "ls -A %s | wc -l", directory), "r");
    unsigned count = 0;

    assert_non_null(list);
    assert_int_equal(fscanf(list, "%u", &count), 1);
    pclose(list);
    return count;
}

/* -- SECRET_KEY ---------------------------------------------------------------------------------
 */

static void a_long_random_key_is_taken(void **state)
{
    static const char *const good[] = {
        HEX64,
        "q7Zs3pWf9VbK1xYtR5mLc8NdE2hGjU4A", /* 32 bytes */
        "zT3F0b1uQyqkqv0cGq9m0q6nJp5W8o6H2m1i9l0hQ8U=",
        "five small goats walk over a wooden bridge in the rain",
        "a-secret-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        Secret secret;
        Error err = { 0 };
        assert_true(secret_from_text(good[i], &secret, &err));
        assert_int_equal(err.code, ERROR_NONE);
    }
}

static void a_short_or_well_known_key_is_refused_with_a_way_out(void **state)
{
    static const char *const bad[] = {
        "",
        "secret",
        "changeme",
        "your-secret-key",
        "q7Zs3pWf9VbK1xYtR5mLc8NdE2hGjU4", /* 31 bytes */
        "your-secret-key-here-change-in-production",
        "your_super_secret_key_that_is_long_enough",
        "CHANGE_ME_to_something_that_is_really_random",
        "Please-change-this-to-a-random-string-0123456789",
        "django-insecure-q7Zs3pWf9VbK1xYtR5mLc8NdE2hGjU4A",
        "secretsecretsecretsecretsecretsecret",
        "00000000000000000000000000000000",
        "123123123123123123123123123123123123123",
        "abcdefghabcdefghabcdefghabcdefgh",
        "01234567890123456789012345678901",
        "98765432109876543210987654321098",
        "passwordpasswordpassword12345678",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "administratoradministrator123456",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", /* FastAPI's */
        "09D25E094FAA6CA2556C818166B7A9563B93F7099F6F0F4CAA6CF63B88E8D3E7",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        Secret secret;
        Error err = { 0 };
        assert_false(secret_from_text(bad[i], &secret, &err));
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.detail, "openssl rand -hex 32"));
        assert_true(bad[i][0] == '\0' || strlen(bad[i]) < 16 ||
                    strstr(err.detail, bad[i]) == NULL); /* never repeated */
    }
}

/* -- The file -----------------------------------------------------------------------------------
 */

static void a_missing_file_is_made_and_read_again(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);
    Secret made;
    Secret read;
    Error err = { 0 };
    struct stat status;

    (void)state;
    umask(0);
    assert_true(secret_load_or_create(path, &made, &err));
    assert_int_equal(err.code, ERROR_NONE);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 65);
    assert_int_equal(count_files(), 1); /* nothing temporary is left */
    assert_true(secret_load_or_create(path, &read, &err));
    assert_memory_equal(&made, &read, sizeof(made));
}

static void two_files_hold_different_secrets(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Secret a;
    Secret b;
    Error err = { 0 };

    (void)state;
    assert_true(secret_load_or_create(path_of("a", &arena), &a, &err));
    assert_true(secret_load_or_create(path_of("b", &arena), &b, &err));
    assert_memory_not_equal(&a, &b, sizeof(a));
}

static void *load_in_thread(void *argument)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { 0 };

    if (!secret_load_or_create(path_of("race", &arena), argument, &err))
        memset(argument, 0, sizeof(Secret));
    return NULL;
}

static void servers_that_start_together_get_the_same_secret(void **state)
{
    enum { SERVERS = 8 };
    static const Secret none;
    Secret secrets[SERVERS];
    pthread_t threads[SERVERS];

    (void)state;
    for (size_t i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_in_thread, &secrets[i]), 0);
    for (size_t i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_memory_not_equal(&secrets[0], &none, sizeof(none));
    for (size_t i = 1; i < SERVERS; i++)
        assert_memory_equal(&secrets[i], &secrets[0], sizeof(Secret));
    assert_int_equal(count_files(), 1);
}

static void a_secret_written_by_hand_is_read(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);
    Secret with_line_end;
    Secret without;
    Secret from_text;
    Error err = { 0 };

    (void)state;
    write_file(path, HEX64 "\n", 0600);
    assert_true(secret_load_or_create(path, &with_line_end, &err));
    write_file(path, HEX64, 0400);
    assert_true(secret_load_or_create(path, &without, &err));
    assert_memory_equal(&with_line_end, &without, sizeof(without));
    assert_true(secret_from_text(HEX64, &from_text, &err)); /* the same, moved to .env */
    assert_memory_equal(&from_text, &without, sizeof(without));
}

static void refuses(const char *path, const char *because)
{
    Secret secret;
    Error err = { 0 };

    assert_false(secret_load_or_create(path, &secret, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    if (strstr(err.detail, because) == NULL)
        fail_msg("%s, but: %s", because, err.detail);
}

static void a_file_that_others_may_touch_is_refused(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777 };
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        write_file(path, HEX64 "\n", modes[i]);
        refuses(path, "chmod 600");
    }
}

static void a_file_of_somebody_else_is_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);

    (void)state;
    write_file(path, HEX64 "\n", 0600);
    if (chown(path, 12345, (gid_t)-1) != 0)
        skip(); /* only root can make one */
    refuses(path, "somebody else");
}

static void a_symbolic_link_is_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);
    const char *target = path_of("target", &arena);

    (void)state;
    write_file(target, HEX64 "\n", 0600);
    assert_int_equal(symlink(target, path), 0);
    refuses(path, "symbolic link");
    assert_int_equal(unlink(target), 0); /* a dangling one: nothing is made behind it */
    refuses(path, "symbolic link");
    assert_int_not_equal(access(target, F_OK), 0);
}

static void what_is_not_a_plain_file_is_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *pipe = path_of("pipe", &arena);

    (void)state;
    refuses(directory, "plain file");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    refuses(pipe, "plain file"); /* and does not wait for a writer */
    refuses(path_of("missing/secret", &arena), "cannot be made");
}

static void a_file_without_a_sound_secret_is_refused(void **state)
{
    static const char *const contents[] = {
        "",
        "\n",
        "8f1d5c0a\n",
        "8f1d5c0a7be3924660f2c98d13ab57ee04d6b1f87a9c2e3355806f4bd1ca79e\n", /* 63 digits */
        HEX64 "\n\n",
        HEX64 " \n",
        HEX64 "\r\n",
        " " HEX64 "\n",
        "0x" HEX64 "\n",
        "q7Zs3pWf9VbK1xYtR5mLc8NdE2hGjU4Aq7Zs3pWf9VbK1xYtR5mLc8NdE2hGjU4A\n",
    };
    Arena AUTO(arena_finish) arena = { 0 };
    const char *path = path_of("secret", &arena);

    (void)state;
    for (size_t i = 0; i < COUNT(contents); i++) {
        write_file(path, contents[i], 0600);
        refuses(path, "hexadecimal digits");
    }
    write_file(path, "0000000000000000000000000000000000000000000000000000000000000000", 0600);
    refuses(path, "well-known");
    write_file(path, "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7\n", 0600);
    refuses(path, "well-known");
    char *huge = arena_alloc(&arena, 4099);
    memset(huge, 'a', 4098);
    write_file(path, huge, 0600);
    refuses(path, "larger");
}

/* -- Keys ---------------------------------------------------------------------------------------
 */

static void keys_are_derived_as_rfc_5869_says(void **state)
{
    unsigned char expected[SECRET_BYTES];
    unsigned char key[SECRET_BYTES];
    Secret secret;
    Error err = { 0 };
    char text[] = HEX64;
    char salt[] = "fasti";
    char info[] = "fasti access";
    char digest[] = "SHA256";

    (void)state;
    assert_true(secret_from_text(text, &secret, &err));
    secret_derive(&secret, "access", key);

    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, text, strlen(text)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, strlen(salt)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info)),
        OSSL_PARAM_construct_end(),
    };
    assert_int_equal(EVP_KDF_derive(context, expected, sizeof(expected), parameters), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    assert_memory_equal(key, expected, sizeof(key));
}

static void every_label_has_a_key_of_its_own(void **state)
{
    static const char *const labels[] = { "access", "refresh", "cursor" };
    unsigned char keys[COUNT(labels)][SECRET_BYTES];
    Secret secret;
    Error err = { 0 };

    (void)state;
    assert_true(secret_from_text(HEX64, &secret, &err));
    for (size_t i = 0; i < COUNT(labels); i++) {
        secret_derive(&secret, labels[i], keys[i]);
        assert_memory_not_equal(keys[i], secret.key, SECRET_BYTES);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(keys[i], keys[j], SECRET_BYTES);
    }
}

static void a_finished_secret_is_overwritten(void **state)
{
    static const Secret zeros;
    Secret secret;
    Error err = { 0 };

    (void)state;
    assert_true(secret_from_text(HEX64, &secret, &err));
    secret_finish(&secret);
    assert_memory_equal(&secret, &zeros, sizeof(zeros));
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_random_key_is_taken),
        cmocka_unit_test(a_short_or_well_known_key_is_refused_with_a_way_out),
        IN_DIRECTORY(a_missing_file_is_made_and_read_again),
        IN_DIRECTORY(two_files_hold_different_secrets),
        IN_DIRECTORY(servers_that_start_together_get_the_same_secret),
        IN_DIRECTORY(a_secret_written_by_hand_is_read),
        IN_DIRECTORY(a_file_that_others_may_touch_is_refused),
        IN_DIRECTORY(a_file_of_somebody_else_is_refused),
        IN_DIRECTORY(a_symbolic_link_is_refused),
        IN_DIRECTORY(what_is_not_a_plain_file_is_refused),
        IN_DIRECTORY(a_file_without_a_sound_secret_is_refused),
        cmocka_unit_test(keys_are_derived_as_rfc_5869_says),
        cmocka_unit_test(every_label_has_a_key_of_its_own),
        cmocka_unit_test(a_finished_secret_is_overwritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
