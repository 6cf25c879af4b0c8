#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

bool text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_ignoring_case(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (lower(*a) != lower(*b))
            return false;
    }
    return *a == *b;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Length of the sequence that `lead` opens, or 0. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return lead == 0 ? 0 : 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 4;
    return 0;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + length;

    while (at < end) {
        size_t size = sequence_length(*at);
        if (size == 0 || (size_t)(end - at) < size)
            return false;
        for (size_t i = 1; i < size; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return false;
        }
        /* RFC 3629 4: the second byte tells overlong forms, surrogates and > U+10FFFF apart. */
        if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
            (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
            return false;
        at += size;
    }
    return true;
}

size_t text_length(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80)
            count++;
    }
    return count;
}

bool text_has_no_controls(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return false;
    }
    return true;
}

bool text_to_int64(const char *text, long long *ret_value)
{
    bool is_negative = *text == '-';
    const char *digits = text + is_negative;
    unsigned long long value = 0;

    if (*digits == '\0' || (*digits == '0' && (digits[1] != '\0' || is_negative)))
        return false;
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return false;
        unsigned digit = (unsigned)(*at - '0');
        if (value > ((unsigned long long)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = is_negative ? -(long long)value : (long long)value;
    return true;
}

enum { LONGEST_NAME = 64, MOST_APART = 3 /* "full_name" is no slip for "username" */ };

static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1];
    size_t width = strlen(b);

    assert(width <= LONGEST_NAME);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[width];
}

const char *text_nearest(const char *name, const char *const names[], size_t count)
{
    size_t length = strlen(name);
    const char *nearest = NULL;
    size_t best = length / 3 + 1 < MOST_APART ? length / 3 + 1 : MOST_APART;

    if (length < 2 || length > LONGEST_NAME)
        return NULL; /* every name of one letter is one letter away from every other */
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(names[i]);
        if (other > length + best || length > other + best)
            continue; /* so many letters are more or less */
        size_t d = distance(name, names[i]);
        if (d <= best && (nearest == NULL || d < best)) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
