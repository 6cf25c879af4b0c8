#include <assert.h>
#include <string.h>

#include "api/openapi_write.h"
#include "base/text.h"

/* -- Parameters ------------------------------------------------------------------------------- */

static void open_parameter(Writer *w, const char *name, const char *in, bool is_required)
{
    write_object(w);
    openapi_text(w, "name", name);
    openapi_text(w, "in", in);
    write_key(w, "required");
    write_boolean(w, is_required);
}

static void write_path_parameters(Writer *w, const Route *route)
{
    for (const char *at = strchr(route->path, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const char *name = arena_strndup(w->out.arena, at + 1, strcspn(at + 1, ":}"));
        open_parameter(w, name, "path", true);
        write_key(w, "schema");
        write_raw(w, route_path_type(at) == PATH_INT
                         ? "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1}"
                         : "{\"type\":\"string\"}");
        write_end_object(w);
    }
}

static void write_query_parameters(Writer *w, const Schema *query)
{
    for (size_t i = 0; query != NULL && i < query->field_count; i++) {
        const Field *field = &query->fields[i];
        open_parameter(w, field->name, "query", (field->flags & REQUIRED) != 0);
        openapi_text(w, "description", field->doc);
        write_key(w, "schema");
        field_describe(field, w);
        write_end_object(w);
    }
}

void openapi_write_parameters(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;

    write_key(w, "parameters");
    write_array(w);
    write_path_parameters(w, route);
    write_query_parameters(w, route->in.query);
    if (route->honours_if_match)
        openapi_reference(w, NULL, "parameters", "IfMatch");
    if (route->has_etag && route->method == METHOD_GET)
        openapi_reference(w, NULL, "parameters", "IfNoneMatch");
    if (route_honours_key(route))
        openapi_reference(w, NULL, "parameters", "IdempotencyKey");
    openapi_reference(w, NULL, "parameters", "RequestId");
    write_end_array(w);
}

/* -- Body ------------------------------------------------------------------------------------- */

static void write_example(Writer *w, const Schema *schema, bool is_patch);

/* The example of one member; of nested ones, made of theirs. */
static void write_member_example(Writer *w, const Field *field)
{
    bool is_list = field->type == &array_type;
    bool is_patch = (field->flags & PARTIAL) != 0;

    if (field->example != NULL) {
        write_raw(w, field->example);
        return;
    }
    if (is_list)
        write_array(w);
    write_example(w, field->schema, is_patch);
    if (is_list)
        write_end_array(w);
}

/* An object made of the examples of the members that a client would send: those that must be
 * there, or, where nothing must, the first one. */
static void write_example(Writer *w, const Schema *schema, bool is_patch)
{
    bool has_required = false;
    bool is_first = true;

    for (size_t i = 0; i < schema->field_count; i++)
        has_required = has_required || (schema->fields[i].flags & REQUIRED) != 0;
    write_object(w);
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        bool is_wanted = has_required && !is_patch ? (field->flags & REQUIRED) != 0 : is_first;
        bool can_show = field->example != NULL || field->schema != NULL;
        unsigned fixed = is_patch ? READ_ONLY | IMMUTABLE : READ_ONLY;
        if (!is_wanted || !can_show || (field->flags & fixed) != 0)
            continue;
        write_key(w, field->name);
        write_member_example(w, field);
        is_first = false;
    }
    write_end_object(w);
}

static void write_json_body(OpenApi *doc, const Route *route)
{
    static const char *const forms[] = { "application/x-www-form-urlencoded",
                                         "multipart/form-data" };
    Writer *w = &doc->w;
    const Input *in = &route->in;
    SchemaForm form = schema_form(in->mode);

    write_key(w, "application/json");
    write_object(w);
    openapi_reference(w, "schema", "schemas", schema_set_name(&doc->set, in->takes, form));
    write_key(w, "example");
    if (in->example != NULL)
        write_raw(w, in->example);
    else
        write_example(w, in->takes, in->mode != DECODE_CREATE);
    write_end_object(w);
    for (size_t i = 0; in->takes_form && i < sizeof(forms) / sizeof(forms[0]); i++) {
        write_key(w, forms[i]);
        write_object(w);
        openapi_reference(w, "schema", "schemas", schema_set_name(&doc->set, in->takes, form));
        write_end_object(w);
    }
}

void openapi_write_body(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;
    const Input *in = &route->in;

    if (in->takes == NULL && in->bytes == NULL)
        return;
    write_key(w, "requestBody");
    write_object(w);
    write_key(w, "required");
    write_boolean(w, !in->is_optional);
    write_key(w, "content");
    write_object(w);
    if (in->takes != NULL) {
        write_json_body(doc, route);
    } else {
        write_key(w, in->bytes);
        write_raw(w, "{}");
    }
    write_end_object(w);
    write_end_object(w);
}

/* -- Responses -------------------------------------------------------------------------------- */

