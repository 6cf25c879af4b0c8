#include "auth/account_text.h"

#include <idn2.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fold.h"
#include "base/limits.h"
#include "base/text.h"

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum {
    SHORTEST_USERNAME = 3,
    LONGEST_LOCAL_PART = 64, /* RFC 5321 4.5.3.1.1 */
    LONGEST_DOMAIN = 253,    /* RFC 1035 2.3.4: 255 octets on the wire */
    LONGEST_LABEL = 63,
};

static char *lower_ascii(const char *text, size_t length, Arena *arena)
{
    char *lowered = arena_strndup(arena, text, length);

    for (char *at = lowered; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return lowered;
}

/* -- User names ------------------------------------------------------------------------------- */

static bool has_username_characters(const char *username)
{
    return username[strspn(username, LETTERS_AND_DIGITS "._-")] == '\0';
}

bool account_check_username(const Decoder *d, const Field *field, const char *username)
{
    size_t length = text_length(username);

    (void)field;
    if (length < SHORTEST_USERNAME)
        return decode_fault(d, "string_too_short", "Write at least %d characters.",
                            SHORTEST_USERNAME);
    if (length > LIMIT_USERNAME)
        return decode_fault(d, "string_too_long", "Write at most %d characters.", LIMIT_USERNAME);
    if (!has_username_characters(username))
        return decode_fault(d, "string_pattern_mismatch",
                            "Use only the letters a to z and A to Z, digits, '.', '_' and '-'.");
    return true;
}

const char *account_username_key(Arena *arena, const char *username)
{
    size_t length = strnlen(username, LIMIT_USERNAME + 1);

    if (length < SHORTEST_USERNAME || length > LIMIT_USERNAME || !has_username_characters(username))
        return NULL;
    return lower_ascii(username, length, arena);
}

/* -- Addresses -------------------------------------------------------------------------------- */

/* RFC 5321 4.1.2: "Dot-string = Atom *("." Atom)", with the characters of RFC 5322's atext. No
 * quoted strings, no comments, and thereby no blank, comma, angle bracket or line end. */
static bool is_dot_atom(const char *text, size_t length)
{
    bool is_atom_empty = true;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && is_atom_empty)
            return false;
        if (text[i] != '.' && strchr(LETTERS_AND_DIGITS "!#$%&'*+-/=?^_`{|}~", text[i]) == NULL)
            return false;
        is_atom_empty = text[i] == '.';
    }
    return !is_atom_empty;
}

/* RFC 5321 2.3.5: letters, digits and hyphens, no hyphen at an end of a label. Two labels at
 * least, the last one no number: "a@localhost" and "a@127.0.0.1" reach nobody over the net. */
static bool is_host_name(const char *domain)
{
    const char *label = domain;

    if (strnlen(domain, LONGEST_DOMAIN + 1) > LONGEST_DOMAIN)
        return false;
    for (;;) {
        size_t length = strspn(label, LETTERS_AND_DIGITS "-");
        if (length == 0 || length > LONGEST_LABEL || label[0] == '-' || label[length - 1] == '-')
            return false;
        if (label[length] == '\0')
            return label != domain && strspn(label, "0123456789") < length;
        if (label[length] != '.')
            return false;
        label += length + 1;
    }
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static void release_label(unsigned char **text)
{
    idn2_free(*text);
}

static const char *lower_domain(const char *domain, Arena *arena)
{
    Buffer out = buffer_start(arena);

    for (size_t length; *domain != '\0'; domain += length) {
        char bytes[4];
        buffer_add_bytes(&out, bytes, fold_write(fold_lower(fold_read(domain, &length)), bytes));
    }
    return out.data;
}

/* The domain in lower-case ASCII, or NULL. The mapping step of UTS 46 is left out on purpose: it
 * turns full-width letters, U+017F and the Kelvin sign into plain ones. RFC 5891 itself refuses
 * them all. Only case is mapped here, and never into ASCII. */
static const char *domain_key(const char *domain, Arena *arena)
{
    const char *key = lower_domain(domain, arena);

    if (!is_ascii(key) || strstr(key, "xn--") != NULL) {
        unsigned char *ascii AUTO(release_label) = NULL;
        if (idn2_lookup_u8((const unsigned char *)key, &ascii, IDN2_NFC_INPUT | IDN2_NO_TR46) !=
            IDN2_OK)
            return NULL;
        key = arena_strdup(arena, (const char *)ascii);
    }
    return is_host_name(key) ? key : NULL;
}

const char *account_email_key(Arena *arena, const char *email)
{
    size_t length = strnlen(email, LIMIT_EMAIL + 1);
    const char *at = strrchr(email, '@');

    if (length > LIMIT_EMAIL || at == NULL || at - email > LONGEST_LOCAL_PART ||
        !is_dot_atom(email, (size_t)(at - email)))
        return NULL;
    const char *local = lower_ascii(email, (size_t)(at - email), arena);
    const char *domain = domain_key(at + 1, arena);
    if (domain == NULL || strlen(local) + 1 + strlen(domain) > LIMIT_EMAIL)
        return NULL;
    return arena_printf(arena, "%s@%s", local, domain);
}

bool account_check_email(const Decoder *d, const Field *field, const char *email)
{
    (void)field;
    if (account_email_key(d->arena, email) == NULL)
        return decode_fault(d, "value_error",
                            "Write one e-mail address like name@example.org, of at most %d "
                            "characters, with only plain letters before the '@'.",
                            LIMIT_EMAIL);
    return true;
}

const char *account_key(Arena *arena, const char *name_or_address)
{
    if (name_or_address == NULL)
        return NULL;
    return strchr(name_or_address, '@') != NULL ? account_email_key(arena, name_or_address)
                                                : account_username_key(arena, name_or_address);
}
