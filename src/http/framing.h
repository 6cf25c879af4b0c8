/* Framing - where each request on a connection begins and ends, read byte for byte as RFC 9112 has
 * it and in no other way.
 *
 *   Framing framing = { 0 };
 *   framing_read(&framing, bytes, length, &sound)      for all that comes, however it is cut
 *
 * What two parsers could read in two ways is a fault, and nothing is read after it: bare line ends,
 * folded fields, controls, lengths that are no plain number or come twice, chunks with extensions.
 * What the fields mean beyond the length of the body is not its business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct FramingFault {
    ErrorCode code;
    const char *sentence;
} FramingFault;

enum { FRAMING_NAME_BYTES = 20, FRAMING_VALUE_BYTES = 24 };

/* Starts zeroed. */
typedef struct Framing {
    unsigned state;
    unsigned heads; /* that were read to their end, of requests that are let through */
    unsigned fields;
    unsigned line_bytes; /* of the part of the line that is being read */
    unsigned head_bytes;
    uint64_t left; /* of the body, or of the chunk */
    bool is_http_1_0;
    bool has_length;
    bool is_chunked;
    bool has_host;
    char name[FRAMING_NAME_BYTES];   /* of a field; longer ones are none of ours */
    char value[FRAMING_VALUE_BYTES]; /* likewise */
    unsigned name_length;            /* of all of it */
    unsigned value_length;
} Framing;

/* NULL: all is well. Otherwise *ret_sound is how many of the bytes belong to requests before the
 * one at fault; a request that began in earlier bytes has none. */
const FramingFault *framing_read(Framing *self, const char *bytes, size_t length,
                                 size_t *ret_sound);
