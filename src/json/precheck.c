#include "json/precheck.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

/* How it works: outside strings only brackets, commas, colons, quotes and numbers matter. One bit
 * a level says whether it is an object; a comma there is one more member, in an array one more
 * element. A key is the string before a colon. Whatever is out of place is left to jansson, so the
 * pass never has to know what may come next. */

static_assert(LIMIT_JSON_DEPTH < 64, "one bit a level");

typedef struct Scan {
    JsonText text;
    size_t at;
    unsigned depth;
    uint64_t objects;    /* bit n: level n is an object */
    size_t members;      /* of all objects */
    size_t elements;     /* of all arrays */
    size_t string_bytes; /* of the last string, as it was sent */
    size_t string_start;
    Buffer copy;   /* .arena NULL: nothing had to be spelled differently yet */
    size_t copied; /* bytes of the text that are in `copy` */
    Arena *arena;
    Error *err;
} Scan;

bool json_malformed(JsonText text, size_t offset, const char *problem, Error *err)
{
    size_t line = 1;
    size_t column = 1;

    for (size_t i = 0; i < offset && i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        if (c == '\n') {
            line++;
            column = 1;
        } else if ((c & 0xc0) != 0x80) {
            column++;
        }
    }
    return error_set(err, ERROR_MALFORMED, "%s (line %zu, column %zu).", problem, line, column);
}

static bool refuse(const Scan *scan, size_t offset, const char *problem)
{
    return json_malformed(scan->text, offset, problem, scan->err);
}

/* The four hexadecimal digits at `offset`, or -1. */
static int hex4(const Scan *scan, size_t offset)
{
    int value = 0;

    if (scan->text.length < offset + 4)
        return -1;
    for (size_t i = offset; i < offset + 4; i++) {
        char c = scan->text.bytes[i];
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return value;
}

/* `at` stands on the backslash; moves behind the escape, or both of a surrogate pair. */
static bool scan_escape(Scan *scan)
{
    const char *bytes = scan->text.bytes;
    size_t start = scan->at;

    if (start + 1 >= scan->text.length || bytes[start + 1] != 'u') {
        scan->at += 2; /* which letters may follow is grammar */
        return true;
    }
    int unit = hex4(scan, start + 2);
    if (unit < 0)
        return refuse(scan, start, "\\u must be followed by four hexadecimal digits");
    if (unit == 0)
        return refuse(scan, start, "\\u0000 is not accepted in text");
    scan->at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    /* RFC 8259 7: "a character that is not in the Basic Multilingual Plane … is represented as a
     * 12-character sequence, encoding the UTF-16 surrogate pair." */
    bool has_partner = unit <= 0xdbff && scan->at + 1 < scan->text.length &&
                       bytes[scan->at] == '\\' && bytes[scan->at + 1] == 'u';
    int partner = has_partner ? hex4(scan, scan->at + 2) : -1;
    if (partner < 0xdc00 || partner > 0xdfff)
        return refuse(scan, start, "A \\u surrogate stands alone: half a character is missing");
    scan->at += 6;
    return true;
}

static bool scan_string(Scan *scan)
{
    scan->string_start = scan->at++;
    while (scan->at < scan->text.length && scan->text.bytes[scan->at] != '"') {
        if (scan->text.bytes[scan->at] != '\\')
            scan->at++;
        else if (!scan_escape(scan))
            return false;
    }
    if (scan->at >= scan->text.length)
        return refuse(scan, scan->string_start, "A string is not closed");
    scan->string_bytes = scan->at - scan->string_start - 1;
    scan->at++;
    return true;
}

/* An integer in JSON's spelling that is -0 or beyond int64; the reader must not change it. */
static bool is_integer_no_int64_holds(const char *digits, size_t length)
{
    static const char most[] = "9223372036854775808"; /* of negative ones, 2^63 */
    bool is_negative = length > 0 && digits[0] == '-';

    digits += is_negative;
    length -= is_negative;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    }
    if (length == 0 || (length > 1 && digits[0] == '0'))
        return false; /* grammar */
    if (length == 1)
        return is_negative && digits[0] == '0';
    if (length != sizeof(most) - 1)
        return length > sizeof(most) - 1;
    int order = memcmp(digits, most, length);
    return is_negative ? order > 0 : order >= 0;
}

