#include "base/fold.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <wctype.h>

#include "base/buffer.h"
#include "base/memory.h"

uint32_t fold_lower(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'A' && code_point <= 'Z' ? code_point - 'A' + 'a' : code_point;
    uint32_t lower = (uint32_t)towlower((wint_t)code_point);
    return lower < 0x80 ? code_point : lower;
}

uint32_t fold_read(const char *text, size_t *ret_length)
{
    const unsigned char *at = (const unsigned char *)text;

    if (at[0] < 0x80) {
        *ret_length = 1;
        return at[0];
    }
    if (at[0] < 0xe0) {
        *ret_length = 2;
        return (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
    }
    if (at[0] < 0xf0) {
        *ret_length = 3;
        return (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
    }
    *ret_length = 4;
    return (at[0] & 0x07U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3fU);
}

size_t fold_write(uint32_t c, char ret_bytes[4])
{
    if (c < 0x80) {
        ret_bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        ret_bytes[0] = (char)(0xc0 | c >> 6);
        ret_bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        ret_bytes[0] = (char)(0xe0 | c >> 12);
        ret_bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        ret_bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    ret_bytes[0] = (char)(0xf0 | c >> 18);
    ret_bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    ret_bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    ret_bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* -- Whole texts ------------------------------------------------------------------------------ */

/* How it works: libunistring folds and composes any text, in 200 ns a character. Nearly all
 * characters neither join those beside them nor become several: such a *plain* one is folded alone,
 * and remembered. What is not plain is given to the library, with the plain one before it, which it
 * may join. */

enum { REMEMBERED = 1024 }; /* more than any alphabet has */

typedef struct Known {
    uint32_t code_point; /* 0: nothing yet */
    uint32_t folded;     /* 0: it is not plain */
} Known;

/* Folds `length` bytes into `room` of *ret_length bytes, or into memory of its own, to be freed.
 * D145 takes canonical decomposition first: of U+0345 the order of marks decides what comes out. */
static uint8_t *fold_any(const char *text, size_t length, uint8_t *room, size_t *ret_length)
{
    uint8_t apart_room[256];
    size_t apart_length = sizeof(apart_room);
    uint8_t *apart =
        u8_normalize(UNINORM_NFD, (const uint8_t *)text, length, apart_room, &apart_length);

    if (apart == NULL)
        memory_run_out(); /* nothing else can fail: the text is UTF-8 */
    uint8_t *folded = u8_casefold(apart, apart_length, NULL, UNINORM_NFC, room, ret_length);
    if (folded == NULL)
        memory_run_out();
    if (apart != apart_room)
        free(apart);
    return folded;
}

static void add_any(Buffer *out, const char *text, size_t length)
{
    uint8_t room[256];
    size_t folded_length = sizeof(room);
    uint8_t *folded = fold_any(text, length, room, &folded_length);

    buffer_add_bytes(out, (const char *)folded, folded_length);
    if (folded != room)
        free(folded);
}

/* Can it become one with what stands before it? Marks, and the second and third letters of a
 * Korean syllable; Kirat Rai has letters that do. */
static bool joins(uint32_t c)
{
    return (c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff) ||
           (c >= 0x16d40 && c <= 0x16d7f) ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M);
}

/* Ideographs and Korean syllables: too many to be remembered. */
static bool has_no_case(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
           (c >= 0xac00 && c <= 0xd7a3);
}

/* 0: it is not plain. */
static uint32_t fold_plain(uint32_t c, const char *bytes, size_t length)
{
    uint8_t room[64]; /* the longest has three characters */
    size_t folded_length = sizeof(room);
    size_t first_length;

    if (joins(c))
        return 0;
    uint8_t *folded = fold_any(bytes, length, room, &folded_length);
    assert(folded == room);
    room[folded_length] = '\0';
    uint32_t first = fold_read((const char *)room, &first_length);
    return first_length == folded_length && !joins(first) ? first : 0;
}

/* The form of the character at `at` alone; 0: it is not plain. */
static uint32_t fold_one(Known known[REMEMBERED], const char *at, size_t *ret_length)
{
    uint32_t c = fold_read(at, ret_length);
    Known *place = &known[c % REMEMBERED];

    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    if (has_no_case(c))
        return c;
    if (place->code_point != c)
        *place = (Known){ c, fold_plain(c, at, *ret_length) };
    return place->folded;
}

/* From the character that is not plain at `at` to the next plain one. */
static size_t length_of_joined(Known known[REMEMBERED], const char *at)
{
    size_t length = 0;
    size_t more = 0;

    do {
        length += more;
    } while (at[length] != '\0' && fold_one(known, at + length, &more) == 0);
    return length;
}

static void fold_beyond_ascii(Buffer *out, const char *text)
{
    Known known[REMEMBERED] = { 0 };
    const char *last = text; /* where the last plain character begins … */
    size_t last_out = 0;     /* … and what it became */

    while (*text != '\0') {
        char bytes[4];
        size_t length;
        uint32_t c = fold_one(known, text, &length);
        if (c != 0) {
            last = text;
            last_out = out->length;
            buffer_add_bytes(out, bytes, fold_write(c, bytes));
            text += length;
            continue;
        }
        text += length_of_joined(known, text);
        out->length = last_out;
        add_any(out, last, (size_t)(text - last));
        last = text;
        last_out = out->length;
    }
}

const char *fold_text(Arena *arena, const char *text)
{
    size_t length = strlen(text);
    char *lower = arena_alloc(arena, length + 1);
    unsigned char any = 0;

    for (size_t i = 0; i <= length; i++) {
        unsigned char c = (unsigned char)text[i];
        any |= c;
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (any < 0x80)
        return lower;
    Buffer out = buffer_start(arena);
    fold_beyond_ascii(&out, text);
    return out.data;
}
