#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/reader.h"

static bool reads(const char *text)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    if (json_read(text, strlen(text), &root, &err))
        return true;
    assert_int_equal(err.code, ERROR_MALFORMED);
    assert_true(strlen(err.detail) > 10);
    return false;
}

static const char *problem_of(const char *text)
{
    static Error err;
    json_t *root AUTO(json_release) = NULL;

    error_clear(&err);
    assert_false(json_read(text, strlen(text), &root, &err));
    return err.detail;
}

/* `count` times `part`, between `before` and `after`. */
static const char *repeat(Arena *arena, const char *before, const char *part, size_t count,
                          const char *after)
{
    Buffer text = buffer_start(arena);

    buffer_add(&text, before);
    for (size_t i = 0; i < count; i++)
        buffer_add(&text, part);
    buffer_add(&text, after);
    return text.data;
}

static void a_document_is_one_object_or_array(void **state)
{
    (void)state;
    assert_true(reads("{}"));
    assert_true(reads(" \t\r\n[1, \"\\u00e9\\ud83d\\ude00\", null, true, 1.5e3]\n"));
    assert_false(reads(""));
    assert_false(reads("  "));
    assert_false(reads("\"text\""));
    assert_false(reads("1"));
    assert_false(reads("null"));
    assert_false(reads("{} {}"));
    assert_false(reads("{}x"));
    assert_false(reads("[1,]"));
    assert_false(reads("{\"a\":1,}"));
    assert_false(reads("{\"a\":1"));
    assert_false(reads("[\"a"));
    assert_false(reads("[NaN]"));
    assert_false(reads("[Infinity]"));
    assert_false(reads("[-Infinity]"));
    assert_false(reads("[1] // comment"));
    assert_false(reads("{'a':1}"));
}

static void nesting_ends_at_its_limit(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        const char *closing = repeat(&arena, "", "]", depth, "");
        assert_int_equal(reads(repeat(&arena, "", "[", depth, closing)), depth == LIMIT_JSON_DEPTH);
    }
    assert_true(reads("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]"));
    assert_false(reads(repeat(&arena, "", "[", 200000, "")));
}

static void members_and_elements_end_at_their_limits(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_true(reads(repeat(&arena, "[", "1,", LIMIT_JSON_MEMBERS - 1, "1]")));
    assert_false(reads(repeat(&arena, "[", "1,", LIMIT_JSON_MEMBERS, "1]")));
    for (size_t count = LIMIT_JSON_MEMBERS; count <= LIMIT_JSON_MEMBERS + 1; count++) {
        Buffer text = buffer_start(&arena);
        buffer_add(&text, "{");
        for (size_t i = 0; i < count; i++)
            buffer_printf(&text, "%s\"k%zu\":1", i > 0 ? "," : "", i);
        buffer_add(&text, "}");
        assert_int_equal(reads(text.data), count == LIMIT_JSON_MEMBERS);
    }
    assert_false(reads(repeat(&arena, "[", "{},", LIMIT_JSON_MEMBERS, "1]")));
}

static void five_hundred_events_of_twenty_members_are_within_the_limits(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer event = buffer_start(&arena);

    (void)state;
    for (int i = 0; i < 20; i++)
        buffer_printf(&event, "%s\"k%d\":[]", i > 0 ? "," : "", i);
    const char *part = arena_printf(&arena, "{%s},", event.data);
    const char *last = arena_printf(&arena, "{%s}]", event.data);
    assert_true(reads(repeat(&arena, "[", part, 499, last)));
    assert_false(reads(repeat(&arena, "[", part, 500, last)));
}

static void a_long_key_is_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_true(reads(repeat(&arena, "{\"", "k", LIMIT_JSON_KEY_BYTES, "\":1}")));
    assert_false(reads(repeat(&arena, "{\"", "k", LIMIT_JSON_KEY_BYTES + 1, "\":1}")));
    assert_true(reads(repeat(&arena, "{\"k\":\"", "v", 100000, "\"}")));
}

static void a_number_is_refused_before_it_is_converted(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_true(reads(repeat(&arena, "[", "1", LIMIT_JSON_NUMBER_DIGITS, "]")));
    assert_false(reads(repeat(&arena, "[", "1", LIMIT_JSON_NUMBER_DIGITS + 1, "]")));
    assert_false(reads(repeat(&arena, "[0.", "1", 10000, "]")));
    assert_false(reads("[1e400]"));
    assert_false(reads("[-1e400]"));
    assert_false(reads("[01]"));
    assert_false(reads("[+1]"));
    assert_false(reads("[1.]"));
    assert_false(reads("[.5]"));
    assert_false(reads("[0x10]"));
}

