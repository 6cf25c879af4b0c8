#include "api/openapi.h"

#include <ctype.h>
#include <string.h>

#include "api/openapi_write.h"
#include "base/text.h"
#include "http/router.h"

static const char about[] =
    "A shared calendar whose every change is kept, explained and reversible.\n\n"
    "Times are RFC 3339 with an offset, in the years 1900 to 2199, and go out in UTC. Texts hold "
    "no control characters but tab and newline. Ids are integers. Who may not see a thing gets "
    "the 404 of a thing that does not exist; who may see it but not do this gets 403. Errors are "
    "RFC 9457 problems, and for 422 `errors` names every fault at once.\n\n"
    "To try things here: register, press *Authorize*, sign in.";

static void write_info(Writer *w, const char *version, const char *public_url)
{
    openapi_text(w, "openapi", "3.1.0");
    write_key(w, "info");
    write_object(w);
    openapi_text(w, "title", "Fasti");
    openapi_text(w, "version", version);
    openapi_text(w, "description", about);
    write_key(w, "contact");
    write_object(w);
    openapi_text(w, "name", "Who runs this server");
    write_end_object(w);
    write_key(w, "license");
    write_object(w);
    openapi_text(w, "name", "MIT");
    openapi_text(w, "identifier", "MIT");
    write_end_object(w);
    write_end_object(w);
    write_key(w, "servers");
    write_array(w);
    write_object(w);
    openapi_text(w, "url", public_url != NULL ? public_url : "/");
    write_end_object(w);
    write_end_array(w);
}

static const char *plain_path(const Route *route, Arena *arena)
{
    Buffer path = buffer_start(arena);

    route_write_path(route, &path);
    return path.data;
}

static void write_operation(OpenApi *doc, const Route *route)
{
    Writer *w = &doc->w;
    Arena *arena = w->out.arena;
    const char *who = route->needs->who_may(route->needs, arena);

    write_object(w);
    write_key(w, "tags");
    write_array(w);
    write_text(w, route->tag);
    write_end_array(w);
    openapi_text(w, "summary", route->summary);
    openapi_text(w, "description",
                 route->doc != NULL ? arena_printf(arena, "%s\n\n%s", route->doc, who) : who);
    openapi_text(w, "operationId", route->id);
    openapi_text(w, "x-fasti-action", route->needs->action);
    openapi_write_parameters(doc, route);
    openapi_write_body(doc, route);
    openapi_write_responses(doc, route);
    write_key(w, "security");
    write_raw(w, route_is_open(route) ? "[]" : "[{\"bearer\":[]},{\"password\":[]}]");
    write_end_object(w);
}

static bool is_first_of_path(const RouteTable *const *tables, const Route *wanted)
{
    const Route *first;

    for (size_t i = 0; (first = router_route(tables, i)) != NULL; i++) {
        if (text_equal(first->path, wanted->path))
            break;
    }
    return first == wanted;
}

/* All methods of the path of `first`. */
static void write_path(OpenApi *doc, const RouteTable *const *tables, const Route *first)
{
    const Route *route;

    write_key(&doc->w, plain_path(first, doc->set.arena));
    write_object(&doc->w);
    for (size_t i = 0; (route = router_route(tables, i)) != NULL; i++) {
        if (!text_equal(route->path, first->path))
            continue;
        char *method = arena_strdup(doc->set.arena, method_name(route->method));
        for (char *c = method; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        write_key(&doc->w, method);
        write_operation(doc, route);
    }
    write_end_object(&doc->w);
}

static void write_paths(OpenApi *doc, const RouteTable *const *tables)
{
    const Route *route;

    write_key(&doc->w, "paths");
    write_object(&doc->w);
    for (size_t i = 0; (route = router_route(tables, i)) != NULL; i++) {
        if (is_first_of_path(tables, route))
            write_path(doc, tables, route);
    }
    write_end_object(&doc->w);
}

static bool is_first_of_tag(const RouteTable *const *tables, const Route *wanted)
{
    size_t i = 0;

    while (!text_equal(router_route(tables, i)->tag, wanted->tag))
        i++;
    return router_route(tables, i) == wanted;
}

static void write_tags(Writer *w, const RouteTable *const *tables)
{
    const Route *route;

    write_key(w, "tags");
    write_array(w);
    for (size_t i = 0; (route = router_route(tables, i)) != NULL; i++) {
        if (!is_first_of_tag(tables, route))
            continue;
        write_object(w);
        openapi_text(w, "name", route->tag);
        write_end_object(w);
    }
    write_end_array(w);
}

/* The schemas that are given keep their names, then those that are created, then the patches: so
 * the names do not depend on the order of the routes. */
static void gather_schemas(SchemaSet *set, const RouteTable *const *tables, SchemaForm form)
{
    const Route *route;

    for (size_t i = 0; (route = router_route(tables, i)) != NULL; i++) {
        SchemaForm taken = schema_form(route->in.mode);
        if (form == FORM_OUTPUT && route->out.gives != NULL)
            schema_set_name(set, route->out.gives, form);
        if (form == FORM_OUTPUT && route->out.or_gives != NULL)
            schema_set_name(set, route->out.or_gives, form);
        if (form == taken && route->in.takes != NULL)
            schema_set_name(set, route->in.takes, form);
    }
}

const char *openapi_document(const RouteTable *const *tables, const char *version,
                             const char *public_url, Arena *arena)
{
    OpenApi *doc = ARENA_NEW(arena, OpenApi);

    doc->w = writer_start(arena);
    doc->set.arena = arena;
    for (SchemaForm form = FORM_OUTPUT; form <= FORM_MERGE; form++)
        gather_schemas(&doc->set, tables, form);

    write_object(&doc->w);
    write_info(&doc->w, version, public_url);
    write_tags(&doc->w, tables);
    write_paths(doc, tables);
    write_key(&doc->w, "components");
    openapi_write_components(doc);
    write_end_object(&doc->w);
    return writer_text(&doc->w);
}

static void break_line(Buffer *out, int depth)
{
    buffer_printf(out, "\n%*s", depth * 2, "");
}

const char *openapi_indent(const char *json, Arena *arena)
{
    Buffer out = buffer_start(arena);
    bool is_inside_text = false;
    int depth = 0;

    for (const char *c = json; *c != '\0'; c++) {
        bool opens = !is_inside_text && (*c == '{' || *c == '[');
        bool closes = !is_inside_text && (*c == '}' || *c == ']');
        bool was_opened = c > json && (c[-1] == '{' || c[-1] == '[') && !is_inside_text;
        if (closes && !was_opened)
            break_line(&out, depth - 1);
        buffer_add_char(&out, *c);
        if (is_inside_text && *c == '\\')
            buffer_add_char(&out, *++c);
        else if (*c == '"')
            is_inside_text = !is_inside_text;
        depth += opens - closes;
        if (!is_inside_text && *c == ':')
            buffer_add_char(&out, ' ');
        if ((opens && c[1] != '}' && c[1] != ']') || (!is_inside_text && *c == ','))
            break_line(&out, depth);
    }
    buffer_add_char(&out, '\n');
    return out.data;
}
