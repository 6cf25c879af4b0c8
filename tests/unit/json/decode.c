#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "pet.h"
#include "json/reader.h"

static const Location body = { .name = "body" };

typedef struct Fixture {
    Arena arena;
    Error err;
    Pet pet;
} Fixture;

static int set_up(void **state)
{
    static Fixture fixture;

    fixture = (Fixture){ .err = { .code = ERROR_NONE } };
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    arena_finish(&f->arena);
    return 0;
}

/* "location type" of each fault, one a line. */
static const char *faults_of(Fixture *f)
{
    Buffer lines = buffer_start(&f->arena);

    for (const Fault *fault = f->err.faults; fault != NULL; fault = fault->next)
        buffer_printf(&lines, "%s%s %s", lines.length > 0 ? "\n" : "", fault->location,
                      fault->type);
    return lines.data;
}

static bool decode(Fixture *f, DecodeMode mode, const char *json)
{
    json_t *root AUTO(json_release) = NULL;

    error_clear(&f->err);
    memset(&f->pet, 0, sizeof(f->pet));
    assert_true(json_read(json, strlen(json), &root, &f->err));
    bool is_sound = schema_decode(&pet_schema, mode, root, &f->arena, &body, &f->pet, &f->err);
    assert_int_equal(is_sound, f->err.fault_count == 0);
    assert_int_equal(f->err.code, is_sound ? ERROR_NONE : ERROR_INVALID);
    return is_sound;
}

static void assert_faults(Fixture *f, const char *json, const char *faults)
{
    decode(f, DECODE_PATCH, json);
    assert_string_equal(faults_of(f), faults);
}

static void assert_message(Fixture *f, const char *json, const char *message)
{
    assert_false(decode(f, DECODE_PATCH, json));
    assert_string_equal(f->err.faults->message, message);
}

static void a_create_reads_every_kind_of_member(void **state)
{
    Fixture *f = *state;
    const Pet *pet = &f->pet;

    assert_true(decode(f, DECODE_CREATE,
                       "{\"name\":\"tom\",\"nickname\":null,\"password\":\"\\u0001\",\"is_tame\":"
                       "true,\"kind\":\"cat\",\"legs\":4,\"extra\":{\"b\":1,\"a\":[]},\"tag\":{"
                       "\"label\":\"x\"},\"tags\":[{\"label\":\"y\"},{\"label\":\"z\",\"id\":3}],"
                       "\"numbers\":[1,10],\"patches\":[{}],\"owner_id\":9007199254740991}"));
    assert_string_equal(pet->name, "tom");
    assert_null(pet->nickname);
    assert_string_equal(pet->password, "\x01");
    assert_true(pet->is_tame);
    assert_int_equal(pet->kind, PET_CAT);
    assert_int_equal(pet->legs, 4);
    assert_string_equal(pet->extra, "{\"a\":[],\"b\":1}");
    assert_string_equal(pet->tag->label, "x");
    assert_int_equal(pet->tag->id, INTEGER_NULL);
    assert_int_equal(pet->tags.count, 2);
    assert_int_equal(((const Tag *)pet->tags.items)[1].id, 3);
    assert_int_equal(((const int64_t *)pet->numbers.items)[1], 10);
    assert_true(pet->owner_id == 9007199254740991);
}

static void what_is_left_out_gets_its_null_and_is_not_given(void **state)
{
    Fixture *f = *state;
    const Pet *pet = &f->pet;

    assert_true(decode(f, DECODE_CREATE, "{\"name\":\"tom\"}"));
    assert_true(pet->id == INTEGER_NULL && pet->kind == INTEGER_NULL);
    assert_null(pet->nickname);
    assert_null(pet->tags.items);
    assert_null(pet->tag);
    assert_true(schema_is_given(&pet_schema, pet, offsetof(Pet, name)));
    assert_false(schema_is_given(&pet_schema, pet, offsetof(Pet, nickname)));
    assert_true(decode(f, DECODE_PATCH, "{\"nickname\":null}"));
    assert_true(schema_is_given(&pet_schema, pet, offsetof(Pet, nickname)));
}

