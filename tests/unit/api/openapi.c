#include "api/openapi.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/docs_ui.h"
#include "api/routes.h"

static json_t *document(Arena *arena)
{
    json_t *root = json_loads(openapi_document(all_routes, "1.2.3", NULL, arena),
                              JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(root);
    return root;
}

static void openapi_document_names_every_route_once(void **state)
{
    Arena arena = { 0 };
    json_t *root = document(&arena);
    json_t *paths = json_object_get(root, "paths");
    size_t routes = 0;
    size_t operations = 0;
    const char *path;
    json_t *item;

    (void)state;
    for (size_t i = 0; all_routes[i] != NULL; i++)
        routes += all_routes[i]->count;
    json_object_foreach(paths, path, item) operations += json_object_size(item);
    assert_true(routes > 40);
    assert_int_equal(operations, routes);
    json_decref(root);
    arena_finish(&arena);
}

static void openapi_document_is_the_same_every_time(void **state)
{
    Arena arena = { 0 };

    (void)state;
    const char *first = openapi_document(all_routes, "1.2.3", NULL, &arena);
    assert_string_equal(first, openapi_document(all_routes, "1.2.3", NULL, &arena));
    arena_finish(&arena);
}

static void openapi_indent_changes_nothing_but_blanks(void **state)
{
    Arena arena = { 0 };
    json_t *before = document(&arena);
    char *text = json_dumps(before, JSON_COMPACT);
    json_t *after = json_loads(openapi_indent(text, &arena), 0, NULL);

    (void)state;
    assert_non_null(after);
    assert_true(json_equal(before, after));
    assert_string_equal(openapi_indent("{\"a\":[],\"b\":{},\"c\":\"\\\"{[:,\"}", &arena),
                        "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": \"\\\"{[:,\"\n}\n");
    json_decref(before);
    json_decref(after);
    free(text);
    arena_finish(&arena);
}

static void openapi_describes_input_apart_from_output(void **state)
{
    Arena arena = { 0 };
    json_t *root = document(&arena);
    json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
    json_t *output = json_object_get(schemas, "Event");
    json_t *create = json_object_get(schemas, "EventInput");
    json_t *patch = json_object_get(schemas, "EventPatch");

    (void)state;
    assert_null(json_object_get(output, "additionalProperties"));
    assert_true(json_is_false(json_object_get(create, "additionalProperties")));
    assert_true(json_array_size(json_object_get(output, "required")) > 10);
    assert_true(json_array_size(json_object_get(create, "required")) >= 3);
    assert_int_equal(json_array_size(json_object_get(patch, "required")), 0);
    json_decref(root);
    arena_finish(&arena);
}

static void docs_ui_has_a_file_for_every_page(void **state)
{
    (void)state;
    if (asset_count == 0)
        skip(); /* built without pages */
    for (size_t i = 0; i < docs_routes.count; i++) {
        const Route *route = &docs_routes.routes[i];
        assert_true(strchr(route->path, '{') != NULL || asset_find(route->path) != NULL);
    }
    for (size_t i = 0; i < asset_count; i++) {
        assert_true(assets[i].plain.length > 0);
        assert_memory_equal(assets_bytes + assets[i].gzip.start, "\x1f\x8b", 2);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(openapi_document_names_every_route_once),
        cmocka_unit_test(openapi_document_is_the_same_every_time),
        cmocka_unit_test(openapi_indent_changes_nothing_but_blanks),
        cmocka_unit_test(openapi_describes_input_apart_from_output),
        cmocka_unit_test(docs_ui_has_a_file_for_every_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
