#include "http/content.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "http/uri.h"
#include "json/reader.h"

typedef enum ContentKind { CONTENT_OTHER, CONTENT_JSON, CONTENT_FORM } ContentKind;

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
    const char *type = x->head.content_type;

    if (type == NULL || x->head.has_two_content_types || x->head.has_content_encoding)
        return CONTENT_OTHER;
    size_t end = strcspn(type, ";");
    size_t length = trimmed(type, end);
    if (!has_good_charset(type + end))
        return CONTENT_OTHER;
    if (is_word(type, length, "application/json") ||
        (is_word(type, length, "application/merge-patch+json") &&
         x->request.route->method == METHOD_PATCH))
        return CONTENT_JSON;
    if (is_word(type, length, "application/x-www-form-urlencoded") && x->request.route->takes_form)
        return CONTENT_FORM;
    return CONTENT_OTHER;
}

static void read_form(Exchange *x)
{
    Request *req = &x->request;
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    size_t count = 0;

    if (uri_read_pairs(x->content.data, x->content.length, &x->arena, pairs, &count, &x->fault))
        schema_parse(req->route->takes, pairs, count, &x->arena, &body_location, req->body,
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
    if (json_is_array(value) && route->array_as != NULL) {
        json_t *object = json_object();
        json_object_set_new(object, route->array_as, value);
        value = object;
        req->body_was_array = true;
    }
    schema_decode(route->takes, route->mode, value, &x->arena, &body_location, req->body,
                  &x->fault);
}

void content_read(Exchange *x)
{
    Request *req = &x->request;
    const Route *route = req->route;

    if (route->takes == NULL)
        return;
    req->body = arena_alloc(&x->arena, route->takes->size);
    if (x->content.length == 0 && route->body_is_optional) {
        schema_set_nulls(route->takes, req->body);
        return;
    }
    switch (find_kind(x)) {
    case CONTENT_JSON:
        read_json(x);
        return;
    case CONTENT_FORM:
        read_form(x);
        return;
    case CONTENT_OTHER:
        error_set(&x->fault, ERROR_UNSUPPORTED_MEDIA_TYPE, "Send the body as %s in UTF-8.",
                  route->takes_form ? "application/json or application/x-www-form-urlencoded"
                                    : "application/json");
        return;
    }
}
