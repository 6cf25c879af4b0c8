#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pet.h"
#include "json/reader.h"

static const Location body = { .name = "body" };

static Pet *pet_of(Arena *arena, const char *json)
{
    json_t *root AUTO(json_release) = NULL;
    Pet *pet = ARENA_NEW(arena, Pet);
    Error err = { .code = ERROR_NONE };

    assert_true(json_read(json, strlen(json), &root, &err));
    assert_true(schema_decode(&pet_schema, DECODE_PATCH, root, arena, &body, pet, &err));
    return pet;
}

static const char *encoded(Arena *arena, const Pet *pet, unsigned only)
{
    Writer w = writer_start(arena);

    schema_encode(&pet_schema, &w, pet, only);
    return writer_text(&w);
}

static const char whole[] =
    "{\"id\":1,\"name\":\"tom\",\"nickname\":\"t\",\"is_tame\":true,\"kind\":\"cat\",\"legs\":4,"
    "\"extra\":{\"a\":1},\"tag\":{\"id\":null,\"label\":\"x\"},\"tags\":[{\"id\":2,\"label\":\"y\"}"
    "],\"numbers\":[1,2],\"patches\":null,\"owner_id\":3}";

static const char input[] =
    "{\"id\":1,\"name\":\"tom\",\"nickname\":\"t\",\"is_tame\":true,\"kind\":\"cat\",\"legs\":4,"
    "\"extra\":{\"a\":1},\"tag\":{\"label\":\"x\"},\"tags\":[{\"id\":2,\"label\":\"y\"}],"
    "\"numbers\":[1,2],\"owner_id\":3,\"password\":\"secret\"}";

static void what_is_written_has_every_member_but_the_secret_ones(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(encoded(&arena, pet_of(&arena, input), 0), whole);
}

static void nulls_are_written_but_for_sparse_members(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(encoded(&arena, pet_of(&arena, "{}"), 0),
                        "{\"id\":null,\"name\":null,\"is_tame\":false,\"kind\":null,\"legs\":null,"
                        "\"extra\":null,\"tag\":null,\"tags\":null,\"numbers\":null,"
                        "\"patches\":null,\"owner_id\":null}");
}

static void a_flag_chooses_the_members_that_are_written(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(encoded(&arena, pet_of(&arena, input), VERSIONED),
                        "{\"name\":\"tom\",\"nickname\":\"t\",\"is_tame\":true}");
}

static void the_hole_of_a_choice_is_written_as_null(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    Pet *pet = pet_of(&arena, "{}");
    pet->kind = PET_NONE;
    field_encode(schema_field(&pet_schema, "kind"), &w, pet);
    assert_string_equal(writer_text(&w), "null");
}

static void what_was_written_is_read_back_the_same(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    Pet pet = { 0 };

    (void)state;
    assert_true(schema_decode_stored(&pet_schema, whole, &arena, &pet, &err));
    assert_string_equal(encoded(&arena, &pet, 0), whole);
    assert_true(schema_is_given(&pet_schema, &pet, offsetof(Pet, name)));
    assert_false(schema_is_given(&pet_schema, &pet, offsetof(Pet, password)));
}

static void a_stored_document_may_lack_members_and_have_others(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    Pet pet = { 0 };

    (void)state;
    assert_true(schema_decode_stored(
        &pet_schema, "{\"old\":1,\"name\":null,\"tag\":{\"colour\":\"red\"}}", &arena, &pet, &err));
    assert_null(pet.name);
    assert_null(pet.tag->label);
    assert_true(pet.owner_id == INTEGER_NULL);
}

static void a_stored_document_is_not_judged_by_todays_bounds(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    Pet pet = { 0 };

    (void)state;
    assert_true(schema_decode_stored(&pet_schema,
                                     "{\"name\":\"a name of before\",\"nickname\":\"admin\","
                                     "\"legs\":5000,\"numbers\":[1,2,3,4,5],\"tags\":[]}",
                                     &arena, &pet, &err));
    assert_string_equal(pet.name, "a name of before");
    assert_int_equal(pet.legs, 5000);
    assert_int_equal(pet.numbers.count, 5);
}

