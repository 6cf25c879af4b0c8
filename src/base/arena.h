/* Arena - memory that lives as long as one request.
 *
 *   arena_init, arena_alloc … arena_alloc, arena_finish     (or arena_reset to use it again)
 *
 * Nothing is freed alone. Past its budget it goes on giving, and says so when it is asked
 * (base/budget.h): what fills one in a loop asks there. Only a heap that has nothing left ends the
 * process, so no caller has to check. Memory comes zeroed. Not thread-safe. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    ArenaChunk *chunk; /* the one being filled; older ones hang behind it */
    size_t used;       /* bytes taken from `chunk` */
    size_t total;      /* bytes of all chunks, which are on the account of base/memory.h */
    size_t budget;     /* of `total`; 0: none. Stays when it is reset or finished. */
} Arena;

/* Starts empty; the first allocation makes the first chunk. */
void arena_init(Arena *arena);

/* Gives everything back. Safe on an arena that was only zeroed. */
void arena_finish(Arena *arena);

/* Forgets everything but keeps one chunk, so that the next request pays no malloc. */
void arena_reset(Arena *arena);

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(Arena *arena, size_t size);

/* How many bytes it has given so far, with what was left unused at the end of its chunks. */
size_t arena_given(const Arena *arena);

/* `old` grown from `old_size` to `new_size` bytes, in place when it was the last allocation. */
void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size);

/* The same, but what is new is not zeroed: for what is written to its end at once. `old` may be
 * NULL and `old_size` 0. */
void *arena_extend(Arena *arena, void *old, size_t old_size, size_t new_size);

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/* Copies, always NUL-terminated. NULL in, NULL out. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t length);

char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* For a local: Arena AUTO(arena_finish) scratch = { 0 }; */
#define AUTO(finish) __attribute__((cleanup(finish)))
