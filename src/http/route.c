#include "http/route.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

static const char *const method_names[METHOD_COUNT] = {
#define X(name) [METHOD_##name] = #name,
    METHODS(X)
#undef X
};

const char *method_name(Method method)
{
    return method_names[method];
}

/* What anybody can meet anywhere: a request that cannot be read, or is too long, and parameters
 * that do not belong. */
#define ALWAYS (FAILS_2(MALFORMED, INVALID) | FAILS_2(URI_TOO_LONG, HEADERS_TOO_LARGE))

static uint64_t failures_of_what(const Route *route)
{
    uint64_t failures = 0;

    if (strchr(route->path, '{') != NULL)
        failures |= FAIL_BIT(NOT_FOUND);
    if (route->in.takes != NULL || route->in.bytes != NULL)
        failures |= FAILS_2(CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE);
    if (route->honours_if_match)
        failures |= FAILS_2(PRECONDITION_FAILED, PRECONDITION_REQUIRED);
    if (route_honours_key(route))
        failures |= FAIL_BIT(KEY_IN_USE);
    return failures;
}

static uint64_t failures_of_where(const Route *route)
{
    uint64_t failures = 0;

    if (!route->works_without_db)
        failures |= FAILS_2(TOO_MANY_REQUESTS, UNAVAILABLE);
    if (route->lane == LANE_WRITE)
        failures |= FAIL_BIT(STORAGE_FULL);
    return failures;
}

uint64_t route_failures(const Route *route)
{
    return ALWAYS | route->fails | route->needs->failures | failures_of_what(route) |
           failures_of_where(route);
}

bool route_honours_key(const Route *route)
{
    return route->method != METHOD_GET && route->lane == LANE_WRITE && !route_is_open(route) &&
           !text_starts_with(route->path, "/api/auth/");
}

PathType route_path_type(const char *brace)
{
    size_t length = strcspn(brace, "}");
    const char *colon = memchr(brace, ':', length);
    const char *type = colon != NULL ? colon + 1 : brace;
    size_t left = length - (size_t)(type - brace);

    if (colon == NULL)
        return PATH_TEXT;
    if (left == 3 && memcmp(type, "int", left) == 0)
        return PATH_INT;
    assert(left == 4 && memcmp(type, "rest", left) == 0);
    return PATH_REST;
}

void route_write_path(const Route *route, Buffer *out)
{
    for (const char *at = route->path; *at != '\0'; at++) {
        if (*at == ':')
            at += strcspn(at, "}");
        buffer_add_char(out, *at);
    }
}
