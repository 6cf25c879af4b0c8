#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* How it works: a stack of chunks, each from the heap with a small head. Allocation moves one
 * number; a request that does not fit opens a chunk at least twice the size of the last, up to
 * LARGEST_CHUNK, so that little is taken that nobody needs. */

struct ArenaChunk {
    ArenaChunk *older;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

enum {
    FIRST_CHUNK = 8 * 1024, /* holds a whole ordinary request */
    LARGEST_CHUNK = 1024 * 1024,
    ALIGNMENT = alignof(max_align_t),
};

static size_t round_up(size_t size)
{
    assert(size <= SIZE_MAX - ALIGNMENT);
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void open_chunk(Arena *arena, size_t needed)
{
    size_t capacity = arena->chunk != NULL ? arena->chunk->capacity * 2 : (size_t)FIRST_CHUNK;
    if (capacity > LARGEST_CHUNK)
        capacity = LARGEST_CHUNK;
    if (capacity < needed)
        capacity = needed;

    assert(capacity <= SIZE_MAX - sizeof(ArenaChunk));
    ArenaChunk *chunk = memory_take(sizeof(ArenaChunk) + capacity);
    chunk->older = arena->chunk;
    chunk->capacity = capacity;
    arena->chunk = chunk;
    arena->used = 0;
    arena->total += capacity;
    memory_count((ptrdiff_t)capacity);
}

/* Gives the newest chunk back. */
static void close_chunk(Arena *arena)
{
    ArenaChunk *closed = arena->chunk;

    arena->chunk = closed->older;
    arena->total -= closed->capacity;
    memory_count(-(ptrdiff_t)closed->capacity);
    memory_give_back(closed);
}

void arena_init(Arena *arena)
{
    *arena = (Arena){ .chunk = NULL };
}

void arena_finish(Arena *arena)
{
    while (arena->chunk != NULL)
        close_chunk(arena);
    arena->used = 0;
}

void arena_reset(Arena *arena)
{
    /* Keep the first chunk, the oldest: keeping the largest would let one big request hold its
     * memory for ever. */
    while (arena->chunk != NULL && arena->chunk->older != NULL)
        close_chunk(arena);
    if (arena->chunk != NULL && arena->chunk->capacity > FIRST_CHUNK)
        arena_finish(arena);
    arena->used = 0;
}

/* Not zeroed: for what is written to its end at once. */
static void *take(Arena *arena, size_t size)
{
    size_t needed = round_up(size);

    if (arena->chunk == NULL || arena->chunk->capacity - arena->used < needed)
        open_chunk(arena, needed);
    void *start = arena->chunk->bytes + arena->used;
    arena->used += needed;
    return start;
}

void *arena_alloc(Arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

size_t arena_given(const Arena *arena)
{
    return arena->chunk == NULL ? 0 : arena->total - (arena->chunk->capacity - arena->used);
}

void *arena_extend(Arena *arena, void *old, size_t old_size, size_t new_size)
{
    assert(new_size >= old_size);
    size_t before = round_up(old_size);
    size_t extra = round_up(new_size) - before;

    bool is_last = old != NULL && arena->chunk != NULL && arena->used >= before &&
                   (unsigned char *)old == arena->chunk->bytes + arena->used - before;
    if (is_last && arena->chunk->capacity - arena->used >= extra) {
        arena->used += extra;
        return old;
    }
    void *moved = take(arena, new_size);
    if (old != NULL)
        memcpy(moved, old, old_size);
    return moved;
}

void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size)
{
    unsigned char *grown = arena_extend(arena, old, old_size, new_size);

    memset(grown + old_size, 0, new_size - old_size);
    return grown;
}

char *arena_strndup(Arena *arena, const char *text, size_t length)
{
    if (text == NULL)
        return NULL;
    char *copy = take(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(Arena *arena, const char *format, va_list args)
{
    char brief[64]; /* nearly all are: they are printed once */
    va_list again;

    assert(format != NULL);
    va_copy(again, args);
    int length = vsnprintf(brief, sizeof(brief), format, again);
    va_end(again);
    assert(length >= 0);
    if ((size_t)length < sizeof(brief))
        return arena_strndup(arena, brief, (size_t)length);

    char *text = take(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
