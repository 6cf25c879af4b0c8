#include "http/framing.h"

#include <assert.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

/* How it works: a state machine. A step begins in its state at a byte, takes that one and as many
 * more as it likes, and leaves the state that the next byte is read in. Nothing of a head is kept
 * but the beginnings of the field that is being read, so that it may be cut anywhere. */

typedef enum State {
    BEFORE_REQUEST, /* 0, as of a zeroed Framing */
    EMPTY_LINE_LF,
    METHOD,
    TARGET,
    VERSION,
    VERSION_LF,
    FIELD,
    NAME,
    BEFORE_VALUE,
    VALUE,
    VALUE_LF,
    HEAD_LF,
    BODY, /* from here on no part of a head */
    CHUNK_SIZE,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_CR,
    CHUNK_LF,
    TRAILER, /* as FIELD … HEAD_LF */
    TRAILER_NAME,
    BEFORE_TRAILER_VALUE,
    TRAILER_VALUE,
    TRAILER_VALUE_LF,
    END_LF,
    STATES,
} State;

enum {
    METHOD_BYTES = 32,
    CHUNK_DIGITS = 16,
    LENGTH_DIGITS = 18,
    FROM_FIELD_TO_TRAILER = TRAILER - FIELD
};

#define FAULT(name_, code_, sentence_)                                                             \
    static const FramingFault name_ = { ERROR_##code_, sentence_ }

FAULT(bad_line, MALFORMED, "The request line is not in the form of RFC 9112.");
FAULT(bad_target, MALFORMED, "The address holds a character that must be percent-encoded.");
FAULT(long_target, URI_TOO_LONG, "The address is too long.");
FAULT(bad_version, VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.");
FAULT(bad_field, MALFORMED, "A header field is not in the form of RFC 9112.");
FAULT(bad_value, MALFORMED, "A header field holds a byte that it must not hold.");
FAULT(long_head, HEADERS_TOO_LARGE, "The head of the request is too long.");
FAULT(many_fields, HEADERS_TOO_LARGE, "There are too many header fields.");
FAULT(two_lengths, MALFORMED, "The length of the body is not clear.");
FAULT(bad_length, MALFORMED, "The Content-Length is not a number.");
FAULT(long_body, CONTENT_TOO_LARGE, "The body is too long.");
FAULT(no_host, MALFORMED, "There is no Host.");
FAULT(bad_chunk, MALFORMED, "A chunk of the body is not in the form of RFC 9112.");

typedef struct Input {
    const char *at;
    const char *end;
} Input;

typedef const FramingFault *(*Step)(Framing *self, Input *in);

/* RFC 9110 5.6.2: token = 1*tchar: letters, digits and !#$%&'*+-.^_`|~, one bit each. */
static bool is_token_char(char c)
{
    static const uint64_t bits[2] = { 0x03FF6CFA00000000, 0x57FFFFFFC7FFFFFE };
    unsigned char byte = (unsigned char)c;

    return byte < 128 && (bits[byte / 64] >> byte % 64 & 1) != 0;
}

static const FramingFault *take(Framing *self, Input *in, char wanted, State next,
                                const FramingFault *otherwise)
{
    if (*in->at != wanted)
        return otherwise;
    in->at++;
    self->state = next;
    return NULL;
}

/* -- Request line ----------------------------------------------------------------------------- */

/* RFC 9112 2.2: "a server that is expecting to receive and parse a request-line SHOULD ignore at
 * least one empty line (CRLF) received prior to the request-line." From 1.0 on libmicrohttpd does
 * not, at the level it is asked to keep. */
static const FramingFault *before_request(Framing *self, Input *in)
{
    static const bool may_be_empty = MHD_VERSION < 0x01000000;
    unsigned heads = self->heads;

    if (*in->at == '\r' && may_be_empty)
        return take(self, in, '\r', EMPTY_LINE_LF, NULL);
    if (!is_token_char(*in->at))
        return &bad_line;
    *self = (Framing){ .state = METHOD, .heads = heads };
    return NULL;
}

static const FramingFault *empty_line_lf(Framing *self, Input *in)
{
    return take(self, in, '\n', BEFORE_REQUEST, &bad_line);
}

static const FramingFault *method(Framing *self, Input *in)
{
    for (; in->at < in->end && is_token_char(*in->at); in->at++) {
        if (++self->line_bytes > METHOD_BYTES)
            return &bad_line;
    }
    if (in->at == in->end)
        return NULL;
    self->line_bytes = 0;
    return take(self, in, ' ', TARGET, &bad_line);
}

/* RFC 3986 2, and no fragment (RFC 9112 3.2). */
static bool is_target_char(char c)
{
    return c > ' ' && c < 0x7f && c != '#';
}

static const FramingFault *target(Framing *self, Input *in)
{
    for (; in->at < in->end && is_target_char(*in->at); in->at++) {
        if (++self->line_bytes > LIMIT_URI_BYTES)
            return &long_target;
    }
    if (in->at == in->end)
        return NULL;
    return self->line_bytes > 0 ? take(self, in, ' ', VERSION, &bad_target) : &bad_target;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 9112 2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT */
static const FramingFault *check_version(Framing *self)
{
    const char *text = self->value;

    if (self->value_length != strlen("HTTP/1.1") || memcmp(text, "HTTP/", 5) != 0 ||
        !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
        return &bad_line;
    self->is_http_1_0 = text[7] == '0';
    return text[5] == '1' ? NULL : &bad_version;
}

static const FramingFault *version(Framing *self, Input *in)
{
    for (; in->at < in->end && *in->at != '\r'; in->at++) {
        if (self->value_length == strlen("HTTP/1.1"))
            return &bad_line;
        self->value[self->value_length++] = *in->at;
    }
    if (in->at == in->end)
        return NULL;
    const FramingFault *fault = check_version(self);
    return fault != NULL ? fault : take(self, in, '\r', VERSION_LF, NULL);
}

static const FramingFault *version_lf(Framing *self, Input *in)
{
    return take(self, in, '\n', FIELD, &bad_line);
}

/* -- Fields, and those of a trailer ----------------------------------------------------------- */

static bool is_trailer(const Framing *self)
{
    return self->state >= TRAILER;
}

static State of_field(const Framing *self, State state)
{
    return is_trailer(self) ? state + FROM_FIELD_TO_TRAILER : state;
}

static const FramingFault *field(Framing *self, Input *in)
{
    if (*in->at == '\r')
        return take(self, in, '\r', of_field(self, HEAD_LF), NULL);
    if (++self->fields > LIMIT_HEADER_FIELDS)
        return &many_fields;
    self->name_length = 0;
    self->value_length = 0;
    self->state = of_field(self, NAME);
    return NULL;
}

/* More of what is being read, of which the first `size` bytes are kept. */
static void keep(char *kept, unsigned size, unsigned *length, const char *from, const char *to)
{
    unsigned more = (unsigned)(to - from);

    if (*length < size)
        memcpy(kept + *length, from, more < size - *length ? more : size - *length);
    *length += more;
}

static const FramingFault *name(Framing *self, Input *in)
{
    const char *start = in->at;

    while (in->at < in->end && is_token_char(*in->at))
        in->at++;
    keep(self->name, FRAMING_NAME_BYTES, &self->name_length, start, in->at);
    if (in->at == in->end)
        return NULL;
    return self->name_length > 0 ? take(self, in, ':', of_field(self, BEFORE_VALUE), &bad_field)
                                 : &bad_field;
}

static const FramingFault *before_value(Framing *self, Input *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t'))
        in->at++;
    if (in->at < in->end)
        self->state = of_field(self, VALUE);
    return NULL;
}

/* RFC 9110 5.5: field-content, obs-text included. All are looked at, without a way out in between,
 * so that a compiler looks at many at once: values are most of a head. */
static bool are_value_chars(const char *bytes, size_t length)
{
    unsigned char bad = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bad |= (unsigned char)(((c < 0x20) & (c != '\t')) | (c == 0x7f));
    }
    return bad == 0;
}

static const FramingFault *value(Framing *self, Input *in)
{
    const char *start = in->at;
    const char *line_end = memchr(start, '\r', (size_t)(in->end - start));

    in->at = line_end != NULL ? line_end : in->end;
    size_t length = (size_t)(in->at - start);
    if (!are_value_chars(start, length))
        return &bad_value;
    keep(self->value, FRAMING_VALUE_BYTES, &self->value_length, start, in->at);
    if (in->at == in->end)
        return NULL;
    return take(self, in, '\r', of_field(self, VALUE_LF), &bad_value);
}

#define IS_NAMED(self, text)                                                                       \
    ((self)->name_length == sizeof(text) - 1 &&                                                    \
     strncasecmp((self)->name, text, sizeof(text) - 1) == 0)

static const FramingFault *note_length(Framing *self, size_t length)
{
    if (self->has_length || is_trailer(self))
        return &two_lengths;
    self->has_length = true;
    for (size_t i = 0; i < length; i++) {
        if (i >= FRAMING_VALUE_BYTES || !is_digit(self->value[i]))
            return &bad_length;
    }
    if (length == 0 || (length > 1 && self->value[0] == '0'))
        return &bad_length;
    if (length > LENGTH_DIGITS)
        return &long_body;
    for (size_t i = 0; i < length; i++)
        self->left = self->left * 10 + (uint64_t)(self->value[i] - '0');
    return NULL;
}

static const FramingFault *note_encoding(Framing *self, size_t length)
{
    if (self->is_chunked || is_trailer(self) || length != strlen("chunked"))
        return &two_lengths;
    for (size_t i = 0; i < length; i++) {
        if ((self->value[i] | 0x20) != "chunked"[i])
            return &two_lengths;
    }
    self->is_chunked = true;
    return NULL;
}

/* A blank behind one of the two is allowed, and read by libmicrohttpd as a part of the value. */
static const FramingFault *value_lf(Framing *self, Input *in)
{
    const FramingFault *fault = NULL;
    size_t length = self->value_length;

    if (IS_NAMED(self, "content-length"))
        fault = note_length(self, length);
    else if (IS_NAMED(self, "transfer-encoding"))
        fault = note_encoding(self, length);
    self->has_host |= IS_NAMED(self, "host");
    return fault != NULL ? fault : take(self, in, '\n', of_field(self, FIELD), &bad_value);
}

/* RFC 9112 6.3, and 3.2: without a Host the library of 1.0 would answer by itself. */
static const FramingFault *head_lf(Framing *self, Input *in)
{
    State next = self->is_chunked ? CHUNK_SIZE : self->left > 0 ? BODY : BEFORE_REQUEST;

    if (self->is_chunked && (self->has_length || self->is_http_1_0))
        return &two_lengths;
    if (!self->has_host && !self->is_http_1_0)
        return &no_host;
    const FramingFault *fault = take(self, in, '\n', next, &bad_field);
    self->heads += fault == NULL;
    self->line_bytes = 0;
    return fault;
}

/* -- Body ------------------------------------------------------------------------------------- */

static const FramingFault *data(Framing *self, Input *in)
{
    size_t here = (size_t)(in->end - in->at);
    size_t taken = here < self->left ? here : (size_t)self->left;

    in->at += taken;
    self->left -= taken;
    if (self->left == 0)
        self->state = self->is_chunked ? CHUNK_CR : BEFORE_REQUEST;
    return NULL;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const FramingFault *chunk_size(Framing *self, Input *in)
{
    for (; in->at < in->end && hex_digit(*in->at) >= 0; in->at++) {
        if (++self->line_bytes > CHUNK_DIGITS)
            return &bad_chunk;
        self->left = self->left << 4 | (uint64_t)hex_digit(*in->at);
    }
    if (in->at == in->end)
        return NULL;
    return self->line_bytes > 0 ? take(self, in, '\r', CHUNK_SIZE_LF, &bad_chunk) : &bad_chunk;
}

static const FramingFault *chunk_size_lf(Framing *self, Input *in)
{
    self->line_bytes = 0;
    return take(self, in, '\n', self->left > 0 ? CHUNK_DATA : TRAILER, &bad_chunk);
}

static const FramingFault *chunk_cr(Framing *self, Input *in)
{
    return take(self, in, '\r', CHUNK_LF, &bad_chunk);
}

static const FramingFault *chunk_lf(Framing *self, Input *in)
{
    return take(self, in, '\n', CHUNK_SIZE, &bad_chunk);
}

static const FramingFault *end_lf(Framing *self, Input *in)
{
    return take(self, in, '\n', BEFORE_REQUEST, &bad_chunk);
}

static const Step steps[STATES] = {
    [BEFORE_REQUEST] = before_request,
    [EMPTY_LINE_LF] = empty_line_lf,
    [METHOD] = method,
    [TARGET] = target,
    [VERSION] = version,
    [VERSION_LF] = version_lf,
    [FIELD] = field,
    [NAME] = name,
    [BEFORE_VALUE] = before_value,
    [VALUE] = value,
    [VALUE_LF] = value_lf,
    [HEAD_LF] = head_lf,
    [BODY] = data,
    [CHUNK_SIZE] = chunk_size,
    [CHUNK_SIZE_LF] = chunk_size_lf,
    [CHUNK_DATA] = data,
    [CHUNK_CR] = chunk_cr,
    [CHUNK_LF] = chunk_lf,
    [TRAILER] = field,
    [TRAILER_NAME] = name,
    [BEFORE_TRAILER_VALUE] = before_value,
    [TRAILER_VALUE] = value,
    [TRAILER_VALUE_LF] = value_lf,
    [END_LF] = end_lf,
};

static bool counts_for_head(State state)
{
    return state < BODY || state >= TRAILER;
}

const FramingFault *framing_read(Framing *self, const char *bytes, size_t length, size_t *ret_sound)
{
    Input in = { bytes, bytes + length };
    unsigned heads_before = self->heads;
    bool began_here = false;

    *ret_sound = 0;
    while (in.at < in.end) {
        const char *from = in.at;
        State state = self->state;
        if (state == BEFORE_REQUEST) {
            *ret_sound = (size_t)(from - bytes);
            heads_before = self->heads;
            began_here = true;
        }
        const FramingFault *fault = steps[state](self, &in);
        if (fault == NULL && counts_for_head(state)) {
            self->head_bytes += (unsigned)(in.at - from);
            if (self->head_bytes > LIMIT_HEAD_BYTES && self->state != TARGET)
                fault = &long_head;
        }
        if (fault != NULL) {
            self->heads = began_here ? heads_before : self->heads;
            return fault;
        }
    }
    return NULL;
}
