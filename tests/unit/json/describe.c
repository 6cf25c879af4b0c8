#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pet.h"
#include "json/reader.h"

static void assert_describes(const char *name, const char *expected)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    field_describe(schema_field(&pet_schema, name), &w);
    assert_string_equal(writer_text(&w), expected);
}

static void each_type_describes_its_bounds(void **state)
{
    (void)state;
    assert_describes("id", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,"
                           "\"maximum\":9007199254740991,\"description\":\"Assigned by the "
                           "server.\",\"readOnly\":true,\"examples\":[7]}");
    assert_describes("name", "{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"minLength\":2,"
                             "\"maxLength\":5}");
    assert_describes("password", "{\"type\":\"string\",\"writeOnly\":true}");
    assert_describes("is_tame", "{\"type\":\"boolean\",\"default\":false}");
    assert_describes("patches",
                     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Tag\"}}");
}

static void null_is_part_of_the_type_of_a_nullable_member(void **state)
{
    (void)state;
    assert_describes("nickname", "{\"type\":[\"string\",\"null\"],\"maxLength\":255}");
    assert_describes("kind", "{\"type\":[\"string\",\"null\"],\"enum\":[\"cat\",\"dog\",null]}");
    assert_describes("extra", "{}");
    assert_describes("tag",
                     "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Tag\"},{\"type\":\"null\"}]}");
    assert_describes("numbers", "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"integer\","
                                "\"format\":\"int64\",\"minimum\":1,\"maximum\":10},"
                                "\"maxItems\":3}");
}

static void what_a_table_does_not_know_is_said_beside_it(void **state)
{
    static const struct {
        const Field field;
        const char *expected;
    } rows[] = {
        { { .type = &json_value_type, .described = "\"type\":\"object\"" },
          "{\"type\":\"object\"}" },
        { { .type = &json_value_type, .flags = NULLABLE, .described = "\"type\":\"string\"" },
          "{\"type\":[\"string\",\"null\"]}" },
        { { .type = &json_value_type,
            .flags = NULLABLE,
            .described = "\"type\":[\"object\",\"null\"]" },
          "{\"type\":[\"object\",\"null\"]}" },
        { { .type = &text_type, .max = 72, .described = "\"minLength\":8" },
          "{\"type\":\"string\",\"maxLength\":72,\"minLength\":8}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Writer w = writer_start(&arena);
        field_describe(&rows[i].field, &w);
        assert_string_equal(writer_text(&w), rows[i].expected);
    }
}

static json_t *described(bool for_input)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);
    json_t *root = NULL;
    Error err = { .code = ERROR_NONE };

    schema_describe(&pet_schema, &w, for_input);
    assert_true(json_read_stored(writer_text(&w), &root, &err));
    return root;
}

static void assert_member(const json_t *schema, const char *key, const char *expected)
{
    Arena AUTO(arena_finish) arena = { 0 };

    assert_string_equal(json_canonical(&arena, json_object_get(schema, key)), expected);
}

static void input_takes_no_other_members_and_requires_what_a_create_does(void **state)
{
    json_t *schema AUTO(json_release) = described(true);
    const json_t *properties = json_object_get(schema, "properties");

    (void)state;
    assert_member(schema, "type", "\"object\"");
    assert_member(schema, "description", "\"An animal.\"");
    assert_member(schema, "required", "[\"name\"]");
    assert_member(schema, "additionalProperties", "false");
    assert_non_null(json_object_get(properties, "password"));
    assert_non_null(json_object_get(properties, "paws"));
}

static void output_requires_what_is_always_written_and_has_no_secrets(void **state)
{
    json_t *schema AUTO(json_release) = described(false);
    const json_t *properties = json_object_get(schema, "properties");

    (void)state;
    assert_member(schema, "required",
                  "[\"id\",\"name\",\"is_tame\",\"kind\",\"legs\",\"extra\",\"tag\",\"tags\","
                  "\"numbers\",\"patches\",\"owner_id\"]");
    assert_null(json_object_get(schema, "additionalProperties"));
    assert_null(json_object_get(properties, "password"));
    assert_null(json_object_get(properties, "paws"));
    assert_non_null(json_object_get(properties, "nickname"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_describes_its_bounds),
        cmocka_unit_test(null_is_part_of_the_type_of_a_nullable_member),
        cmocka_unit_test(what_a_table_does_not_know_is_said_beside_it),
        cmocka_unit_test(input_takes_no_other_members_and_requires_what_a_create_does),
        cmocka_unit_test(output_requires_what_is_always_written_and_has_no_secrets),
    };
    return cmocka_run_group_tests_name("json/describe", tests, NULL, NULL);
}