static void every_fault_is_found_at_once(void **state)
{
    Fixture *f = *state;

    assert_false(decode(f, DECODE_CREATE,
                        "{\"titel\":1,\"is_tame\":1,\"legs\":\"4\",\"tags\":[{\"label\":\"\"},7,"
                        "{\"label\":\"ok\",\"x\":0}]}"));
    assert_string_equal(faults_of(f), "[\"body\",\"is_tame\"] bool_type\n"
                                      "[\"body\",\"legs\"] int_type\n"
                                      "[\"body\",\"tags\"] too_many_items\n"
                                      "[\"body\",\"titel\"] unknown_field\n"
                                      "[\"body\",\"name\"] missing");
    assert_faults(f, "{\"tags\":[{\"label\":\"\"},7]}",
                  "[\"body\",\"tags\",0,\"label\"] string_too_short\n"
                  "[\"body\",\"tags\",1] object_type");
    assert_faults(f, "{\"tag\":{\"id\":1},\"tags\":[{}]}",
                  "[\"body\",\"tag\",\"label\"] missing\n"
                  "[\"body\",\"tags\",0,\"label\"] missing");
}

static void a_patch_asks_for_nothing_but_the_insides_are_wholes(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, DECODE_PATCH, "{}"));
    assert_int_equal(f->pet.given, 0);
    assert_true(decode(f, DECODE_PATCH, "{\"kind\":\"dog\",\"legs\":0}")); /* no schema check */
    assert_false(decode(f, DECODE_PATCH, "{\"tag\":{}}"));
    assert_true(decode(f, DECODE_PATCH, "{\"patches\":[{},{\"label\":\"x\"}]}"));
}

static void an_integer_is_an_integer_and_within_its_bounds(void **state)
{
    Fixture *f = *state;
    static const char *const wrong_type[] = { "1.0",
                                              "-0",
                                              "1e2",
                                              "\"1\"",
                                              "true",
                                              "[]",
                                              "{}",
                                              "0.0",
                                              "9223372036854775808",
                                              "-9223372036854775809",
                                              "99999999999999999999999" };
    static const char *const outside[] = { "-1", "9007199254740992", "9007199254740993",
                                           "9223372036854775807", "-9223372036854775808" };

    for (size_t i = 0; i < sizeof(wrong_type) / sizeof(wrong_type[0]); i++)
        assert_faults(f, arena_printf(&f->arena, "{\"owner_id\":%s}", wrong_type[i]),
                      "[\"body\",\"owner_id\"] int_type");
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        assert_faults(f, arena_printf(&f->arena, "{\"owner_id\":%s}", outside[i]),
                      "[\"body\",\"owner_id\"] int_range");
    assert_true(decode(f, DECODE_PATCH, "{\"owner_id\":0}"));
    assert_true(decode(f, DECODE_PATCH, "{\"legs\":-1}"));
    assert_true(decode(f, DECODE_PATCH, "{\"legs\":1000}"));
    assert_faults(f, "{\"legs\":-2}", "[\"body\",\"legs\"] int_range");
    assert_message(f, "{\"legs\":1001}", "Give an integer from -1 to 1000.");
}

static void the_null_of_integers_cannot_be_sent_as_a_number(void **state)
{
    static const Field widest = ELEMENT(int64_t, integer_type, .min = INT64_MIN, .max = INT64_MAX);
    Fixture *f = *state;
    const Decoder d = { .arena = &f->arena, .location = &body, .err = &f->err };
    json_t *least AUTO(json_release) = json_integer(INT64_MIN);
    int64_t value = 0;

    assert_faults(f, "{\"legs\":-9223372036854775808}", "[\"body\",\"legs\"] int_range");
    assert_false(integer_type.decode(&d, &widest, least, &value));
}

static void text_is_counted_in_characters_and_holds_no_controls(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, DECODE_PATCH, "{\"name\":\"é漢😀éé\"}"));
    assert_message(f, "{\"name\":\"é漢😀ééé\"}", "Write at most 5 characters.");
    assert_message(f, "{\"name\":\"é\"}", "Write at least 2 characters.");
    assert_faults(f, "{\"name\":7}", "[\"body\",\"name\"] string_type");
    assert_faults(f, "{\"name\":\"a\\u001b\"}", "[\"body\",\"name\"] string_controls");
    assert_faults(f, "{\"name\":\"a\\u007f\"}", "[\"body\",\"name\"] string_controls");
    assert_faults(f, "{\"name\":\"a\\r\\n\"}", "[\"body\",\"name\"] string_controls");
    assert_true(decode(f, DECODE_PATCH, "{\"name\":\"a\\t\\nb\"}"));
    assert_true(decode(f, DECODE_PATCH, "{\"password\":\"\\u001b\\r\"}"));
    assert_faults(f, "{\"nickname\":\"admin\"}", "[\"body\",\"nickname\"] nickname");
}

