/* Writer - JSON out, as a stream into an arena; no tree is built.
 *
 *   Writer w = writer_start(arena);
 *   write_object(&w);
 *   write_key(&w, "id");
 *   write_integer(&w, 7);
 *   write_end_object(&w);
 *   reply.body = writer_text(&w);
 *
 * Commas come by themselves. Nesting that does not close is a mistake of ours (assert). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

typedef struct Writer {
    Buffer out;
    unsigned depth;
    bool needs_comma;
} Writer;

Writer writer_start(Arena *arena);

void write_object(Writer *w);
void write_end_object(Writer *w);
void write_array(Writer *w);
void write_end_array(Writer *w);
void write_key(Writer *w, const char *key);

/* A key of our own as it stands in JSON, in its quotes and with its colon. */
void write_label(Writer *w, const char *label, size_t length);

void write_text(Writer *w, const char *value);                 /* NULL writes null */
void write_plain(Writer *w, const char *value, size_t length); /* without anything to escape */
void write_integer(Writer *w, int64_t value);
void write_boolean(Writer *w, bool value);
void write_null(Writer *w);

/* `json` is valid JSON text already; NULL writes null. */
void write_raw(Writer *w, const char *json);

/* The finished text, in the arena. Everything must be closed. */
const char *writer_text(Writer *w);
size_t writer_length(const Writer *w);
