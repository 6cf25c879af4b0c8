#include "http/router.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

/* How it works: some seventy rows are looked through one by one, which costs less than a
 * microsecond. Of the patterns that fit, the one with a fixed part where the others have a {name}
 * wins, from the left: /api/events/batch before /api/events/{event_id}. */

typedef struct Candidate {
    const char *path;   /* the best pattern so far */
    unsigned rank;      /* bit for bit from the left: 1 is a fixed part */
    const Route *route; /* its row for the method, NULL: it has none */
    size_t index;       /* of the row */
} Candidate;

static const char *const method_names[METHOD_COUNT] = {
    [METHOD_GET] = "GET",     [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
};

const char *method_name(Method method)
{
    return method_names[method];
}

bool route_value_is_number(const char *name, size_t length)
{
    static const char *const endings[] = { "_id", "version" };

    if ((length == 2 && memcmp(name, "id", 2) == 0) ||
        (length == 2 && (memcmp(name, "v1", 2) == 0 || memcmp(name, "v2", 2) == 0)))
        return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t tail = strlen(endings[i]);
        if (length >= tail && memcmp(name + length - tail, endings[i], tail) == 0)
            return true;
    }
    return false;
}

static bool is_id_text(const char *text)
{
    long long value;

    return text_to_int64(text, &value) && value > 0;
}

/* The part of a pattern that begins at `at`; *ret_rest is what follows its slash, or NULL. */
static size_t part_length(const char *at, const char **ret_rest)
{
    const char *slash = strchr(at, '/');

    *ret_rest = slash != NULL ? slash + 1 : NULL;
    return slash != NULL ? (size_t)(slash - at) : strlen(at);
}

static bool fits(const char *pattern, const Path *path, unsigned *ret_rank)
{
    const char *at = pattern;
    unsigned rank = 0;

    if (path->count == 0)
        return pattern[1] == '\0';
    for (size_t i = 0; i < path->count; i++) {
        if (*at++ != '/')
            return false;
        if (*at == '{') {
            at = strchr(at, '}') + 1;
        } else {
            if (*at != *path->segments[i] || strncmp(at, path->segments[i], path->lengths[i]) != 0)
                return false;
            at += path->lengths[i];
            rank |= 1U << (PATH_SEGMENTS - i);
        }
    }
    *ret_rank = rank;
    return *at == '\0';
}

/* Fills in the {names}. False: one of them must be a number and is none. */
static bool take_values(const char *pattern, const Path *path, Match *match)
{
    const char *at = pattern + 1;
    size_t count = 0;

    for (size_t i = 0; i < path->count; i++) {
        const char *rest;
        assert(at != NULL); /* the pattern fits */
        size_t length = part_length(at, &rest);
        if (*at == '{') {
            assert(count < REQUEST_PATH_VALUES);
            if (route_value_is_number(at + 1, length - 2) && !is_id_text(path->segments[i]))
                return false;
            match->values[count++] = path->segments[i];
        }
        at = rest;
    }
    return true;
}

static Candidate find_route(const RouteTable *const *tables, const Path *path, Method method)
{
    Candidate best = { .path = NULL };
    size_t index = 0;

    for (; *tables != NULL; tables++) {
        for (size_t i = 0; i < (*tables)->count; i++, index++) {
            const Route *route = &(*tables)->routes[i];
            unsigned rank = 0;
            if (!fits(route->path, path, &rank))
                continue;
            if (best.path == NULL || rank > best.rank)
                best = (Candidate){ .path = route->path, .rank = rank };
            if (rank == best.rank && route->method == method) {
                best.route = route;
                best.index = index;
            }
        }
    }
    return best;
}

static const char *list_methods(const RouteTable *const *tables, const char *pattern, Arena *arena)
{
    bool has[METHOD_COUNT] = { false };
    Buffer text = buffer_start(arena);

    for (; *tables != NULL; tables++) {
        for (size_t i = 0; i < (*tables)->count; i++) {
            const Route *route = &(*tables)->routes[i];
            if (text_equal(route->path, pattern))
                has[route->method] = true;
        }
    }
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (has[i])
            buffer_printf(&text, "%s, %s", method_names[i], i == METHOD_GET ? "HEAD, " : "");
    }
    buffer_add(&text, "OPTIONS");
    return text.data;
}

static bool find_method(const char *name, Method *ret_method)
{
    if (text_equal(name, "HEAD"))
        name = "GET";
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (text_equal(name, method_names[i])) {
            *ret_method = (Method)i;
            return true;
        }
    }
    return false;
}

bool router_find(const RouteTable *const *tables, const char *method, const Path *path,
                 Arena *arena, Match *ret_match, Error *err)
{
    Method known = METHOD_GET;
    bool is_options = text_equal(method, "OPTIONS");

    *ret_match = (Match){ .route = NULL };
    if (!is_options && !find_method(method, &known))
        return error_set(err, ERROR_NOT_IMPLEMENTED, "This server does not know that method.");

    Candidate found = find_route(tables, path, known);
    if (found.path == NULL || !take_values(found.path, path, ret_match))
        return error_set(err, ERROR_NOT_FOUND, "There is nothing at this address.");
    if (!is_options && found.route != NULL) {
        ret_match->route = found.route;
        ret_match->index = found.index;
        return true;
    }
    ret_match->allow = list_methods(tables, found.path, arena);
    return is_options ||
           error_set(err, ERROR_METHOD_NOT_ALLOWED, "This address does not take that method.");
}

size_t router_count(const RouteTable *const *tables)
{
    size_t count = 0;

    for (; *tables != NULL; tables++)
        count += (*tables)->count;
    return count;
}

const Route *router_route(const RouteTable *const *tables, size_t index)
{
    for (; *tables != NULL; tables++) {
        if (index < (*tables)->count)
            return &(*tables)->routes[index];
        index -= (*tables)->count;
    }
    return NULL;
}