static void text_without_a_bound_has_the_common_one(void **state)
{
    Fixture *f = *state;
    char long_text[400];

    memset(long_text, 'x', sizeof(long_text));
    assert_true(
        decode(f, DECODE_PATCH, arena_printf(&f->arena, "{\"nickname\":\"%.255s\"}", long_text)));
    assert_false(
        decode(f, DECODE_PATCH, arena_printf(&f->arena, "{\"nickname\":\"%.256s\"}", long_text)));
    assert_true(
        decode(f, DECODE_PATCH, arena_printf(&f->arena, "{\"password\":\"%.300s\"}", long_text)));
}

static void a_choice_is_one_of_its_names_and_a_hole_is_none(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, DECODE_PATCH, "{\"kind\":\"dog\"}"));
    assert_int_equal(f->pet.kind, PET_DOG);
    assert_faults(f, "{\"kind\":\"\"}", "[\"body\",\"kind\"] choice");
    assert_faults(f, "{\"kind\":1}", "[\"body\",\"kind\"] choice");
    assert_message(f, "{\"kind\":\"Dog\"}", "This must be one of \"cat\", \"dog\".");
}

static void null_is_refused_where_it_is_no_value(void **state)
{
    Fixture *f = *state;

    assert_faults(f, "{\"name\":null,\"is_tame\":null,\"owner_id\":null}",
                  "[\"body\",\"name\"] null_not_allowed\n"
                  "[\"body\",\"is_tame\"] null_not_allowed\n"
                  "[\"body\",\"owner_id\"] null_not_allowed");
    assert_message(f, "{\"name\":null}", "This cannot be null; give text.");
    assert_true(
        decode(f, DECODE_PATCH, "{\"kind\":null,\"tags\":null,\"tag\":null,\"extra\":null}"));
    assert_faults(f, "{\"numbers\":[1,null]}", "[\"body\",\"numbers\",1] null_not_allowed");
}

static void arrays_are_counted_and_their_items_checked(void **state)
{
    Fixture *f = *state;

    assert_faults(f, "{\"tags\":[]}", "[\"body\",\"tags\"] too_few_items");
    assert_faults(f, "{\"tags\":{}}", "[\"body\",\"tags\"] array_type");
    assert_faults(f, "{\"numbers\":[1,2,3,4]}", "[\"body\",\"numbers\"] too_many_items");
    assert_faults(f, "{\"numbers\":[0,\"x\",5]}",
                  "[\"body\",\"numbers\",0] int_range\n[\"body\",\"numbers\",1] int_type");
    assert_true(decode(f, DECODE_PATCH, "{\"numbers\":[]}"));
    assert_non_null(f->pet.numbers.items);
    assert_int_equal(f->pet.numbers.count, 0);
}

static void json_of_any_kind_is_taken_up_to_its_bound(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, DECODE_PATCH, "{\"extra\":-0}"));
    assert_string_equal(f->pet.extra, "-0.0");
    assert_true(decode(f, DECODE_PATCH, "{\"extra\":\"123456789012345678\"}"));
    assert_faults(f, "{\"extra\":\"1234567890123456789\"}", "[\"body\",\"extra\"] json_too_long");
}

static void an_unknown_member_names_the_nearest_known_one(void **state)
{
    Fixture *f = *state;

    assert_message(f, "{\"naem\":\"tom\"}",
                   "There is no member of this name; did you mean \"name\"?");
    assert_message(f, "{\"__proto__\":1}", "There is no member of this name; leave it out.");
    assert_faults(f, "{\"a\\\"\\n\\u001b\":1}", "[\"body\",\"a\\\"\\n\\u001b\"] unknown_field");
}

/* Of the processor: others may have the machine in between. */
static int64_t used_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000) + used.tv_nsec / 1000;
}

