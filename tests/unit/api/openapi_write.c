#include "api/openapi_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void a_text_that_is_null_is_left_out(void **state)
{
    Arena arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_object(&w);
    openapi_text(&w, "summary", NULL);
    openapi_text(&w, "description", "Say \"why\".");
    write_end_object(&w);
    assert_string_equal(writer_text(&w), "{\"description\":\"Say \\\"why\\\".\"}");
    arena_finish(&arena);
}

static void a_reference_is_a_member_or_stands_alone(void **state)
{
    Arena arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_object(&w);
    openapi_reference(&w, "schema", "schemas", "Event");
    write_key(&w, "parameters");
    write_array(&w);
    openapi_reference(&w, NULL, "parameters", "IfMatch");
    write_end_array(&w);
    write_end_object(&w);
    assert_string_equal(writer_text(&w), "{\"schema\":{\"$ref\":\"#/components/schemas/Event\"},"
                                         "\"parameters\":[{\"$ref\":"
                                         "\"#/components/parameters/IfMatch\"}]}");
    arena_finish(&arena);
}

static void a_failure_is_named_after_its_type(void **state)
{
    Arena arena = { 0 };

    (void)state;
    assert_string_equal(openapi_failure_name(ERROR_NOT_FOUND, &arena), "NotFound");
    assert_string_equal(openapi_failure_name(ERROR_CONFLICT, &arena), "Conflict");
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_is_null_is_left_out),
        cmocka_unit_test(a_reference_is_a_member_or_stands_alone),
        cmocka_unit_test(a_failure_is_named_after_its_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