static void a_damaged_stored_document_is_our_fault(void **state)
{
    static const char *const bad[] = {
        "", "{", "[]", "null", "{\"name\":7}", "{\"kind\":\"cow\"}"
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Error err = { .code = ERROR_NONE };
        Pet pet = { 0 };
        assert_false(schema_decode_stored(&pet_schema, bad[i], &arena, &pet, &err));
        assert_int_equal(err.code, ERROR_INTERNAL);
        assert_null(err.faults);
    }
}

static void containers_read_their_own_columns(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    const Decoder d = { .arena = &arena, .location = &body, .err = &err };
    List numbers = { .items = NULL };
    const char *extra = NULL;
    Tag *tag = NULL;

    (void)state;
    assert_true(
        array_type.decode_stored(&d, schema_field(&pet_schema, "numbers"), "[1,50]", &numbers));
    assert_int_equal(numbers.count, 2);
    assert_true(object_type.decode_stored(&d, schema_field(&pet_schema, "tag"),
                                          "{\"label\":\"long label\"}", &tag));
    assert_string_equal(tag->label, "long label");
    assert_true(json_value_type.decode_stored(&d, schema_field(&pet_schema, "extra"),
                                              "{ \"b\": 1, \"a\": 2 }", &extra));
    assert_string_equal(extra, "{\"a\":2,\"b\":1}");
    assert_true(object_type.decode_stored(&d, schema_field(&pet_schema, "tag"), "null", &tag));
    assert_null(tag);
}

static Members bit(const char *name)
{
    return UINT64_C(1) << (schema_field(&pet_schema, name) - pet_schema.fields);
}

static void comparing_names_the_members_that_differ(void **state)
{
    static const struct {
        const char *patch;
        const char *name;
    } cases[] = {
        { "{\"name\":\"tim\"}", "name" },
        { "{\"nickname\":null}", "nickname" },
        { "{\"is_tame\":false}", "is_tame" },
        { "{\"kind\":\"dog\"}", "kind" },
        { "{\"kind\":null}", "kind" },
        { "{\"legs\":3}", "legs" },
        { "{\"extra\":{\"a\":2}}", "extra" },
        { "{\"tag\":{\"label\":\"z\"}}", "tag" },
        { "{\"tag\":null}", "tag" },
        { "{\"tags\":[{\"label\":\"y\"}]}", "tags" },
        { "{\"tags\":null}", "tags" },
        { "{\"numbers\":[1]}", "numbers" },
        { "{\"numbers\":[1,2,3]}", "numbers" },
        { "{\"numbers\":[2,1]}", "numbers" },
    };
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_int_equal(schema_compare(&pet_schema, pet_of(&arena, input), pet_of(&arena, input), 0),
                     0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Pet *pet = pet_of(&arena, input);
        schema_apply(&pet_schema, pet_of(&arena, cases[i].patch), pet);
        assert_true(schema_compare(&pet_schema, pet_of(&arena, input), pet, 0) ==
                    bit(cases[i].name));
    }
}

static void comparing_looks_at_the_flagged_members_only(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    const Pet *other = pet_of(&arena, "{\"legs\":3,\"name\":\"tim\",\"is_tame\":true}");
    assert_true(schema_compare(&pet_schema, pet_of(&arena, input), other, VERSIONED) ==
                (bit("name") | bit("nickname")));
}

static void applying_copies_what_was_given_and_may_be_written(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    Pet *pet = pet_of(&arena, input);
    schema_apply(&pet_schema, pet_of(&arena, "{\"id\":99,\"legs\":null,\"is_tame\":false}"), pet);
    assert_int_equal(pet->id, 1);
    assert_true(pet->legs == INTEGER_NULL);
    assert_false(pet->is_tame);
    assert_string_equal(pet->name, "tom");
    assert_int_equal(pet->numbers.count, 2);
}

/* The location of the one read-only fault, or "". */
static const char *read_only_fault(Arena *arena, const Pet *current, const char *patch)
{
    Error err = { .code = ERROR_NONE };
    bool is_sound =
        schema_check_read_only(&pet_schema, current, pet_of(arena, patch), arena, &body, &err);

    assert_int_equal(is_sound, err.fault_count == 0);
    if (is_sound)
        return "";
    assert_int_equal(err.fault_count, 1);
    assert_string_equal(err.faults->type, "read_only");
    return err.faults->location;
}

