#include <string.h>

#include "api/openapi_write.h"
#include "auth/access.h"

/* What stands in every document, whatever the tables say. JSON as it is written out. */

static const char problem[] =
    "{\"type\":\"object\",\"description\":\"What went wrong (RFC 9457).\",\"properties\":{"
    "\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
    "\"title\":{\"type\":\"string\"},"
    "\"status\":{\"type\":\"integer\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"One plain sentence.\"},"
    "\"instance\":{\"type\":\"string\",\"description\":\"The id of the request.\"},"
    "\"errors\":{\"type\":\"array\",\"description\":\"With 422: every fault.\",\"items\":"
    "{\"$ref\":\"#/components/schemas/Fault\"}},"
    "\"error\":{\"type\":\"string\",\"description\":\"At the token endpoint: the code of "
    "RFC 6749 5.2.\"}},"
    "\"additionalProperties\":true,"
    "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"instance\"]}";

static const char fault[] =
    "{\"type\":\"object\",\"description\":\"One fault of one member.\",\"properties\":{"
    "\"loc\":{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]},"
    "\"examples\":[[\"body\",\"start_time\"]]},"
    "\"type\":{\"type\":\"string\",\"examples\":[\"missing\"]},"
    "\"msg\":{\"type\":\"string\"}},\"required\":[\"loc\",\"type\",\"msg\"]}";

static const char parameters[] =
    "{\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,\"description\":"
    "\"The ETag of the version one has seen; when it is no longer the present one, 412 and "
    "nothing is changed.\",\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"3\\\"\"]}},"
    "\"IfNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"The ETag of what one has; 304 when it is still so.\",\"schema\":{"
    "\"type\":\"string\",\"examples\":[\"\\\"3\\\"\"]}},"
    "\"RequestId\":{\"name\":\"X-Request-Id\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"An id for the logs, up to 64 letters, digits, `.`, `_` and `-`; made when "
    "it is not given or another text.\",\"schema\":{\"type\":\"string\"}},"
    "\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"A name for this change, a UUID say, new for each: when the reply does not "
    "arrive, the same request with the same key is not done again but answered with that reply, "
    "for 24 hours. A reply of more than 512 KiB is kept as ids and version numbers alone, and so "
    "are those of who has 16 MiB kept.\",\"schema\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":64,\"pattern\":\"^[!-~]+$\"}}}";

static const char headers[] =
    "{\"RequestId\":{\"description\":\"The id of the request in the logs.\",\"schema\":{"
    "\"type\":\"string\"}},"
    "\"ETag\":{\"description\":\"The version of what is shown.\",\"schema\":{\"type\":\"string\"}},"
    "\"Location\":{\"description\":\"Where the new thing is, when it has an address of its "
    "own.\",\"schema\":{\"type\":\"string\","
    "\"format\":\"uri-reference\"}},"
    "\"Link\":{\"description\":\"RFC 8288, with rel=\\\"next\\\": the next page.\",\"schema\":{"
    "\"type\":\"string\"}},"
    "\"RetryAfter\":{\"description\":\"Seconds to wait.\",\"schema\":{\"type\":\"integer\","
    "\"minimum\":1}},"
    "\"IdempotentReplayed\":{\"description\":\"`true`: it was done before, with the same "
    "Idempotency-Key, and this is the reply of then.\",\"schema\":{\"type\":\"string\","
    "\"enum\":[\"true\"]}},"
    "\"WWWAuthenticate\":{\"description\":\"RFC 6750 3.\",\"schema\":{\"type\":\"string\"}}}";

static const char security_schemes[] =
    "{\"password\":{\"type\":\"oauth2\",\"description\":\"Sign in by user name or e-mail "
    "address.\","
    "\"flows\":{\"password\":{\"tokenUrl\":\"/api/auth/login\","
    "\"refreshUrl\":\"/api/auth/refresh\",\"scopes\":{}}}},"
    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"The `access_token` of register, login or refresh.\"}}";

