#include "http/reply.h"

#include <assert.h>
#include <string.h>

#include "base/budget.h"
#include "http/entity_tag.h"

static const char json_type_name[] = "application/json";

const Header reply_usual_headers[] = {
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
};
const size_t reply_usual_header_count =
    sizeof(reply_usual_headers) / sizeof(reply_usual_headers[0]);

Reply reply_go_on(void)
{
    return (Reply){ .status = 0 };
}

Reply reply_look(void)
{
    return (Reply){ .status = 0, .looks_first = true };
}

Reply reply_again(int64_t place)
{
    return (Reply){ .status = 0, .again = place };
}

Reply reply_no_content(void)
{
    return (Reply){ .status = 204 };
}

Reply reply_not_modified(void)
{
    return (Reply){ .status = 304 };
}

Reply reply_written(Request *req, Writer *w)
{
    if (!budget_allows(req->arena, &req->error))
        return reply_error(req);
    return (Reply){
        .status = req->route->out.status != 0 ? req->route->out.status : 200,
        .body = writer_text(w),
        .length = writer_length(w),
        .content_type = json_type_name,
    };
}

Reply reply_object(Request *req, const Schema *schema, const void *object)
{
    Writer w = writer_start(req->arena);

    schema_encode(schema, &w, object, 0);
    Reply reply = reply_written(req, &w);
    reply.schema = schema;
    reply.objects = object;
    reply.object_count = 1;
    return reply;
}

Reply reply_array(Request *req, const Schema *schema, const void *items, size_t count)
{
    Writer w = writer_start(req->arena);

    write_array(&w);
    for (size_t i = 0; i < count && !budget_is_spent(req->arena); i++)
        schema_encode(schema, &w, (const char *)items + i * schema->size, 0);
    write_end_array(&w);
    Reply reply = reply_written(req, &w);
    reply.schema = schema;
    reply.objects = items;
    reply.object_count = count;
    reply.is_array = true;
    return reply;
}

Reply reply_created(Request *req, const char *location, const Schema *schema, const void *object)
{
    Reply reply = reply_object(req, schema, object);

    if (reply.status >= 400)
        return reply;
    reply.status = 201;
    reply_header(&reply, "Location", location);
    return reply;
}

/* RFC 6749 5.2, and 4.1.2.1 for what is not the client's fault. */
static const char *oauth_error(ErrorCode code)
{
    int status = error_status(code);

    if (status == 401)
        return "invalid_grant";
    if (code == ERROR_TOO_MANY_REQUESTS || status == 503)
        return "temporarily_unavailable";
    return status < 500 ? "invalid_request" : "server_error";
}

static void add_member(Buffer *out, const char *name, const char *value)
{
    buffer_printf(out, ",\"%s\":", name);
    buffer_add_json_string(out, value);
}

static void add_faults(Buffer *out, const Error *error)
{
    if (error->code != ERROR_INVALID || error->faults == NULL)
        return;
    buffer_add(out, ",\"errors\":[");
    for (const Fault *fault = error->faults; fault != NULL; fault = fault->next) {
        buffer_printf(out, "%s{\"loc\":%s", fault == error->faults ? "" : ",", fault->location);
        add_member(out, "type", fault->type);
        add_member(out, "msg", fault->message);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

static void open_problem(Buffer *out, const Request *req, const Error *error)
{
    buffer_printf(out, "{\"type\":\"urn:fasti:problem:%s\"", error_type(error->code));
    add_member(out, "title", error_title(error->code));
    buffer_printf(out, ",\"status\":%d", error_status(error->code));
    add_member(out, "detail", error->detail);
    add_member(out, "instance", req->id);
}

static void close_problem(Buffer *out, const Request *req, const Error *error)
{
    add_faults(out, error);
    if (req->problem_members != NULL)
        buffer_printf(out, ",%s", req->problem_members);
    buffer_add_char(out, '}');
}

static void write_problem(Buffer *out, const Request *req, const Error *error)
{
    open_problem(out, req, error);
    close_problem(out, req, error);
}

static void write_problem_oauth(Buffer *out, const Request *req, const Error *error)
{
    open_problem(out, req, error);
    add_member(out, "error", oauth_error(error->code));
    close_problem(out, req, error);
}

const FailureForm problem_json = { "application/problem+json", write_problem };
const FailureForm problem_json_oauth = { "application/problem+json", write_problem_oauth };

/* RFC 6750 3.1: no error code when the request lacked any authentication information. */
static const char *challenge(const Request *req)
{
    bool is_token_route = req->route != NULL && !route_is_open(req->route);

    return is_token_route && req->token_given ? "Bearer error=\"invalid_token\"" : "Bearer";
}

Reply reply_error(Request *req)
{
    Error *error = &req->error;
    const FailureForm *form =
        req->route != NULL && req->route->fails_as != NULL ? req->route->fails_as : &problem_json;
    Buffer body = buffer_start(req->arena);

    if (error->code == ERROR_NONE)
        error_set(error, ERROR_INTERNAL, "The server made a mistake.");

    form->write(&body, req, error);
    Reply reply = {
        .status = error_status(error->code),
        .body = body.data,
        .length = body.length,
        .content_type = form->content_type,
        .no_store = true,
    };
    if (reply.status == 401)
        reply_header(&reply, "WWW-Authenticate", challenge(req));
    if (reply.status == 429 || reply.status == 503) {
        unsigned wait_s = error->retry_after_s > 0 ? error->retry_after_s : 1;
        reply_header(&reply, "Retry-After", arena_printf(req->arena, "%u", wait_s));
    }
    return reply;
}

Reply reply_absent(Request *req)
{
    error_set(&req->error, ERROR_NOT_FOUND, "There is nothing at this address.");
    return reply_error(req);
}

void reply_header(Reply *reply, const char *name, const char *value)
{
    assert(reply->header_count < REPLY_HEADERS);
    reply->headers[reply->header_count++] = (Header){ name, value };
}

void reply_etag(Request *req, Reply *reply, int64_t version)
{
    const char *tag = arena_printf(req->arena, "\"%lld\"", (long long)version);

    if (reply->status >= 400)
        return;
    /* RFC 9110 13.1.2: only GET and HEAD become a 304. */
    if (reply->status == 200 && req->route->method == METHOD_GET && req->if_none_match != NULL &&
        entity_tag_matches(req->if_none_match, tag, TAG_WEAK))
        *reply = reply_not_modified();
    reply_header(reply, "ETag", tag);
}
