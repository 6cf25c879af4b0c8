#include "auth/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/mac.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"

#define HOW_TO_MAKE_ONE "make one with: openssl rand -hex 32"

static_assert((int)SECRET_BYTES == (int)MAC_BYTES, "HKDF's key is one HMAC");

enum {
    LEAST_DISTINCT = 8, /* "secretsecretsecret…" has 5; 32 random bytes in any spelling have 12 */
    /* "passwordpasswordpassword12345678" has 7; of 20,000 random keys of 32 hexadecimal digits none
     * had under 16. */
    LEAST_NEW = 14,
    LEAST_REPEAT = 3,
    HEX_CHARACTERS = 2 * SECRET_BYTES,
};

/* Keys of tutorials, which are in every attacker's list: FastAPI's, Flask's. */
static const char *const examples[] = {
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
};

/* Anywhere in a key, reduced to its letters: words that ask to be replaced. */
static const char *const placeholders[] = {
    "changeme",    "changethis",   "changeit",      "changein",      "replaceme",
    "replacethis", "replacewith",  "yoursecret",    "yoursuper",     "yourjwt",
    "yourkey",     "yourrandom",   "placeholder",   "insecure",      "notsecret",
    "notsosecret", "pleasechange", "defaultsecret", "examplesecret",
};

/* RFC 5869 2.2: PRK = HMAC-Hash(salt, IKM) */
static void extract(const void *input, size_t length, Secret *ret_secret)
{
    static const unsigned char salt[] = "fasti";

    mac_sha256(salt, sizeof(salt) - 1, input, length, ret_secret->key);
}

static size_t count_distinct(const char *text)
{
    bool is_seen[256] = { false };
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += !is_seen[(unsigned char)*text];
        is_seen[(unsigned char)*text] = true;
    }
    return count;
}

/* Is one of the two what comes to mind after the other? */
static bool are_neighbours(char a, char b)
{
    static const char *const rows[] = { "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop",
                                        "asdfghjkl", "zxcvbnm" };
    char low_a = (char)(a | 0x20);
    char low_b = (char)(b | 0x20);

    if (low_a == low_b)
        return true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (const char *at = rows[i]; at[1] != '\0'; at++) {
            if ((at[0] == low_a && at[1] == low_b) || (at[0] == low_b && at[1] == low_a))
                return true;
        }
    }
    return false;
}

/* How many bytes from `at` on stand somewhere before it as well (Lempel, Ziv 1977). */
static size_t repeat_at(const char *text, size_t at)
{
    size_t longest = 0;

    for (size_t from = 0; from < at; from++) {
        size_t length = 0;
        while (text[at + length] != '\0' && text[from + length] == text[at + length])
            length++;
        longest = length > longest ? length : longest;
    }
    return longest >= LEAST_REPEAT ? longest : 0;
}

/* A simple measure of what a guesser has to guess: the characters that neither go on with a row of
 * the alphabet, the digits or a keyboard nor repeat what was there before. */
static size_t count_new(const char *text)
{
    size_t count = 0;

    for (size_t at = 0; text[at] != '\0' && count < LEAST_NEW;) {
        size_t repeated = repeat_at(text, at);
        count += repeated == 0 && (at == 0 || !are_neighbours(text[at - 1], text[at]));
        at += repeated > 0 ? repeated : 1;
    }
    return count;
}

static bool is_placeholder(const char *text)
{
    Arena scratch AUTO(arena_finish) = { 0 };
    char *letters = arena_alloc(&scratch, strlen(text) + 1);
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++) {
        char c = (char)(*at | 0x20);
        if (c >= 'a' && c <= 'z')
            letters[count++] = c;
    }
    bool is_found = false;
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++)
        is_found |= strstr(letters, placeholders[i]) != NULL;
    OPENSSL_cleanse(letters, count);
    return is_found;
}

static bool is_well_known(const char *text)
{
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (text_equal_ignoring_case(text, examples[i]))
            return true;
    }
    return count_distinct(text) < LEAST_DISTINCT || count_new(text) < LEAST_NEW ||
           is_placeholder(text);
}

bool secret_from_text(const char *text, Secret *ret_secret, Error *err)
{
    size_t length = strlen(text);

    if (is_well_known(text))
        return error_set(err, ERROR_INVALID,
                         "SECRET_KEY is a well-known or guessable value: " HOW_TO_MAKE_ONE);
    if (length < SECRET_BYTES)
        return error_set(err, ERROR_INVALID,
                         "SECRET_KEY has %zu bytes and needs at least %d: " HOW_TO_MAKE_ONE, length,
                         SECRET_BYTES);
    extract(text, length, ret_secret);
    return true;
}

/* -- The file --------------------------------------------------------------------------------- */

