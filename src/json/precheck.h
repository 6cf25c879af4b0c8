/* Precheck - one linear pass over JSON text from outside, before jansson sees it. It judges what a
 * parser would only find out by building the value (depth, members, lengths) and what jansson is
 * silent about; the grammar stays jansson's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct JsonText {
    const char *bytes;
    size_t length;
} JsonText;

/* *ret_text is `text` itself, or a copy in the arena whose integers that no int64 holds (and -0)
 * are spelled as reals: the value is then of the wrong type for an integer member (422), instead
 * of one that was silently changed. False: ERROR_MALFORMED. */
bool json_precheck(JsonText text, Arena *arena, JsonText *ret_text, Error *err);

/* ERROR_MALFORMED with "<problem> (line 3, column 7)." for the byte at `offset`. */
bool json_malformed(JsonText text, size_t offset, const char *problem, Error *err);