/* Whoever sends ten thousand of them: no search is made for what nobody will be told. */
static void of_many_unknown_members_as_many_are_named_as_are_told(void **state)
{
    enum { MEMBERS = 9000, MOST_US = 50000 };
    Fixture *f = *state;
    Buffer text = buffer_start(&f->arena);

    for (int i = 0; i < MEMBERS; i++)
        buffer_printf(&text, "%s\"unknown_name_%d\":1", i == 0 ? "{" : ",", i);
    buffer_add(&text, "}");
    int64_t start = used_us();
    assert_false(decode(f, DECODE_CREATE, text.data));
    assert_true(used_us() - start < MOST_US);
    assert_in_range(f->err.fault_count, LIMIT_FAULTS, LIMIT_FAULTS + 20);
}

static void an_unknown_name_is_cut_between_characters(void **state)
{
    Fixture *f = *state;
    Buffer json = buffer_start(&f->arena);
    Buffer expected = buffer_start(&f->arena);

    buffer_add(&json, "{\"x");
    buffer_add(&expected, "[\"body\",\"x");
    for (int i = 0; i < 70; i++)
        buffer_add(&json, "é");
    for (int i = 0; i < 31; i++)
        buffer_add(&expected, "é");
    buffer_add(&json, "\":1}");
    buffer_add(&expected, "\"] unknown_field");
    assert_faults(f, json.data, expected.data);
}

static void a_synonym_is_taken_but_not_beside_the_name(void **state)
{
    Fixture *f = *state;

    assert_true(decode(f, DECODE_PATCH, "{\"paws\":3}"));
    assert_int_equal(f->pet.legs, 3);
    assert_faults(f, "{\"feet\":3,\"legs\":3}", "[\"body\",\"feet\"] repeated");
    assert_faults(f, "{\"feet\":\"x\"}", "[\"body\",\"feet\"] int_type");
}

static void the_schemas_rule_runs_when_the_members_are_sound(void **state)
{
    Fixture *f = *state;

    assert_false(decode(f, DECODE_CREATE, "{\"name\":\"rex\",\"kind\":\"dog\",\"legs\":0}"));
    assert_string_equal(faults_of(f), "[\"body\"] legs");
    assert_false(decode(f, DECODE_CREATE, "{\"name\":\"r\",\"kind\":\"dog\",\"legs\":0}"));
    assert_string_equal(faults_of(f), "[\"body\",\"name\"] string_too_short");
}

static void a_body_that_is_no_object_is_a_fault(void **state)
{
    Fixture *f = *state;

    assert_faults(f, "[]", "[\"body\"] object_type");
}

static void messages_never_show_a_value(void **state)
{
    Fixture *f = *state;

    decode(f, DECODE_CREATE,
           "{\"name\":\"hunter2hunter2\",\"kind\":\"hunter2\",\"legs\":\"hunter2\",\"is_tame\":"
           "\"hunter2\",\"tags\":\"hunter2\",\"tag\":\"hunter2\",\"colour\":\"hunter2\"}");
    assert_int_equal(f->err.fault_count, 7);
    for (const Fault *fault = f->err.faults; fault != NULL; fault = fault->next) {
        assert_null(strstr(fault->message, "hunter2"));
        assert_null(strstr(fault->location, "hunter2"));
    }
}

/* -- Text pairs ------------------------------------------------------------------------------- */

static const Location query = { .name = "query" };

static bool parse(Fixture *f, const TextPair *pairs, size_t count)
{
    error_clear(&f->err);
    memset(&f->pet, 0, sizeof(f->pet));
    return schema_parse(&pet_schema, pairs, count, &f->arena, &query, &f->pet, &f->err);
}

static void text_pairs_are_read_by_the_same_table(void **state)
{
    Fixture *f = *state;
    const TextPair pairs[] = { { "name", "tom" }, { "is_tame", "True" }, { "kind", "cat" },
                               { "paws", "4" },   { "numbers", "1,2" },  { "nickname", "" },
                               { "owner_id", "" } };

    assert_true(parse(f, pairs, sizeof(pairs) / sizeof(pairs[0])));
    assert_string_equal(f->pet.name, "tom");
    assert_null(f->pet.nickname); /* RFC 6749 3.2: as if it had been left out */
    assert_true(f->pet.is_tame);
    assert_int_equal(f->pet.kind, PET_CAT);
    assert_int_equal(f->pet.legs, 4);
    assert_int_equal(f->pet.numbers.count, 2);
    assert_int_equal(((const int64_t *)f->pet.numbers.items)[1], 2);
    assert_true(f->pet.owner_id == INTEGER_NULL);
}

