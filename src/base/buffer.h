/* Buffer - text that grows in an arena. Always NUL-terminated. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/arena.h"

typedef struct Buffer {
    Arena *arena;
    char *data;
    size_t length;
    size_t capacity;
} Buffer;

/* An empty buffer; `data` is "" from the start. */
Buffer buffer_start(Arena *arena);

/* Makes room for `length` more bytes where there is too little; for buffer_reserve. */
void buffer_grow(Buffer *buffer, size_t length);

/* Room for `length` more bytes; returns where they go. The caller then adds to `length` and
 * closes the text with '\0' itself. Here, as JSON is written member by member. */
static inline char *buffer_reserve(Buffer *buffer, size_t length)
{
    if (buffer->capacity - buffer->length <= length)
        buffer_grow(buffer, length);
    return buffer->data + buffer->length;
}

void buffer_add(Buffer *buffer, const char *text);
void buffer_add_bytes(Buffer *buffer, const char *bytes, size_t length);
void buffer_add_char(Buffer *buffer, char c);
void buffer_printf(Buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes (RFC 8259 7): controls, quote and backslash escaped, the rest of
 * the UTF-8 as it is. */
void buffer_add_json_string(Buffer *buffer, const char *text);

/* How many bytes that adds. */
size_t buffer_json_length(const char *text);