static bool scan_number(Scan *scan)
{
    size_t start = scan->at;

    while (scan->at < scan->text.length && scan->text.bytes[scan->at] != '\0' &&
           strchr("+-.0123456789Ee", scan->text.bytes[scan->at]) != NULL)
        scan->at++;
    if (scan->at - start > LIMIT_JSON_NUMBER_DIGITS)
        return refuse(scan, start, "A number is too long");
    if (!is_integer_no_int64_holds(scan->text.bytes + start, scan->at - start))
        return true;
    if (scan->copy.arena == NULL)
        scan->copy = buffer_start(scan->arena);
    buffer_add_bytes(&scan->copy, scan->text.bytes + scan->copied, scan->at - scan->copied);
    buffer_add(&scan->copy, ".0");
    scan->copied = scan->at;
    return true;
}

/* One more member of the present object, or element of the present array. */
static bool count_entry(Scan *scan)
{
    bool is_object = (scan->objects >> scan->depth & 1) != 0;
    size_t *count = is_object ? &scan->members : &scan->elements;

    if (++*count > LIMIT_JSON_MEMBERS)
        return refuse(scan, scan->at,
                      is_object ? "Too many members" : "Too many elements in arrays");
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool scan_open(Scan *scan, bool is_object)
{
    if (++scan->depth > LIMIT_JSON_DEPTH)
        return refuse(scan, scan->at, "Nested too deeply");
    uint64_t bit = UINT64_C(1) << scan->depth;
    scan->objects = is_object ? scan->objects | bit : scan->objects & ~bit;
    scan->at++;
    while (scan->at < scan->text.length && is_blank(scan->text.bytes[scan->at]))
        scan->at++;
    bool is_empty = scan->at < scan->text.length &&
                    (scan->text.bytes[scan->at] == '}' || scan->text.bytes[scan->at] == ']');
    return is_empty || count_entry(scan); /* the first; each comma is one more */
}

static bool scan_token(Scan *scan)
{
    char c = scan->text.bytes[scan->at];

    if (c == '"')
        return scan_string(scan);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scan);
    if (c == '{' || c == '[')
        return scan_open(scan, c == '{');
    if (c == ',' && !count_entry(scan))
        return false;
    if (c == ':' && scan->string_bytes > LIMIT_JSON_KEY_BYTES)
        return refuse(scan, scan->string_start, "The name of a member is too long");
    if ((c == '}' || c == ']') && scan->depth > 0)
        scan->depth--;
    scan->at++;
    return true;
}

/* The offset of the first sequence that is not UTF-8. */
static size_t first_bad_sequence(JsonText text)
{
    size_t start = 0;

    while (start < text.length) {
        size_t next = start + 1;
        while (next < text.length && ((unsigned char)text.bytes[next] & 0xc0) == 0x80)
            next++;
        if (!text_is_utf8(text.bytes + start, next - start))
            break;
        start = next;
    }
    return start;
}

bool json_precheck(JsonText text, Arena *arena, JsonText *ret_text, Error *err)
{
    Scan scan = { .text = text, .arena = arena, .err = err };

    if (text.length >= 3 && memcmp(text.bytes, "\xef\xbb\xbf", 3) == 0)
        return error_set(err, ERROR_MALFORMED,
                         "The JSON begins with a byte order mark; leave it out.");
    if (!text_is_utf8(text.bytes, text.length))
        return json_malformed(text, first_bad_sequence(text), "The text is not valid UTF-8", err);
    while (scan.at < text.length) {
        if (!scan_token(&scan))
            return false;
    }
    *ret_text = text;
    if (scan.copy.arena != NULL) {
        buffer_add_bytes(&scan.copy, text.bytes + scan.copied, text.length - scan.copied);
        *ret_text = (JsonText){ .bytes = scan.copy.data, .length = scan.copy.length };
    }
    return true;
}
