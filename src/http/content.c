#include "http/content.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "http/uri.h"
#include "json/reader.h"

typedef enum ContentKind {
    CONTENT_OTHER,
    CONTENT_JSON,
    CONTENT_FORM,
    CONTENT_PARTS,
    CONTENT_BYTES,
} ContentKind;

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static size_t trimmed(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length;
}

/* Only the charset means something to us, and only UTF-8 is taken. */
static bool has_good_charset(const char *parameters)
{
    for (const char *at = parameters; *at == ';';) {
        at += 1 + strspn(at + 1, " \t");
        size_t length = strcspn(at, ";");
        const char *equals = memchr(at, '=', length);
        if (equals != NULL && is_word(at, (size_t)(equals - at), "charset")) {
            size_t value_length = trimmed(equals + 1, length - (size_t)(equals + 1 - at));
            if (!is_word(equals + 1, value_length, "utf-8") &&
                !is_word(equals + 1, value_length, "\"utf-8\""))
                return false;
        }
        at += length;
    }
    return true;
}

static ContentKind find_kind(const Exchange *x)
{
    const Input *in = &x->request.route->in;
    const char *type = x->head.content_type;

    if (type == NULL || x->head.has_two_content_types || x->head.has_content_encoding)
        return CONTENT_OTHER;
    size_t end = strcspn(type, ";");
    size_t length = trimmed(type, end);
    if (!has_good_charset(type + end))
        return CONTENT_OTHER;
    if (in->bytes != NULL)
        return is_word(type, length, in->bytes) ? CONTENT_BYTES : CONTENT_OTHER;
    if (is_word(type, length, "application/json") ||
        (is_word(type, length, "application/merge-patch+json") &&
         x->request.route->method == METHOD_PATCH))
        return CONTENT_JSON;
    if (is_word(type, length, "application/x-www-form-urlencoded") && in->takes_form)
        return CONTENT_FORM;
    if (is_word(type, length, "multipart/form-data") && in->takes_form)
        return CONTENT_PARTS;
    return CONTENT_OTHER;
}

/* RFC 6749 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the
 * request. The authorization server MUST ignore unrecognized request parameters." */
static void decode_form(Exchange *x, TextPair *pairs, size_t count)
{
    Request *req = &x->request;
    const Schema *takes = req->route->in.takes;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (pairs[i].value[0] != '\0' && schema_field(takes, pairs[i].name) != NULL)
            pairs[kept++] = pairs[i];
    }
    schema_parse(takes, pairs, kept, &x->arena, &body_location, req->body, &x->fault);
}

static void read_form(Exchange *x)
{
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    size_t count = 0;

    if (uri_read_pairs(x->content.data, x->content.length, &x->arena, pairs, &count, &x->fault))
        decode_form(x, pairs, count);
}

/* What libmicrohttpd finds in multipart/form-data (RFC 7578), piece by piece. */
typedef struct Parts {
    Arena *arena;
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    size_t count;
    Buffer value; /* of the last one, so far */
} Parts;

static enum MHD_Result take_piece(void *context, enum MHD_ValueKind kind, const char *key,
                                  const char *filename, const char *content_type,
                                  const char *transfer_encoding, const char *data, uint64_t offset,
                                  size_t size)
{
    Parts *parts = context;

    (void)kind;
    (void)filename;
    (void)content_type;
    (void)transfer_encoding;
    if (offset == 0) {
        if (key == NULL || parts->count == LIMIT_QUERY_PARAMETERS)
            return MHD_NO;
        parts->value = buffer_start(parts->arena);
        parts->pairs[parts->count++].name = arena_strdup(parts->arena, key);
    }
    buffer_add_bytes(&parts->value, data, size);
    parts->pairs[parts->count - 1].value = parts->value.data;
    return text_is_utf8(parts->value.data, parts->value.length) ? MHD_YES : MHD_NO;
}

static void read_parts(Exchange *x)
{
    enum { HEAD_BYTES = 512 }; /* what it needs beside: boundary and head of a part */
    Parts parts = { .arena = &x->arena };
    struct MHD_PostProcessor *reader = MHD_create_post_processor(
        x->connection, x->content.length + HEAD_BYTES, take_piece, &parts);
    bool is_read =
        reader != NULL && MHD_post_process(reader, x->content.data, x->content.length) == MHD_YES;

    if (reader != NULL && MHD_destroy_post_processor(reader) != MHD_YES)
        is_read = false;
    if (is_read)
        decode_form(x, parts.pairs, parts.count);
    else
        error_set(&x->fault, ERROR_MALFORMED, "This is no multipart/form-data of UTF-8 texts.");
}

static void read_json(Exchange *x)
{
    Request *req = &x->request;
    const Route *route = req->route;
    json_t *value AUTO(json_release) = NULL;
    Error error = { .code = ERROR_NONE };

    if (!json_read(x->content.data, x->content.length, &value, &error)) {
        x->fault = error; /* nothing can be said of the members, whatever the query had */
        return;
    }
    if (json_is_array(value) && route->in.array_as != NULL) {
        req->body_was_array = true;
        schema_decode_array(route->in.takes, route->in.array_as, value, &x->arena, &body_location,
                            req->body, &x->fault);
        return;
    }
    schema_decode(route->in.takes, route->in.mode, value, &x->arena, &body_location, req->body,
                  &x->fault);
}

/* What an empty body stands for where there need not be one. */
static void read_nothing(Exchange *x)
{
    Request *req = &x->request;

    if (req->route->in.takes != NULL)
        schema_set_nulls(req->route->in.takes, req->body);
    else
        req->bytes = (Bytes){ x->content.data, 0 };
}

/* `null` is as good as nothing where there need not be a body: FastAPI takes it so, and the clients
 * that are generated for it send it. */
static bool is_null(const Buffer *content)
{
    static const char blanks[] = " \t\r\n";
    const char *at = content->data + strspn(content->data, blanks);

    return strncmp(at, "null", 4) == 0 && at[4 + strspn(at + 4, blanks)] == '\0' &&
           strlen(content->data) == content->length;
}

static const char *types_of(const Input *in)
{
    if (in->bytes != NULL)
        return in->bytes;
    return in->takes_form
               ? "application/json, application/x-www-form-urlencoded or multipart/form-data"
               : "application/json";
}

void content_read(Exchange *x)
{
    Request *req = &x->request;
    const Input *in = &req->route->in;

    if (in->takes != NULL)
        req->body = arena_alloc(&x->arena, in->takes->size);
    else if (in->bytes == NULL)
        return;
    if (x->content.arena == NULL) /* nothing came */
        x->content = buffer_start(&x->arena);
    if (x->content.length == 0 && in->is_optional) {
        read_nothing(x);
        return;
    }
    if (x->content.length == 0 && in->takes_form && x->head.content_type == NULL) {
        decode_form(x, NULL, 0); /* which says what is missing */
        return;
    }
    switch (find_kind(x)) {
    case CONTENT_JSON:
        if (in->is_optional && is_null(&x->content))
            read_nothing(x);
        else
            read_json(x);
        return;
    case CONTENT_FORM:
        read_form(x);
        return;
    case CONTENT_PARTS:
        read_parts(x);
        return;
    case CONTENT_BYTES:
        req->bytes = (Bytes){ x->content.data, x->content.length };
        return;
    case CONTENT_OTHER:
        error_set(&x->fault, ERROR_UNSUPPORTED_MEDIA_TYPE, "Send the body as %s in UTF-8.",
                  types_of(in));
        return;
    }
}
