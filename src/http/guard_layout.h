/* Guard layout - the guard's look at how a head lies in memory, with libmicrohttpd before 1.0 only.
 *
 *   layout_fits_library once; layout_has_request_line, then layout_has_name and layout_has_value
 * for each field, layout_has_end
 *
 * libmicrohttpd 0.9.75 takes bare line feeds, folded fields, a NUL in a value, two spaces in the
 * request line, and shows none of it to a handler. All of it still shows in the head as it lies in
 * memory. That is no promise of the library: 1.0 keeps the head elsewhere, and refuses by itself
 * what is looked for here (see start_daemon), so that with it every answer is yes. */
#pragma once

#include "base/error.h"

typedef struct Layout {
    const char *start; /* of the head */
    const char *at;    /* where the next part has to begin */
} Layout;

/* False: the program was built against the other kind of libmicrohttpd than it now runs with, and
 * so nobody would look. */
bool layout_fits_library(Error *err);

/* Each is false when the part does not lie as it does in plain HTTP/1.1. */
bool layout_has_request_line(Layout *self, const char *method, const char *uri, size_t uri_length,
                             const char *version);
bool layout_has_name(Layout *self, const char *name, size_t name_length, const char *value);
bool layout_has_value(Layout *self, const char *value, size_t value_length);
bool layout_has_end(const Layout *self, size_t head_size);
