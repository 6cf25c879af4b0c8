/* Uri - reading the request target: strict, and each part decoded exactly once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/schema.h"

enum { PATH_SEGMENTS = 12 }; /* our longest path has 6 */

typedef struct Path {
    const char *text; /* decoded, without a trailing slash */
    const char *segments[PATH_SEGMENTS];
    size_t lengths[PATH_SEGMENTS]; /* of the segments */
    size_t count;
} Path;

/* Decodes an absolute path. What no address of ours can hold (an empty, "." or ".." segment, an
 * encoded slash, backslash, control or NUL, ';', bad UTF-8, too many segments) is ERROR_NOT_FOUND,
 * as any other address without a thing behind it; a broken %-escape is ERROR_MALFORMED. */
bool uri_read_path(const char *raw, size_t length, Arena *arena, Path *ret_path, Error *err);

/* Decodes name=value pairs (WHATWG URL 5.1, but strict): a query or a form. At most
 * LIMIT_QUERY_PARAMETERS; UTF-8 without NUL. ERROR_MALFORMED otherwise. */
bool uri_read_pairs(const char *raw, size_t length, Arena *arena, TextPair ret_pairs[],
                    size_t *ret_count, Error *err);
