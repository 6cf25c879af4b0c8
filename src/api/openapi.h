/* OpenAPI - the description of every operation (OpenAPI 3.1.0): a walk over the constant tables
 * that the router itself reads, so that it cannot say anything else than the program does. */
#pragma once

#include "base/arena.h"
#include "http/route.h"

/* The document as one JSON text in the arena. `tables` is ended by NULL; `version` is the
 * program's; `public_url` is where the server is found, NULL: where the document is. The same
 * tables give the same bytes. */
const char *openapi_document(const RouteTable *const *tables, const char *version,
                             const char *public_url, Arena *arena);

/* The same JSON, a member a line, for reading and for `diff`. */
const char *openapi_indent(const char *json, Arena *arena);
