#include "http/router.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

/* How it works: the patterns of all routes are taken apart once, each with its rows by method, and
 * those with as many parts as the path looked through: nearly all have another last part. Of those
 * that fit, the one with a fixed part where the others have a {name} wins, from the left:
 * /api/events/batch before /api/events/{event_id:int}. */

typedef struct Address {
    struct Address *next; /* of as many parts, or with a rest */
    Path pattern;
    unsigned fixed;                /* bit for bit from the left: 1 is a fixed part, 0 a {name} */
    PathType types[PATH_SEGMENTS]; /* of the {names} */
    bool has_rest;                 /* its last part is a {name:rest} */
    const Route *routes[METHOD_COUNT];
    size_t indexes[METHOD_COUNT]; /* of the routes */
} Address;

struct Router {
    Address *of_length[PATH_SEGMENTS + 1]; /* by the number of their parts */
    Address *with_rest;
};

static bool is_id_text(const char *text)
{
    long long value;

    return text_to_int64(text, &value) && value > 0;
}

static unsigned bit_of(size_t part)
{
    return 1U << (PATH_SEGMENTS - part);
}

static bool is_name(const Address *address, size_t part)
{
    return (address->fixed & bit_of(part)) == 0;
}

static Address take_apart(const char *pattern)
{
    Address address = { .pattern = { .text = pattern } };
    Path *path = &address.pattern;

    for (const char *at = pattern + 1; *at != '\0'; at += *at == '/') {
        size_t length = strcspn(at, "/");
        assert(path->count < PATH_SEGMENTS);
        if (*at != '{')
            address.fixed |= bit_of(path->count);
        else
            address.types[path->count] = route_path_type(at);
        address.has_rest = address.types[path->count] == PATH_REST;
        path->lengths[path->count] = length;
        path->segments[path->count++] = at;
        at += length;
    }
    return address;
}

/* From the right, where addresses differ soonest. */
static bool fits(const Address *address, const Path *path)
{
    const Path *pattern = &address->pattern;

    if (pattern->count > path->count || (pattern->count < path->count && !address->has_rest))
        return false;
    for (size_t i = pattern->count; i-- > 0;) {
        if (!is_name(address, i) &&
            (pattern->lengths[i] != path->lengths[i] ||
             memcmp(pattern->segments[i], path->segments[i], path->lengths[i]) != 0))
            return false;
    }
    return true;
}

static Address **list_of(Router *router, const Address *address)
{
    return address->has_rest ? &router->with_rest : &router->of_length[address->pattern.count];
}

/* The one of a pattern; a new one if there is none yet. */
static Address *address_of(Router *router, const char *pattern, Arena *arena)
{
    Address wanted = take_apart(pattern);
    Address **list = list_of(router, &wanted);

    for (Address *one = *list; one != NULL; one = one->next) {
        if (one->fixed == wanted.fixed && one->pattern.count == wanted.pattern.count &&
            fits(one, &wanted.pattern))
            return one;
    }
    Address *address = ARENA_NEW(arena, Address);
    *address = wanted;
    address->next = *list;
    *list = address;
    return address;
}

Router *router_create(const RouteTable *const *tables, Arena *arena)
{
    Router *router = ARENA_NEW(arena, Router);
    const Route *route;

    for (size_t i = 0; (route = router_route(tables, i)) != NULL; i++) {
        Address *address = address_of(router, route->path, arena);
        assert(route->needs != NULL); /* every row says who may */
        assert(address->routes[route->method] == NULL);
        address->routes[route->method] = route;
        address->indexes[route->method] = i;
    }
    return router;
}

/* All of the path from this part on. */
static const char *rest_of(const Path *path, size_t part)
{
    const char *at = path->text;

    for (size_t i = 0; i <= part; i++)
        at = strchr(at, '/') + 1;
    return at;
}

/* Fills in the {names}. False: one of them must be a number and is none. */
static bool take_values(const Address *address, const Path *path, Match *match)
{
    size_t count = 0;

    for (size_t i = 0; i < address->pattern.count; i++) {
        if (!is_name(address, i))
            continue;
        assert(count < REQUEST_PATH_VALUES);
        PathType type = address->types[i];
        if (type == PATH_INT && !is_id_text(path->segments[i]))
            return false;
        match->values[count++] = type == PATH_REST ? rest_of(path, i) : path->segments[i];
    }
    return true;
}

/* Does it say more about the path than the other? */
static bool is_closer(const Address *one, const Address *other)
{
    return other == NULL || one->fixed > other->fixed ||
           (one->fixed == other->fixed && other->has_rest && !one->has_rest);
}

static const Address *closest(const Address *first, const Path *path, const Address *best)
{
    for (const Address *one = first; one != NULL; one = one->next) {
        if (fits(one, path) && is_closer(one, best))
            best = one;
    }
    return best;
}

static const Address *find_address(const Router *router, const Path *path)
{
    const Address *best = closest(router->of_length[path->count], path, NULL);

    return closest(router->with_rest, path, best);
}

static const char *list_methods(const Address *address, Arena *arena)
{
    Buffer text = buffer_start(arena);

    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (address->routes[i] != NULL && i != METHOD_OPTIONS)
            buffer_printf(&text, "%s, %s", method_name((Method)i), i == METHOD_GET ? "HEAD, " : "");
    }
    buffer_add(&text, "OPTIONS");
    return text.data;
}

static bool find_method(const char *name, Method *ret_method)
{
    if (text_equal(name, "HEAD"))
        name = "GET";
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (text_equal(name, method_name((Method)i))) {
            *ret_method = (Method)i;
            return true;
        }
    }
    return false;
}

/* RFC 9110 9.1: a method that is not known is a 501, one that is known and not taken a 405; and of
 * the methods that it defines there are two more than any address of ours takes. */
static bool refuse_method(const char *method, bool is_known, Error *err)
{
    if (is_known || text_equal(method, "TRACE") || text_equal(method, "CONNECT"))
        return error_set(err, ERROR_METHOD_NOT_ALLOWED, "This address does not take that method.");
    return error_set(err, ERROR_NOT_IMPLEMENTED, "This server does not know that method.");
}

bool router_find(const Router *router, const char *method, const Path *path, Arena *arena,
                 Match *ret_match, Error *err)
{
    Method known = METHOD_COUNT;
    bool is_known = find_method(method, &known);

    *ret_match = (Match){ .route = NULL };
    const Address *found = find_address(router, path);
    if (found == NULL || !take_values(found, path, ret_match))
        return error_set(err, ERROR_NOT_FOUND, "There is nothing at this address.");
    if (is_known && found->routes[known] != NULL) {
        ret_match->route = found->routes[known];
        ret_match->index = found->indexes[known];
        return true;
    }
    ret_match->allow = list_methods(found, arena);
    return known == METHOD_OPTIONS || refuse_method(method, is_known, err);
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
