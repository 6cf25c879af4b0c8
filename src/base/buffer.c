#include "base/buffer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

Buffer buffer_start(Arena *arena)
{
    char *data = arena_extend(arena, NULL, 0, FIRST_CAPACITY);

    data[0] = '\0';
    return (Buffer){ .arena = arena, .data = data, .capacity = FIRST_CAPACITY };
}

void buffer_grow(Buffer *buffer, size_t length)
{
    size_t needed = buffer->length + length + 1;
    size_t capacity = buffer->capacity * 2;

    assert(needed > buffer->capacity);
    if (capacity < needed)
        capacity = needed;
    /* With the whole old capacity: only then does the arena know its last allocation. */
    buffer->data = arena_extend(buffer->arena, buffer->data, buffer->capacity, capacity);
    buffer->capacity = capacity;
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

/* Of eight bytes at once: must one of them be escaped? A byte x below n leaves the high bit in
 * (x - n) & ~x; what borrows from the next byte has been found itself, so the answer is exact (Sean
 * Eron Anderson, "Bit Twiddling Hacks", hasless). Bytes from 0x80 on are never found. */
static bool is_plain_word(const char *text)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    uint64_t found = (word - 0x20 * each) | ((word ^ '"' * each) - each) |
                     ((word ^ '\\' * each) - each) | ((word ^ 0x7f * each) - each);
    return (found & ~word & 0x80 * each) == 0;
}

/* How many bytes from the start on stand for themselves. */
static size_t plain_length(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= sizeof(uint64_t) && is_plain_word(text + at))
        at += sizeof(uint64_t);
    /* What is left of a longer text, and once more some that was looked at. */
    if (at > 0 && length - at < sizeof(uint64_t) && is_plain_word(text + length - sizeof(uint64_t)))
        return length;
    while (at < length && is_plain((unsigned char)text[at]))
        at++;
    return at;
}

void buffer_add_json_string(Buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    size_t plain = plain_length(text, length);
    char *at = buffer_reserve(buffer, length + 2);

    *at++ = '"';
    memcpy(at, text, plain);
    buffer->length += 1 + plain;
    while (plain < length) {
        unsigned char c = (unsigned char)text[plain];
        if (escapes[c] == 'u')
            buffer_printf(buffer, "\\u%04x", c);
        else
            buffer_add_bytes(buffer, (const char[]){ '\\', escapes[c] }, 2);
        text += plain + 1;
        length -= plain + 1;
        plain = plain_length(text, length);
        buffer_add_bytes(buffer, text, plain);
    }
    buffer_add_char(buffer, '"');
}

size_t buffer_json_length(const char *text)
{
    size_t left = strlen(text);
    size_t length = left + 2;
    size_t plain = plain_length(text, left);

    while (plain < left) {
        length += escapes[(unsigned char)text[plain]] == 'u' ? strlen("u00xx") : 1;
        text += plain + 1;
        left -= plain + 1;
        plain = plain_length(text, left);
    }
    return length;
}