static void write_array_of(Writer *w, const char *name)
{
    openapi_text(w, "type", "array");
    openapi_reference(w, "items", "schemas", name);
}

/* {items, total, next_cursor}: the shape of every list. */
static void write_page_of(Writer *w, const char *name)
{
    openapi_text(w, "type", "object");
    write_key(w, "properties");
    write_object(w);
    write_key(w, "items");
    write_object(w);
    write_array_of(w, name);
    write_end_object(w);
    write_key(w, "total");
    write_raw(w, "{\"type\":[\"integer\",\"null\"],\"minimum\":0,\"description\":\"How many there "
                 "are in all; null when a cursor is used, unless `count=true`.\"}");
    write_key(w, "next_cursor");
    write_raw(w, "{\"type\":[\"string\",\"null\"],\"description\":\"Give it as `cursor` for the "
                 "next page; null on the last one.\"}");
    write_end_object(w);
    write_key(w, "required");
    write_raw(w, "[\"items\",\"total\",\"next_cursor\"]");
}

static void write_shape(OpenApi *doc, Shape shape, const Schema *schema)
{
    Writer *w = &doc->w;
    const char *name = schema_set_name(&doc->set, schema, FORM_OUTPUT);

    write_object(w);
    switch (shape) {
    case GIVES_ONE:
        openapi_text(w, "$ref", arena_printf(w->out.arena, "#/components/schemas/%s", name));
        break;
    case GIVES_ARRAY:
        write_array_of(w, name);
        break;
    case GIVES_PAGE:
        write_page_of(w, name);
        break;
    case GIVES_NOTHING:
    case GIVES_OTHER:
        assert(false); /* these have no schema */
    }
    write_end_object(w);
}

static void write_success_schema(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;

    write_key(w, "schema");
    if (route->out.or_gives == NULL) {
        write_shape(doc, route->out.shape, route->out.gives);
        return;
    }
    write_object(w);
    write_key(w, "anyOf");
    write_array(w);
    write_shape(doc, route->out.shape, route->out.gives);
    write_shape(doc, route->out.gives_array_or ? GIVES_ONE : route->out.shape, route->out.or_gives);
    write_end_array(w);
    write_end_object(w);
}

static void write_success_content(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;

    if (route->out.shape == GIVES_NOTHING)
        return;
    write_key(w, "content");
    write_object(w);
    write_key(w, route->out.content_type != NULL ? route->out.content_type : "application/json");
    write_object(w);
    if (route->out.gives != NULL)
        write_success_schema(doc, route);
    write_end_object(w);
    write_end_object(w);
}

static void write_success(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;
    int status = route->out.status != 0              ? route->out.status
                 : route->out.shape == GIVES_NOTHING ? 204
                                                     : 200;
    bool is_list =
        route->out.shape == GIVES_PAGE ||
        (route->out.shape == GIVES_ARRAY && route->method == METHOD_GET && route->in.query != NULL);

    write_key(w, arena_printf(w->out.arena, "%d", status));
    write_object(w);
    openapi_text(w, "description", status == 201 ? "Made." : "Done.");
    write_key(w, "headers");
    write_object(w);
    openapi_reference(w, "X-Request-Id", "headers", "RequestId");
    if (route->has_etag)
        openapi_reference(w, "ETag", "headers", "ETag");
    if (status == 201 && route->out.shape == GIVES_ONE)
        openapi_reference(w, "Location", "headers", "Location");
    if (is_list)
        openapi_reference(w, "Link", "headers", "Link");
    if (route_honours_key(route))
        openapi_reference(w, "Idempotent-Replayed", "headers", "IdempotentReplayed");
    write_end_object(w);
    write_success_content(doc, route);
    write_end_object(w);
    if (route->has_etag && route->method == METHOD_GET)
        openapi_reference(w, "304", "responses", "NotModified");
}

/* One a status: the first of those that share it stands for all. */
static bool stands_for_status(uint64_t failures, ErrorCode code)
{
    for (ErrorCode other = ERROR_NONE + 1; other < code; other++) {
        if ((failures & (UINT64_C(1) << other)) != 0 && error_status(other) == error_status(code))
            return false;
    }
    return (failures & (UINT64_C(1) << code)) != 0;
}

static void write_failures(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;
    uint64_t failures = route_failures(route);

    for (int i = ERROR_NONE + 1; i < ERROR_COUNT; i++) {
        ErrorCode code = (ErrorCode)i;
        if (!stands_for_status(failures, code))
            continue;
        doc->failures |= UINT64_C(1) << code;
        openapi_reference(w, arena_printf(w->out.arena, "%d", error_status(code)), "responses",
                          openapi_failure_name(code, w->out.arena));
    }
}

void openapi_write_responses(OpenApi *doc, const Route *route)
{
    write_key(&doc->w, "responses");
    write_object(&doc->w);
    write_success(doc, route);
    write_failures(doc, route);
    write_end_object(&doc->w);
}
