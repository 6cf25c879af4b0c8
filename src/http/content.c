#include "http/content.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "http/uri.h"
#include "json/reader.h"

typedef enum ContentKind { CONTENT_OTHER, CONTENT_JSON, CONTENT_FORM, CONTENT_BYTES } ContentKind;

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
    return CONTENT_OTHER;
}

static void read_form(Exchange *x)
{
    Request *req = &x->request;
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    size_t count = 0;

    if (uri_read_pairs(x->content.data, x->content.length, &x->arena, pairs, &count, &x->fault))
        schema_parse(req->route->in.takes, pairs, count, &x->arena, &body_location, req->body,
                     &x->fault);
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
    return in->takes_form ? "application/json or application/x-www-form-urlencoded"
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
    case CONTENT_BYTES:
        req->bytes = (Bytes){ x->content.data, x->content.length };
        return;
    case CONTENT_OTHER:
        error_set(&x->fault, ERROR_UNSUPPORTED_MEDIA_TYPE, "Send the body as %s in UTF-8.",
                  types_of(in));
        return;
    }
}
