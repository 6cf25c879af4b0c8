#include "base/dotenv.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_key_char(char c, bool is_first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!is_first && c >= '0' && c <= '9');
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static bool ends_line(char c)
{
    return c == '\0' || c == '\n';
}

/* After a value only blanks and a comment may follow. */
static bool is_rest_empty(const char *at)
{
    at = skip_blanks(at);
    return ends_line(*at) || *at == '#';
}

/* `at` stands behind the opening quote; NULL when the line ends before the closing one. */
static const char *read_quoted(const char *at, char quote, Buffer *value)
{
    for (; *at != quote; at++) {
        if (ends_line(*at))
            return NULL;
        if (quote == '"' && *at == '\\' && !ends_line(at[1])) {
            at++;
            buffer_add_char(value, *at == 'n' ? '\n' : *at == 't' ? '\t' : *at);
        } else {
            buffer_add_char(value, *at);
        }
    }
    return at + 1;
}

static void read_plain(const char *at, Buffer *value)
{
    const char *end = at;

    /* `#` opens a comment only after a blank: passwords in URLs hold it too. */
    while (!ends_line(*end) && !(*end == '#' && (end == at || is_blank(end[-1]))))
        end++;
    while (end > at && is_blank(end[-1]))
        end--;
    buffer_add_bytes(value, at, (size_t)(end - at));
}

/* One line that is neither empty nor a comment. */
static bool read_line(const char *at, Arena *arena, DotenvLine *ret_line)
{
    if (text_starts_with(at, "export") && is_blank(at[6]))
        at = skip_blanks(at + 6);

    const char *key = at;
    while (is_key_char(*at, at == key))
        at++;
    if (at == key)
        return false;
    ret_line->key = arena_strndup(arena, key, (size_t)(at - key));
    at = skip_blanks(at);
    if (*at != '=')
        return false;
    at = skip_blanks(at + 1);

    Buffer value = buffer_start(arena);
    if (*at == '"' || *at == '\'') {
        at = read_quoted(at + 1, *at, &value);
        if (at == NULL || !is_rest_empty(at))
            return false;
    } else {
        read_plain(at, &value);
    }
    ret_line->value = value.data;
    return true;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

bool dotenv_parse(const char *text, Arena *arena, DotenvLine **ret_lines, size_t *ret_count,
                  Error *err)
{
    DotenvLine *lines = ARENA_ARRAY(arena, DotenvLine, count_lines(text));
    size_t count = 0;
    size_t number = 1;

    for (const char *at = text;; number++) {
        const char *start = skip_blanks(at);
        if (!ends_line(*start) && *start != '#' && !read_line(start, arena, &lines[count++]))
            return error_set(err, ERROR_INVALID, "Line %zu is neither KEY=value nor a comment.",
                             number);
        const char *end = strchr(at, '\n');
        if (end == NULL)
            break;
        at = end + 1;
    }
    *ret_lines = lines;
    *ret_count = count;
    return true;
}