/* A sentence for the example of each failure. */
static const char *example_detail(int status)
{
    switch (status) {
    case 401:
        return "Sign in and send the access token.";
    case 403:
        return "Your role on this event does not let you do this.";
    case 404:
        return "There is nothing here.";
    case 409:
        return "This is already so.";
    case 412:
        return "The event has changed since the version in If-Match.";
    case 422:
        return "Some members of the request are not valid; `errors` names each of them.";
    case 428:
        return "Say in If-Match which version you have seen.";
    case 429:
        return "Too many requests; wait a moment.";
    default:
        return "The request was refused.";
    }
}

static void write_failure_example(Writer *w, ErrorCode code)
{
    int status = error_status(code);

    write_key(w, "example");
    write_object(w);
    openapi_text(w, "type", arena_printf(w->out.arena, "urn:fasti:problem:%s", error_type(code)));
    openapi_text(w, "title", error_title(code));
    write_key(w, "status");
    write_integer(w, status);
    openapi_text(w, "detail", example_detail(status));
    openapi_text(w, "instance", "0f8fad5b-d9cb-469f-a165-70867728950e");
    if (code == ERROR_INVALID) {
        write_key(w, "errors");
        write_raw(w, "[{\"loc\":[\"body\",\"end_time\"],\"type\":\"value_error\","
                     "\"msg\":\"end_time must be later than start_time.\"}]");
    }
    write_end_object(w);
}

static void write_failure(Writer *w, ErrorCode code)
{
    int status = error_status(code);

    write_key(w, openapi_failure_name(code, w->out.arena));
    write_object(w);
    openapi_text(w, "description", error_title(code));
    write_key(w, "headers");
    write_object(w);
    openapi_reference(w, "X-Request-Id", "headers", "RequestId");
    if (status == 401)
        openapi_reference(w, "WWW-Authenticate", "headers", "WWWAuthenticate");
    if (status == 429 || status == 503)
        openapi_reference(w, "Retry-After", "headers", "RetryAfter");
    write_end_object(w);
    write_key(w, "content");
    write_object(w);
    write_key(w, "application/problem+json");
    write_object(w);
    openapi_reference(w, "schema", "schemas", "Problem");
    write_failure_example(w, code);
    write_end_object(w);
    write_end_object(w);
    write_end_object(w);
}

static void write_failures(OpenApi *doc)
{
    for (int i = ERROR_NONE + 1; i < ERROR_COUNT; i++) {
        ErrorCode code = (ErrorCode)i;
        if ((doc->failures & (UINT64_C(1) << code)) != 0)
            write_failure(&doc->w, code);
    }
}

/* Which role may do what with an event: the table that the checks read, for clients that want to
 * show only what will succeed. */
static void write_access(Writer *w)
{
    static const EventAction actions[] = {
#define X(name, ...) ACTION_EVENT_##name,
        EVENT_ACTIONS(X)
#undef X
    };

    write_object(w);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        EventAction action = actions[i];
        write_key(w, access_name(action));
        write_object(w);
        openapi_text(w, "description", access_text(action));
        write_key(w, "owner");
        write_boolean(w, access_allows(action, ROLE_OWNER));
        write_key(w, "editor");
        write_boolean(w, access_allows(action, ROLE_EDITOR));
        write_key(w, "viewer");
        write_boolean(w, access_allows(action, ROLE_VIEWER));
        write_end_object(w);
    }
    write_end_object(w);
}

void openapi_write_components(OpenApi *doc)
{
    Writer *w = &doc->w;

    write_object(w);
    write_key(w, "schemas");
    write_object(w);
    schema_set_write(&doc->set, w);
    write_key(w, "Problem");
    write_raw(w, problem);
    write_key(w, "Fault");
    write_raw(w, fault);
    write_end_object(w);
    write_key(w, "parameters");
    write_raw(w, parameters);
    write_key(w, "headers");
    write_raw(w, headers);
    write_key(w, "responses");
    write_object(w);
    write_key(w, "NotModified");
    write_raw(w, "{\"description\":\"Still as one has it.\",\"headers\":{\"ETag\":{\"$ref\":"
                 "\"#/components/headers/ETag\"}}}");
    write_failures(doc);
    write_end_object(w);
    write_key(w, "securitySchemes");
    write_raw(w, security_schemes);
    write_key(w, "x-fasti-access");
    write_access(w);
    write_end_object(w);
}