static void integers_that_no_int64_holds_become_reals(void **state)
{
    static const struct {
        const char *text;
        bool is_integer;
    } cases[] = {
        { "[0]", true },
        { "[-1]", true },
        { "[9007199254740993]", true },
        { "[9223372036854775807]", true },
        { "[-9223372036854775808]", true },
        { "[9223372036854775808]", false },
        { "[-9223372036854775809]", false },
        { "[18446744073709551616]", false },
        { "[123456789012345678901234567890]", false },
        { "[-0]", false },
        { "[1.0]", false },
        { "[1e2]", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *root AUTO(json_release) = NULL;
        Error err = { .code = ERROR_NONE };
        assert_true(json_read(cases[i].text, strlen(cases[i].text), &root, &err));
        assert_int_equal(json_is_integer(json_array_get(root, 0)), cases[i].is_integer);
    }
}

static void respelling_one_number_keeps_everything_around_it(void **state)
{
    static const char text[] = "{\"a\": -0, \"b\": [\"9223372036854775808\", 7], "
                               "\"c\": 9223372036854775808, \"d\": 9007199254740993}";
    Arena AUTO(arena_finish) arena = { 0 };
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(json_read(text, sizeof(text) - 1, &root, &err));
    assert_string_equal(json_canonical(&arena, root),
                        "{\"a\":-0.0,\"b\":[\"9223372036854775808\",7],"
                        "\"c\":9.223372036854776e+18,\"d\":9007199254740993}");
}

static void a_member_is_given_once(void **state)
{
    (void)state;
    assert_false(reads("{\"a\":1,\"a\":2}"));
    assert_false(reads("{\"a\":1,\"\\u0061\":1}"));
    assert_false(reads("[{\"x\":{\"a\":1,\"a\":1}}]"));
    assert_true(reads("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}"));
}

static void escapes_give_whole_characters_and_no_nul(void **state)
{
    (void)state;
    assert_true(reads("[\"\\ud83d\\ude00\"]"));
    assert_true(reads("[\"\\\\u0000\"]"));
    assert_false(reads("[\"\\u0000\"]"));
    assert_false(reads("{\"\\u0000\":1}"));
    assert_false(reads("[\"\\\\\\u0000\"]"));
    assert_false(reads("[\"\\ud83d\"]"));
    assert_false(reads("[\"\\ude00\\ud83d\"]"));
    assert_false(reads("[\"\\ud83d\\ud83d\"]"));
    assert_false(reads("[\"\\ud83dx\"]"));
    assert_false(reads("[\"\\ud83d\\n\"]"));
    assert_false(reads("[\"\\u12\"]"));
    assert_false(reads("[\"\\uzzzz\"]"));
    assert_false(reads("[\"\\x41\"]"));
    assert_false(reads("[\"\\"));
    assert_false(reads("[\"\\u"));
    assert_false(reads("[\"\\ud83d\\u"));
}

static void bytes_are_strict_utf8_without_a_mark(void **state)
{
    Error err = { .code = ERROR_NONE };
    json_t *root = NULL;

    (void)state;
    assert_false(reads("\xef\xbb\xbf{}"));
    assert_false(reads("[\"\xc0\xaf\"]"));
    assert_false(reads("[\"\xed\xa0\x80\"]"));
    assert_false(reads("[\"\xff\"]"));
    assert_false(reads("[\"\xe2\x82\"]"));
    assert_false(json_read("[\0]", 3, &root, &err));
    assert_false(json_read("[\"\0\"]", 5, &root, &err));
    assert_false(json_read("{\0}\0", 4, &root, &err));
}

static void a_problem_says_where_it_is_and_shows_no_input(void **state)
{
    (void)state;
    assert_string_equal(problem_of("{\n  \"é\": \"\\u0000\"}"),
                        "\\u0000 is not accepted in text (line 2, column 9).");
    assert_string_equal(problem_of("[\"a\xff\"]"),
                        "The text is not valid UTF-8 (line 1, column 4).");
    assert_non_null(strstr(problem_of("{\"a\":1,\"a\":2}"), "A member is given twice (line 1"));
    assert_null(strstr(problem_of("{\"a\": hunter2}"), "hunter2"));
    assert_non_null(strstr(problem_of("[1e400]"), "A number is too large"));
    assert_non_null(strstr(problem_of("{\"a\":1"), "The JSON ends too early"));
    assert_non_null(strstr(problem_of("{} {}"), "behind the end"));
}

static void stored_text_may_be_any_value_and_its_faults_are_ours(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(json_read_stored("\"x\"", &root, &err));
    assert_string_equal(json_canonical(&arena, root), "\"x\"");
    json_release(&root);
    assert_false(json_read_stored("{", &root, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static void canonical_text_sorts_members_and_keeps_types(void **state)
{
    static const char text[] = "{ \"b\" : [ 1.0, 0.1, 1e22, -5, true, null, \"é\\n\" ], \"a\" : "
                               "{ \"z\" : 1, \"B\": {} } }";
    Arena AUTO(arena_finish) arena = { 0 };
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(json_read(text, sizeof(text) - 1, &root, &err));
    assert_string_equal(json_canonical(&arena, root),
                        "{\"a\":{\"B\":{},\"z\":1},\"b\":[1.0,0.1,1e+22,-5,true,null,\"é\\n\"]}");
}

typedef struct FormRow {
    JsonForm form;
    const char *text;
} FormRow;

static const FormRow forms[] = {
    { FORM_CANONICAL, "{}" },
    { FORM_CANONICAL, "[]" },
    { FORM_CANONICAL, "\"\"" },
    { FORM_CANONICAL, "null" },
    { FORM_CANONICAL, "[true,false,0,-1,10,999999999999999999]" },
    { FORM_CANONICAL, "{\"\":1,\"a\":[1,{}],\"a b\":\"\\\"\\\\\\n\",\"ab\":null,\"b\":{\"x\":2}}" },
    { FORM_CANONICAL, "[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]" },
    { FORM_CANONICAL, "\"Zürich 😀\"" },
    { FORM_COMPACT, "{\"b\":1,\"a\":2}" },
    { FORM_COMPACT, "{\"ab\":1,\"a\":2}" },
    { FORM_COMPACT, "{\"a\":1,\"a\":2}" },
    { FORM_COMPACT, "{\"\\n\":1}" },
    { FORM_COMPACT, "{\"a\":1,\"b\\n\":2}" },
    { FORM_COMPACT, "[{\"b\":1,\"a\":2},{\"a\":1,\"b\":2}]" },
    { FORM_OTHER, "" },
    { FORM_OTHER, " 1" },
    { FORM_OTHER, "1 " },
    { FORM_OTHER, "[1, 2]" },
    { FORM_OTHER, "{\"a\": 1}" },
    { FORM_OTHER, "{\"a\":1,}" },
    { FORM_OTHER, "{\"a\"}" },
    { FORM_OTHER, "{1:2}" },
    { FORM_OTHER, "{\"a\":}" },
    { FORM_OTHER, "{" },
    { FORM_OTHER, "[" },
    { FORM_OTHER, "[1,]" },
    { FORM_OTHER, "{\"a\":1" },
    { FORM_OTHER, "{\"a\":1]" },
    { FORM_OTHER, "[1}" },
    { FORM_OTHER, "1]" },
    { FORM_OTHER, "\"" },
    { FORM_OTHER, "\"\\\"" },
    { FORM_OTHER, "\"\\" },
    { FORM_OTHER, "\"\\/\"" },
    { FORM_OTHER, "\"\\u0041\"" },
    { FORM_OTHER, "\"\x01\"" },
    { FORM_OTHER, "\"\x7f\"" },
    { FORM_OTHER, "\"\xff\"" },
    { FORM_OTHER, "\"\xed\xa0\x80\"" },
    { FORM_OTHER, "-" },
    { FORM_OTHER, "-0" },
    { FORM_OTHER, "01" },
    { FORM_OTHER, "1.5" },
    { FORM_OTHER, "1e2" },
    { FORM_OTHER, "1000000000000000000" },
    { FORM_OTHER, "nul" },
    { FORM_OTHER, "nulls" },
    { FORM_OTHER, "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]" },
};

static void the_form_of_a_text_is_known_without_building_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (json_form(forms[i].text) != forms[i].form)
            fail_msg("%s is not of form %d", forms[i].text, (int)forms[i].form);
        if (forms[i].form == FORM_OTHER)
            continue;
        Arena AUTO(arena_finish) arena = { 0 };
        json_t *root AUTO(json_release) = NULL;
        Error err = { .code = ERROR_NONE };
        assert_true(json_read_stored(forms[i].text, &root, &err));
        bool is_same = strcmp(json_canonical(&arena, root), forms[i].text) == 0;
        assert_true(is_same || forms[i].form == FORM_COMPACT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_one_object_or_array),
        cmocka_unit_test(nesting_ends_at_its_limit),
        cmocka_unit_test(members_and_elements_end_at_their_limits),
        cmocka_unit_test(five_hundred_events_of_twenty_members_are_within_the_limits),
        cmocka_unit_test(a_long_key_is_refused),
        cmocka_unit_test(a_number_is_refused_before_it_is_converted),
        cmocka_unit_test(integers_that_no_int64_holds_become_reals),
        cmocka_unit_test(respelling_one_number_keeps_everything_around_it),
        cmocka_unit_test(a_member_is_given_once),
        cmocka_unit_test(escapes_give_whole_characters_and_no_nul),
        cmocka_unit_test(bytes_are_strict_utf8_without_a_mark),
        cmocka_unit_test(a_problem_says_where_it_is_and_shows_no_input),
        cmocka_unit_test(stored_text_may_be_any_value_and_its_faults_are_ours),
        cmocka_unit_test(canonical_text_sorts_members_and_keeps_types),
        cmocka_unit_test(the_form_of_a_text_is_known_without_building_its_value),
    };
    return cmocka_run_group_tests_name("json/reader", tests, NULL, NULL);
}
