#include "base/buffer.h"

#include <assert.h>
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
    buffer_add_bytes(buffer, &c, 1);
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

void buffer_add_json_string(Buffer *buffer, const char *text)
{
    static const char short_escapes[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };

    buffer_add_char(buffer, '"');
    const char *plain = text;
    const char *at = text;
    for (; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buffer_add_bytes(buffer, plain, (size_t)(at - plain));
        plain = at + 1;
        if (c == '"' || c == '\\')
            buffer_add_bytes(buffer, (const char[]){ '\\', (char)c }, 2);
        else if (c < sizeof(short_escapes) && short_escapes[c] != '\0')
            buffer_add_bytes(buffer, (const char[]){ '\\', short_escapes[c] }, 2);
        else
            buffer_printf(buffer, "\\u%04x", c);
    }
    buffer_add_bytes(buffer, plain, (size_t)(at - plain));
    buffer_add_char(buffer, '"');
}