static void a_list_is_one_text_or_given_item_by_item(void **state)
{
    Fixture *f = *state;
    const TextPair pairs[] = {
        { "numbers", "1" }, { "name", "tom" }, { "numbers", "2,3" }, { "numbers", "4" }
    };

    assert_true(parse(f, pairs, 3));
    assert_int_equal(f->pet.numbers.count, 3);
    assert_int_equal(((const int64_t *)f->pet.numbers.items)[2], 3);
    assert_false(parse(f, pairs, 4));
    assert_string_equal(faults_of(f), "[\"query\",\"numbers\"] too_many_items");
}

static void a_list_in_text_has_each_value_once(void **state)
{
    Fixture *f = *state;
    const TextPair in_one[] = { { "name", "tom" }, { "numbers", "3,2,3" } };
    const TextPair again[] = { { "numbers", "2" }, { "name", "tom" }, { "numbers", "2" } };

    assert_false(parse(f, again, 3));
    assert_string_equal(faults_of(f), "[\"query\",\"numbers\",1] repeated");
    assert_false(parse(f, in_one, 2));
    assert_string_equal(faults_of(f), "[\"query\",\"numbers\",2] repeated");
}

static void faults_of_text_pairs_stand_at_the_parameter(void **state)
{
    Fixture *f = *state;
    const TextPair pairs[] = {
        { "legs", "+4" },     { "owner_id", "9007199254740992" },
        { "is_tame", "yes" }, { "kind", "cow" },
        { "legs", "4" },      { "numbers", "1,,2" },
        { "nmae", "x" },      { "nickname", "\xff" },
        { "tag", "x" },
    };

    assert_false(parse(f, pairs, sizeof(pairs) / sizeof(pairs[0])));
    assert_string_equal(faults_of(f), "[\"query\",\"legs\"] int_type\n"
                                      "[\"query\",\"owner_id\"] int_range\n"
                                      "[\"query\",\"is_tame\"] bool_type\n"
                                      "[\"query\",\"kind\"] choice\n"
                                      "[\"query\",\"legs\"] repeated\n"
                                      "[\"query\",\"numbers\",1] int_type\n"
                                      "[\"query\",\"nmae\"] unknown_field\n"
                                      "[\"query\",\"nickname\"] string_type\n"
                                      "[\"query\",\"tag\"] read_only\n"
                                      "[\"query\",\"name\"] missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_create_reads_every_kind_of_member),
        TEST(what_is_left_out_gets_its_null_and_is_not_given),
        TEST(every_fault_is_found_at_once),
        TEST(a_patch_asks_for_nothing_but_the_insides_are_wholes),
        TEST(an_integer_is_an_integer_and_within_its_bounds),
        TEST(the_null_of_integers_cannot_be_sent_as_a_number),
        TEST(text_is_counted_in_characters_and_holds_no_controls),
        TEST(text_without_a_bound_has_the_common_one),
        TEST(a_choice_is_one_of_its_names_and_a_hole_is_none),
        TEST(null_is_refused_where_it_is_no_value),
        TEST(arrays_are_counted_and_their_items_checked),
        TEST(json_of_any_kind_is_taken_up_to_its_bound),
        TEST(an_unknown_member_names_the_nearest_known_one),
        TEST(of_many_unknown_members_as_many_are_named_as_are_told),
        TEST(an_unknown_name_is_cut_between_characters),
        TEST(a_synonym_is_taken_but_not_beside_the_name),
        TEST(the_schemas_rule_runs_when_the_members_are_sound),
        TEST(a_body_that_is_no_object_is_a_fault),
        TEST(messages_never_show_a_value),
        TEST(text_pairs_are_read_by_the_same_table),
        TEST(a_list_is_one_text_or_given_item_by_item),
        TEST(a_list_in_text_has_each_value_once),
        TEST(faults_of_text_pairs_stand_at_the_parameter),
    };
    return cmocka_run_group_tests_name("json/decode", tests, NULL, NULL);
}
