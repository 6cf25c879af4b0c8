#include "http/packing.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* Level 1: of what JSON holds too much of, the fastest finds nearly all (docs/decisions/0017). */
enum { LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY = 8 };

/* RFC 9110 12.4.2: weight = OWS ";" OWS "q=" qvalue, in thousandths; -1: it is none. */
static int read_weight(const char *text, size_t length)
{
    int weight = 0;

    if (length < 3 || (text[0] | 0x20) != 'q' || text[1] != '=' || text[2] < '0' || text[2] > '1' ||
        (length > 3 && text[3] != '.') || length > 7)
        return -1;
    weight = (text[2] - '0') * 1000;
    for (size_t i = 4, unit = 100; i < length; i++, unit /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        weight += (text[i] - '0') * (int)unit;
    }
    return weight;
}

static size_t trim(const char **text, size_t length)
{
    size_t blanks = strspn(*text, " \t");

    blanks = blanks < length ? blanks : length;
    *text += blanks;
    length -= blanks;
    while (length > 0 && ((*text)[length - 1] == ' ' || (*text)[length - 1] == '\t'))
        length--;
    return length;
}

typedef struct Member {
    const char *name;
    size_t length;
    int weight; /* in thousandths */
} Member;

static Member read_member(const char *text, size_t length)
{
    const char *semicolon = memchr(text, ';', length);
    Member member = { .name = text, .weight = 1000 };

    member.length = trim(&member.name, semicolon != NULL ? (size_t)(semicolon - text) : length);
    if (semicolon != NULL) {
        const char *rest = semicolon + 1;
        size_t left = trim(&rest, length - (size_t)(rest - text));
        member.weight = read_weight(rest, left);
    }
    return member;
}

static bool is_named(const Member *member, const char *name)
{
    return member->length == strlen(name) && strncasecmp(member->name, name, member->length) == 0;
}

bool packing_is_welcome(const char *accept_encoding)
{
    int gzip = -1;
    int any = -1;
    int plain = -1;

    for (const char *at = accept_encoding; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        Member member = read_member(at, length);
        if (is_named(&member, "gzip") || is_named(&member, "x-gzip"))
            gzip = member.weight;
        else if (is_named(&member, "*"))
            any = member.weight;
        else if (is_named(&member, "identity"))
            plain = member.weight;
        at += length + (at[length] == ',');
    }
    if (gzip < 0)
        gzip = any;
    return gzip > 0 && gzip >= plain;
}

static voidpf take_memory(voidpf arena, uInt count, uInt size)
{
    return arena_alloc(arena, (size_t)count * size);
}

static void leave_memory(voidpf arena, voidpf memory)
{
    (void)arena;
    (void)memory;
}

static bool start(Packer *packer)
{
    if (packer->stream != NULL)
        return deflateReset(packer->stream) == Z_OK;
    z_stream *stream = ARENA_NEW(&packer->arena, z_stream);
    *stream = (z_stream){ .zalloc = take_memory, .zfree = leave_memory, .opaque = &packer->arena };
    if (deflateInit2(stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    packer->stream = stream;
    return true;
}

const char *packing_pack(Packer *packer, const char *text, size_t length, Arena *arena,
                         size_t *ret_length)
{
    size_t room = length / 2;

    if (length > UINT_MAX || !start(packer))
        return NULL;
    char *packed = arena_extend(arena, NULL, 0, room);
    z_stream *stream = packer->stream;
    stream->next_in = (z_const Bytef *)(uintptr_t)text;
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)packed;
    stream->avail_out = (uInt)room;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return NULL;
    *ret_length = room - stream->avail_out;
    return packed;
}

void packing_finish(Packer *packer)
{
    if (packer->stream != NULL)
        (void)deflateEnd(packer->stream);
    packer->stream = NULL;
    arena_finish(&packer->arena);
}
