#include "json/writer.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

Writer writer_start(Arena *arena)
{
    return (Writer){ .out = buffer_start(arena) };
}

/* Room for what comes next, of at most `length` bytes, behind a comma when it is not the first of
 * its array or object and does not follow a key. */
static char *begin(Writer *w, size_t length)
{
    char *at = buffer_reserve(&w->out, length + 1);

    if (w->needs_comma)
        *at++ = ',';
    return at;
}

static void end(Writer *w, char *at, bool needs_comma)
{
    *at = '\0';
    w->out.length = (size_t)(at - w->out.data);
    w->needs_comma = needs_comma;
}

static void open_container(Writer *w, char bracket)
{
    char *at = begin(w, 1);

    *at++ = bracket;
    w->depth++;
    end(w, at, false);
}

static void close_container(Writer *w, char bracket)
{
    char *at = buffer_reserve(&w->out, 1);

    assert(w->depth > 0);
    *at++ = bracket;
    w->depth--;
    end(w, at, true);
}

/* A value that is JSON already. */
static void write_json(Writer *w, const char *json, size_t length)
{
    char *at = begin(w, length);

    memcpy(at, json, length);
    end(w, at + length, true);
}

void write_object(Writer *w)
{
    open_container(w, '{');
}

void write_end_object(Writer *w)
{
    close_container(w, '}');
}

void write_array(Writer *w)
{
    open_container(w, '[');
}

void write_end_array(Writer *w)
{
    close_container(w, ']');
}

/* A text that may have to be escaped. */
static void add_text(Writer *w, const char *text)
{
    end(w, begin(w, 0), true);
    buffer_add_json_string(&w->out, text);
}

void write_key(Writer *w, const char *key)
{
    assert(w->depth > 0);
    add_text(w, key);
    buffer_add_char(&w->out, ':');
    w->needs_comma = false;
}

void write_label(Writer *w, const char *label, size_t length)
{
    char *at = begin(w, length);

    assert(w->depth > 0);
    memcpy(at, label, length);
    end(w, at + length, false);
}

void write_text(Writer *w, const char *value)
{
    if (value == NULL)
        write_null(w);
    else
        add_text(w, value);
}

void write_plain(Writer *w, const char *value, size_t length)
{
    char *at = begin(w, length + 2);

    *at++ = '"';
    memcpy(at, value, length);
    at += length;
    *at++ = '"';
    end(w, at, true);
}

void write_integer(Writer *w, int64_t value)
{
    /* By hand: ids and versions are in every reply, and vsnprintf would be half of its cost. */
    char text[20]; /* "-9223372036854775808" */
    char *start = text + sizeof(text);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        *--start = '-';
    write_json(w, start, (size_t)(text + sizeof(text) - start));
}

void write_boolean(Writer *w, bool value)
{
    if (value)
        write_json(w, "true", strlen("true"));
    else
        write_json(w, "false", strlen("false"));
}

void write_null(Writer *w)
{
    write_json(w, "null", strlen("null"));
}

void write_raw(Writer *w, const char *json)
{
    if (json == NULL)
        write_null(w);
    else
        write_json(w, json, strlen(json));
}

const char *writer_text(Writer *w)
{
    assert(w->depth == 0);
    return w->out.data;
}

size_t writer_length(const Writer *w)
{
    return w->out.length;
}