static void read_only_members_must_equal_the_present_value(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    const Pet *current = pet_of(&arena, input);
    assert_string_equal(read_only_fault(&arena, current, "{\"id\":1,\"legs\":2}"), "");
    assert_string_equal(read_only_fault(&arena, current, "{\"id\":2}"), "[\"body\",\"id\"]");
    assert_string_equal(read_only_fault(&arena, current, "{\"owner_id\":3}"), "");
    assert_string_equal(read_only_fault(&arena, current, "{\"owner_id\":4}"),
                        "[\"body\",\"owner_id\"]");
}

static void a_create_may_give_immutable_members_but_no_read_only_ones(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(read_only_fault(&arena, NULL, "{\"owner_id\":4}"), "");
    assert_string_equal(read_only_fault(&arena, NULL, "{\"id\":1}"), "[\"body\",\"id\"]");
}

static void read_only_members_inside_are_found_but_in_partial_ones(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(read_only_fault(&arena, NULL, "{\"tag\":{\"label\":\"x\",\"id\":1}}"),
                        "[\"body\",\"tag\",\"id\"]");
    assert_string_equal(
        read_only_fault(&arena, NULL, "{\"tags\":[{\"label\":\"x\"},{\"label\":\"y\",\"id\":1}]}"),
        "[\"body\",\"tags\",1,\"id\"]");
    assert_string_equal(read_only_fault(&arena, NULL, "{\"patches\":[{\"id\":1}]}"), "");
    assert_string_equal(read_only_fault(&arena, NULL, "{\"tag\":null,\"tags\":null}"), "");
}

static const char *stored_as(const Field *field, const char *json, Arena *arena)
{
    Error err = { .code = ERROR_NONE };
    const Decoder d = { .arena = arena, .err = &err };
    const char *text = "not set";

    assert_true(field->type->decode_stored(&d, field, json, &text));
    return text;
}

static void stored_json_is_canonical_where_it_may_be_compared(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Field *plain = schema_field(&pet_schema, "extra");
    Field fixed = *plain;
    char stored[] = "{\"b\":1,\"a\":2}";

    (void)state;
    fixed.flags |= READ_ONLY;
    assert_string_equal(stored_as(plain, stored, &arena), "{\"a\":2,\"b\":1}");
    const char *kept = stored_as(&fixed, stored, &arena);
    stored[2] = 'x'; /* it is a copy */
    assert_string_equal(kept, "{\"b\":1,\"a\":2}");
    assert_string_equal(stored_as(&fixed, "{\"b\": 1, \"a\": 2}", &arena), "{\"a\":2,\"b\":1}");
    assert_null(stored_as(plain, "null", &arena));
    assert_null(stored_as(&fixed, " null", &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_json_is_canonical_where_it_may_be_compared),
        cmocka_unit_test(what_is_written_has_every_member_but_the_secret_ones),
        cmocka_unit_test(nulls_are_written_but_for_sparse_members),
        cmocka_unit_test(a_flag_chooses_the_members_that_are_written),
        cmocka_unit_test(the_hole_of_a_choice_is_written_as_null),
        cmocka_unit_test(what_was_written_is_read_back_the_same),
        cmocka_unit_test(a_stored_document_may_lack_members_and_have_others),
        cmocka_unit_test(a_stored_document_is_not_judged_by_todays_bounds),
        cmocka_unit_test(a_damaged_stored_document_is_our_fault),
        cmocka_unit_test(containers_read_their_own_columns),
        cmocka_unit_test(comparing_names_the_members_that_differ),
        cmocka_unit_test(comparing_looks_at_the_flagged_members_only),
        cmocka_unit_test(applying_copies_what_was_given_and_may_be_written),
        cmocka_unit_test(read_only_members_must_equal_the_present_value),
        cmocka_unit_test(a_create_may_give_immutable_members_but_no_read_only_ones),
        cmocka_unit_test(read_only_members_inside_are_found_but_in_partial_ones),
    };
    return cmocka_run_group_tests_name("json/schema", tests, NULL, NULL);
}