static void close_descriptor(const int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

/* Asked of the open file, not of its name: nobody can exchange it in between. */
static bool is_private(int descriptor, const char *path, Error *err)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(err, ERROR_INVALID, "%s is not a plain file.", path);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return error_set(err, ERROR_INVALID, "%s holds a secret but belongs to somebody else.",
                         path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_set(err, ERROR_INVALID,
                         "%s holds a secret but others may read or write it: chmod 600 it.", path);
    return true;
}

static bool read_whole(int descriptor, char *text, size_t capacity, size_t *ret_length)
{
    size_t length = 0;

    while (length < capacity) {
        ssize_t got = read(descriptor, text + length, capacity - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    *ret_length = length;
    return true;
}

/* The digits of a file, without one line end. */
static bool take_digits(char *text, size_t length, const char *path, Secret *ret_secret, Error *err)
{
    if (length > 0 && text[length - 1] == '\n')
        length--;
    text[length] = '\0';
    if (length < HEX_CHARACTERS || strspn(text, "0123456789abcdefABCDEF") != length)
        return error_set(err, ERROR_INVALID,
                         "%s must hold at least %d hexadecimal digits: " HOW_TO_MAKE_ONE, path,
                         HEX_CHARACTERS);
    if (is_well_known(text))
        return error_set(err, ERROR_INVALID, "%s holds a well-known value: " HOW_TO_MAKE_ONE, path);
    extract(text, length, ret_secret);
    return true;
}

/* ERROR_NOT_FOUND when there is no such file. */
static bool load(const char *path, Secret *ret_secret, Error *err)
{
    int descriptor AUTO(close_descriptor) =
        open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0 && errno == ELOOP)
        return error_set(err, ERROR_INVALID, "%s is a symbolic link: use the file itself.", path);
    if (descriptor < 0)
        return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID,
                         "%s cannot be read: %s.", path, strerror(errno));
    if (!is_private(descriptor, path, err))
        return false;

    char text[LIMIT_SECRET_BYTES + 1];
    size_t length;
    if (!read_whole(descriptor, text, sizeof(text), &length))
        return error_set(err, ERROR_INVALID, "%s cannot be read: %s.", path, strerror(errno));
    bool is_taken = length <= LIMIT_SECRET_BYTES
                        ? take_digits(text, length, path, ret_secret, err)
                        : error_set(err, ERROR_INVALID, "%s is larger than %d bytes.", path,
                                    LIMIT_SECRET_BYTES);
    OPENSSL_cleanse(text, sizeof(text));
    return is_taken;
}

static bool sync_directory_of(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof(copy), "%s", path);
    int descriptor AUTO(close_descriptor) = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor >= 0 && fsync(descriptor) == 0;
}

/* A new random secret in a new file, on the disk when this returns. */
static bool write_new(const char *path)
{
    char digits[HEX_CHARACTERS + 2];
    int descriptor AUTO(close_descriptor) =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return false;

    random_hex(digits, SECRET_BYTES);
    digits[HEX_CHARACTERS] = '\n';
    bool is_written = write(descriptor, digits, HEX_CHARACTERS + 1) == HEX_CHARACTERS + 1 &&
                      fsync(descriptor) == 0;
    OPENSSL_cleanse(digits, sizeof(digits));
    return is_written;
}

/* Written under another name and then linked: link(2) fails when the name is taken, so that the
 * first of two servers decides and nobody ever sees a half file. */
static bool create(const char *path, Error *err)
{
    char temporary[PATH_MAX];
    char suffix[17];

    random_hex(suffix, 8);
    int length = snprintf(temporary, sizeof(temporary), "%s.%s", path, suffix);
    if (length < 0 || (size_t)length >= sizeof(temporary))
        return error_set(err, ERROR_INVALID, "The path of the secret is too long.");

    bool is_made = write_new(temporary) && (link(temporary, path) == 0 || errno == EEXIST) &&
                   sync_directory_of(path);
    int reason = errno;
    unlink(temporary);
    if (!is_made)
        return error_set(err, ERROR_INVALID, "%s cannot be made: %s.", path, strerror(reason));
    return true;
}

bool secret_load_or_create(const char *path, Secret *ret_secret, Error *err)
{
    if (load(path, ret_secret, err))
        return true;
    if (err->code != ERROR_NOT_FOUND)
        return false;
    error_clear(err);
    return create(path, err) && load(path, ret_secret, err);
}

/* -- Keys ------------------------------------------------------------------------------------- */

/* RFC 5869 2.3, for one block: T(1) = HMAC-Hash(PRK, info | 0x01) */
void secret_derive(const Secret *secret, const char *label, unsigned char ret_key[SECRET_BYTES])
{
    char info[64];
    int length = snprintf(info, sizeof(info), "fasti %s\x01", label);

    assert(length > 0 && (size_t)length < sizeof(info));
    mac_sha256(secret->key, sizeof(secret->key), info, (size_t)length, ret_key);
}

void secret_finish(Secret *secret)
{
    OPENSSL_cleanse(secret, sizeof(*secret));
}
