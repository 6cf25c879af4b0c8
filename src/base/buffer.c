#include "base/buffer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

Buffer buffer_start(Arena *arena)
{
    return (Buffer){
        .arena = arena,
        .data = arena_alloc(arena, FIRST_CAPACITY),
        .capacity = FIRST_CAPACITY,
    };
}

char *buffer_reserve(Buffer *buffer, size_t length)
{
    size_t needed = buffer->length + length + 1;

    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity * 2;
        if (capacity < needed)
            capacity = needed;
        /* With the whole old capacity: only then does the arena know its last allocation. */
        buffer->data = arena_grow(buffer->arena, buffer->data, buffer->capacity, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_add_bytes(Buffer *buffer, const char *bytes, size_t length)
{
    char *end = buffer_reserve(buffer, length);

    memcpy(end, bytes, length);
    end[length] = '\0';
    buffer->length += length;
}

void buffer_add(Buffer *buffer, const char *text)
{
    buffer_add_bytes(buffer, text, strlen(text));
}

void buffer_add_char(Buffer *buffer, char c)
{
    char *end = buffer_reserve(buffer, 1);

    end[0] = c;
    end[1] = '\0';
    buffer->length++;
}

void buffer_printf(Buffer *buffer, const char *format, ...)
{
    va_list args;

    assert(format != NULL);
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);

    char *end = buffer_reserve(buffer, (size_t)length);
    va_start(args, format);
    vsnprintf(end, (size_t)length + 1, format, args);
    va_end(args);
    buffer->length += (size_t)length;
}

/* What follows the backslash, for each character of ASCII; '-': it stands for itself. */
static const char escapes[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu" /* controls */
                              "--\"-----------------------------"
                              "----------------------------\\---"
                              "-------------------------------u" /* DEL */;
static_assert(sizeof(escapes) == 0x80 + 1, "one for each character");

static bool is_plain(unsigned char c)
{
    return c >= 0x80 || escapes[c] == '-';
}

void buffer_add_json_string(Buffer *buffer, const char *text)
{
    const char *plain = text; /* what is not added yet */
    const char *at = text;

    buffer_add_char(buffer, '"');
    for (;;) {
        while (is_plain((unsigned char)*at))
            at++;
        buffer_add_bytes(buffer, plain, (size_t)(at - plain));
        if (*at == '\0')
            break;
        unsigned char c = (unsigned char)*at++;
        if (escapes[c] == 'u')
            buffer_printf(buffer, "\\u%04x", c);
        else
            buffer_add_bytes(buffer, (const char[]){ '\\', escapes[c] }, 2);
        plain = at;
    }
    buffer_add_char(buffer, '"');
}
