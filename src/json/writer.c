#include "json/writer.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

Writer writer_start(Arena *arena)
{
    return (Writer){ .out = buffer_start(arena) };
}

/* A value begins: the comma, when it is not the first of its array and does not follow a key. */
static void begin_value(Writer *w)
{
    if (w->needs_comma)
        buffer_add_char(&w->out, ',');
    w->needs_comma = true;
}

static void open_container(Writer *w, char bracket)
{
    begin_value(w);
    buffer_add_char(&w->out, bracket);
    w->depth++;
    w->needs_comma = false;
}

static void close_container(Writer *w, char bracket)
{
    assert(w->depth > 0);
    buffer_add_char(&w->out, bracket);
    w->depth--;
    w->needs_comma = true;
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

void write_key(Writer *w, const char *key)
{
    assert(w->depth > 0);
    begin_value(w);
    buffer_add_json_string(&w->out, key);
    buffer_add_char(&w->out, ':');
    w->needs_comma = false;
}

void write_name(Writer *w, const char *name)
{
    enum { MARKS = 4 }; /* a comma, two quotes, a colon */
    size_t length = strlen(name);
    char *begin = buffer_reserve(&w->out, length + MARKS);
    char *at = begin;

    assert(w->depth > 0);
    if (w->needs_comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, name, length);
    at += length;
    *at++ = '"';
    *at++ = ':';
    *at = '\0';
    w->out.length += (size_t)(at - begin);
    w->needs_comma = false;
}

void write_text(Writer *w, const char *value)
{
    if (value == NULL) {
        write_null(w);
        return;
    }
    begin_value(w);
    buffer_add_json_string(&w->out, value);
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
    begin_value(w);
    buffer_add_bytes(&w->out, start, (size_t)(text + sizeof(text) - start));
}

void write_boolean(Writer *w, bool value)
{
    write_raw(w, value ? "true" : "false");
}

void write_null(Writer *w)
{
    write_raw(w, "null");
}

void write_raw(Writer *w, const char *json)
{
    begin_value(w);
    buffer_add(&w->out, json != NULL ? json : "null");
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
