#include "http/uri.h"

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* RFC 3986 2.1. NULL: a '%' without two digits. The text may then hold a NUL; see *ret_length. */
static char *decode(const char *raw, size_t length, bool plus_is_space, Arena *arena,
                    size_t *ret_length)
{
    char *text = arena_alloc(arena, length + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char c = raw[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = length - i > 2 ? hex_value(raw[i + 1]) : -1;
            int low = high >= 0 ? hex_value(raw[i + 2]) : -1;
            if (low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        text[used++] = c;
    }
    text[used] = '\0';
    *ret_length = used;
    return text;
}

static bool refuse_path(Error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "There is nothing at this address.");
}

static bool is_sound_segment(const char *segment, size_t length)
{
    if (length == 0 || !text_is_utf8(segment, length) || strpbrk(segment, "/\\;") != NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)segment[i] < 0x20 || segment[i] == 0x7f)
            return false;
    }
    return !text_equal(segment, ".") && !text_equal(segment, "..");
}

static const char *join(const Path *path, Arena *arena)
{
    if (path->count == 0)
        return "/";
    Buffer text = buffer_start(arena);
    for (size_t i = 0; i < path->count; i++) {
        buffer_add_char(&text, '/');
        buffer_add(&text, path->segments[i]);
    }
    return text.data;
}

bool uri_read_path(const char *raw, size_t length, Arena *arena, Path *ret_path, Error *err)
{
    const char *at = raw;
    const char *end = raw + length;

    *ret_path = (Path){ .count = 0 };
    if (length == 0 || *at != '/')
        return error_set(err, ERROR_MALFORMED, "The request target must be an absolute path.");
    at++;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash != NULL ? slash : end;
        size_t decoded = 0;
        char *segment = decode(at, (size_t)(stop - at), false, arena, &decoded);
        if (segment == NULL)
            return error_set(err, ERROR_MALFORMED, "The path has a broken %%-escape.");
        if (!is_sound_segment(segment, decoded) || ret_path->count == PATH_SEGMENTS)
            return refuse_path(err);
        ret_path->lengths[ret_path->count] = decoded;
        ret_path->segments[ret_path->count++] = segment;
        at = slash != NULL ? slash + 1 : end;
    }
    ret_path->text = join(ret_path, arena);
    return true;
}

static bool read_text(const char *raw, size_t length, Arena *arena, const char **ret_text,
                      Error *err)
{
    size_t decoded = 0;
    const char *text = decode(raw, length, true, arena, &decoded);

    if (text == NULL)
        return error_set(err, ERROR_MALFORMED, "A parameter has a broken %%-escape.");
    if (!text_is_utf8(text, decoded))
        return error_set(err, ERROR_MALFORMED, "A parameter is not UTF-8 text.");
    *ret_text = text;
    return true;
}

bool uri_read_pairs(const char *raw, size_t length, Arena *arena, TextPair ret_pairs[],
                    size_t *ret_count, Error *err)
{
    const char *at = raw;
    const char *end = raw + length;

    *ret_count = 0;
    while (at < end) {
        const char *ampersand = memchr(at, '&', (size_t)(end - at));
        const char *stop = ampersand != NULL ? ampersand : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals != NULL ? equals : stop;
        const char *value = equals != NULL ? equals + 1 : stop;
        if (stop > at) {
            if (*ret_count == LIMIT_QUERY_PARAMETERS)
                return error_set(err, ERROR_MALFORMED, "More than %d parameters.",
                                 LIMIT_QUERY_PARAMETERS);
            TextPair *pair = &ret_pairs[(*ret_count)++];
            if (!read_text(at, (size_t)(name_end - at), arena, &pair->name, err) ||
                !read_text(value, (size_t)(stop - value), arena, &pair->value, err))
                return false;
        }
        at = ampersand != NULL ? ampersand + 1 : end;
    }
    return true;
}
