#include "auth/password.h"

#include <assert.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/common_passwords.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"

enum {
    HASH_CHARACTERS = PASSWORD_HASH_BYTES - 1,
    SALT_AT = 7, /* "$2b$12$": 22 characters of salt and 31 of hash follow */
    SALT_BYTES = 16,
    LEAST_BYTES = 8,
    LEAST_COST = 4, /* what crypt(3) takes for $2b$ */
    GREATEST_COST = 31,
};

static int compare_text(const void *wanted, const void *row)
{
    return strcmp(wanted, *(const char *const *)row);
}

/* The list is in lower case: "PassWord" is no better than "password". */
static bool is_common(const char *password)
{
    char lowered[LIMIT_PASSWORD_BYTES + 1];
    size_t length = strlen(password);

    for (size_t i = 0; i <= length; i++) {
        char c = password[i];
        lowered[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    bool is_found = bsearch(lowered, common_passwords, common_password_count,
                            sizeof(common_passwords[0]), compare_text) != NULL;
    OPENSSL_cleanse(lowered, sizeof(lowered));
    return is_found;
}

bool password_check(const Decoder *d, const Field *field, const char *password)
{
    size_t length = strlen(password);

    (void)field;
    if (length < LEAST_BYTES)
        return decode_fault(d, "string_too_short", "Write at least %d characters.", LEAST_BYTES);
    if (length > LIMIT_PASSWORD_BYTES)
        return decode_fault(d, "string_too_long", "Write at most %d bytes.", LIMIT_PASSWORD_BYTES);
    if (is_common(password))
        return decode_fault(d, "password_too_common",
                            "Too many people use this one; choose another.");
    return true;
}

/* bcrypt by libxcrypt, into exactly the 60 characters of a hash. */
static bool run_bcrypt(const char *password, const char *setting,
                       char ret_hash[PASSWORD_HASH_BYTES])
{
    struct crypt_data data = { 0 };
    const char *hash = crypt_rn(password, setting, &data, sizeof(data));
    bool is_done = hash != NULL && strlen(hash) == HASH_CHARACTERS;

    if (is_done)
        memcpy(ret_hash, hash, PASSWORD_HASH_BYTES);
    OPENSSL_cleanse(&data, sizeof(data));
    return is_done;
}

bool password_hash(const char *password, int cost, char ret_hash[PASSWORD_HASH_BYTES], Error *err)
{
    char salt[SALT_BYTES];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    /* crypt(3) reads 72 bytes and would let every longer password with the same start in. */
    if (strlen(password) > LIMIT_PASSWORD_BYTES)
        return error_set(err, ERROR_INVALID, "A password has at most %d bytes.",
                         LIMIT_PASSWORD_BYTES);
    random_bytes(salt, sizeof(salt));
    if (crypt_gensalt_rn("$2b$", (unsigned long)cost, salt, sizeof(salt), setting,
                         sizeof(setting)) == NULL ||
        !run_bcrypt(password, setting, ret_hash))
        return error_set(err, ERROR_INTERNAL, "The password could not be hashed.");
    return true;
}

static int cost_of(const char *hash)
{
    return 10 * (hash[4] - '0') + (hash[5] - '0');
}

/* Exactly "$2a$", "$2b$" or "$2y$", a cost from 04 to 31, "$", 53 characters of bcrypt's alphabet.
 * crypt(3) takes a damaged hash for a DES salt, which anybody can match. */
static bool is_bcrypt(const char *hash)
{
    static const char alphabet[] =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char digits[] = "0123456789";

    if (strnlen(hash, PASSWORD_HASH_BYTES) != HASH_CHARACTERS)
        return false;
    if (hash[0] != '$' || hash[1] != '2' || strchr("aby", hash[2]) == NULL || hash[3] != '$' ||
        strchr(digits, hash[4]) == NULL || strchr(digits, hash[5]) == NULL || hash[6] != '$')
        return false;
    return cost_of(hash) >= LEAST_COST && cost_of(hash) <= GREATEST_COST &&
           strspn(hash + SALT_AT, alphabet) == HASH_CHARACTERS - SALT_AT;
}

/* Any hash of this cost. */
static void write_setting(int cost, char ret_setting[PASSWORD_HASH_BYTES])
{
    snprintf(ret_setting, PASSWORD_HASH_BYTES, "$2b$%02d$......................", cost);
}

/* A cost more is twice the work: what is missing from one to another is one hash of each between.
 */
static void make_up(int from, int to)
{
    char setting[PASSWORD_HASH_BYTES];
    char computed[PASSWORD_HASH_BYTES];

    for (int cost = from; cost < to; cost++) {
        write_setting(cost, setting);
        (void)run_bcrypt("", setting, computed);
    }
}

bool password_matches(const char *password, const char *hash, int cost)
{
    char setting[PASSWORD_HASH_BYTES];
    char computed[PASSWORD_HASH_BYTES] = { 0 };
    bool is_sound = hash != NULL && is_bcrypt(hash);
    bool fits = strlen(password) <= LIMIT_PASSWORD_BYTES;

    assert(cost >= LEAST_COST && cost <= GREATEST_COST);
    if (is_sound)
        memcpy(setting, hash, sizeof(setting));
    else
        write_setting(cost, setting);
    bool is_done = run_bcrypt(fits ? password : "", setting, computed);
    make_up(cost_of(setting), cost);
    return is_sound && fits && is_done && CRYPTO_memcmp(computed, setting, HASH_CHARACTERS) == 0;
}

bool password_is_current(const char *hash, int cost)
{
    char start[SALT_AT + 1];

    snprintf(start, sizeof(start), "$2b$%02d$", cost);
    return text_starts_with(hash, start);
}
