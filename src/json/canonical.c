#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "json/reader.h"
#include "json/writer.h"

static void write_value(Writer *w, const json_t *value);

/* The shortest of the spellings that read back as the same double; always recognisable as a real,
 * so that a second reading gives the same type again. */
static void write_real(Writer *w, double value)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        strncat(text, ".0", sizeof(text) - strlen(text) - 1);
    write_raw(w, text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_members(Writer *w, const json_t *object)
{
    size_t count = json_object_size(object);
    const char **names = ARENA_ARRAY(w->out.arena, const char *, count);
    json_t *members = (json_t *)object; /* jansson's iterators take no const */
    size_t i = 0;

    for (void *at = json_object_iter(members); at != NULL; at = json_object_iter_next(members, at))
        names[i++] = json_object_iter_key(at);
    qsort(names, count, sizeof(names[0]), compare_names);
    write_object(w);
    for (i = 0; i < count; i++) {
        write_key(w, names[i]);
        write_value(w, json_object_get(object, names[i]));
    }
    write_end_object(w);
}

static void write_value(Writer *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_members(w, value);
        break;
    case JSON_ARRAY:
        write_array(w);
        for (size_t i = 0; i < json_array_size(value); i++)
            write_value(w, json_array_get(value, i));
        write_end_array(w);
        break;
    case JSON_STRING:
        write_text(w, json_string_value(value));
        break;
    case JSON_INTEGER:
        write_integer(w, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(w, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        write_boolean(w, json_is_true(value));
        break;
    case JSON_NULL:
        write_null(w);
        break;
    }
}

const char *json_canonical(Arena *arena, const json_t *value)
{
    Writer w = writer_start(arena);

    write_value(&w, value);
    return writer_text(&w);
}

/* -- The form of a text ----------------------------------------------------------------------- */

enum { SCAN_DEPTH = 16, SCAN_DIGITS = 18 /* any such number fits an int64 */ };

/* A walk over the text, which stops where it is not compact. */
typedef struct Scan {
    const char *at;
    unsigned char bits; /* all of the bytes in texts, or-ed: is it ASCII? */
    bool is_sorted;     /* the members of each object, so far */
} Scan;

static bool scan_value(Scan *s, unsigned depth);

static bool scan_char(Scan *s, char c)
{
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

/* Of the escapes those that the writer has a short form for. */
static bool scan_escape(Scan *s)
{
    return scan_char(s, '\\') && *s->at != '\0' && strchr("\"\\btnfr", *s->at++) != NULL;
}

static bool scan_text(Scan *s)
{
    if (!scan_char(s, '"'))
        return false;
    do {
        const unsigned char *at = (const unsigned char *)s->at;
        unsigned char bits = 0;
        while (*at >= 0x20 && *at != '"' && *at != '\\' && *at != 0x7f)
            bits |= *at++;
        s->at = (const char *)at;
        s->bits |= bits;
        if (scan_char(s, '"'))
            return true;
    } while (scan_escape(s));
    return false;
}

static bool scan_integer(Scan *s)
{
    bool is_negative = scan_char(s, '-');
    size_t digits = strspn(s->at, "0123456789");
    bool has_leading_zero = *s->at == '0' && (digits > 1 || is_negative); /* -0 is written 0 */

    s->at += digits;
    return digits > 0 && digits <= SCAN_DIGITS && !has_leading_zero;
}

static bool scan_word(Scan *s, const char *word)
{
    if (!text_starts_with(s->at, word))
        return false;
    s->at += strlen(word);
    return true;
}

static bool scan_array(Scan *s, unsigned depth)
{
    s->at++; /* the bracket */
    if (scan_char(s, ']'))
        return true;
    do {
        if (!scan_value(s, depth))
            return false;
    } while (scan_char(s, ','));
    return scan_char(s, ']');
}

/* As it stands in the text, without its quotes. */
typedef struct Name {
    const char *bytes;
    size_t length;
} Name;

static bool is_before(Name a, Name b)
{
    int order = memcmp(a.bytes, b.bytes, a.length < b.length ? a.length : b.length);

    return order < 0 || (order == 0 && a.length < b.length);
}

static bool scan_object(Scan *s, unsigned depth)
{
    Name last = { .bytes = NULL };

    s->at++; /* the brace */
    if (scan_char(s, '}'))
        return true;
    do {
        Name name = { .bytes = s->at + 1 };
        if (!scan_text(s))
            return false;
        name.length = (size_t)(s->at - 1 - name.bytes);
        if (!scan_char(s, ':') || !scan_value(s, depth))
            return false;
        /* Escapes have another order than what they stand for. */
        s->is_sorted &= (last.bytes == NULL || is_before(last, name)) &&
                        memchr(name.bytes, '\\', name.length) == NULL;
        last = name;
    } while (scan_char(s, ','));
    return scan_char(s, '}');
}

static bool scan_value(Scan *s, unsigned depth)
{
    if (depth == 0)
        return false;
    switch (*s->at) {
    case '{':
        return scan_object(s, depth - 1);
    case '[':
        return scan_array(s, depth - 1);
    case '"':
        return scan_text(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_integer(s);
    }
}

JsonForm json_form(const char *text)
{
    Scan s = { .at = text, .is_sorted = true };

    if (!scan_value(&s, SCAN_DEPTH) || *s.at != '\0')
        return FORM_OTHER;
    if (s.bits >= 0x80 && !text_is_utf8(text, (size_t)(s.at - text)))
        return FORM_OTHER;
    return s.is_sorted ? FORM_CANONICAL : FORM_COMPACT;
}
