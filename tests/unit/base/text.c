#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static bool is_utf8(const char *text)
{
    return text_is_utf8(text, strlen(text));
}

static void utf8_takes_the_first_and_last_of_each_length(void **state)
{
    (void)state;
    assert_true(is_utf8(""));
    assert_true(is_utf8("\x01\x7f"));
    assert_true(is_utf8("\xc2\x80\xdf\xbf"));
    assert_true(is_utf8("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
    assert_true(is_utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void utf8_refuses_overlong_forms_surrogates_and_what_is_cut(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe2(\xa1",
        "\xe2\x82(",
        "a\xffz",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(is_utf8(bad[i]));
    assert_false(text_is_utf8("a\0b", 3));
}

static void length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(text_length(""), 0);
    assert_int_equal(text_length("aé漢😀"), 4);
}

static void controls_are_all_but_tab_and_newline(void **state)
{
    (void)state;
    assert_true(text_has_no_controls("a\tb\nc é"));
    for (char c = 1; c < 0x20; c++) {
        const char text[] = { 'a', c, '\0' };
        assert_int_equal(text_has_no_controls(text), c == '\t' || c == '\n');
    }
    assert_false(text_has_no_controls("\x7f"));
}

static void a_number_has_one_spelling(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "+1",
        "01",
        "-0",
        "-01",
        " 1",
        "1 ",
        "0x1",
        "1e3",
        "1.0",
        "9223372036854775808",
        "1\n",
        "1,000",
        "٣",
        "99999999999999999999999",
        "-9223372036854775808",
        "-9223372036854775809",
    };
    long long value = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_to_int64(bad[i], &value));
    assert_true(text_to_int64("0", &value));
    assert_int_equal(value, 0);
    assert_true(text_to_int64("9223372036854775807", &value));
    assert_true(value == INT64_MAX);
    assert_true(text_to_int64("-9223372036854775807", &value));
    assert_true(value == -INT64_MAX);
}

static void case_is_ignored_in_ascii_only(void **state)
{
    (void)state;
    assert_true(text_equal_ignoring_case("Bearer", "bEARER"));
    assert_false(text_equal_ignoring_case("Bearer", "Bearer "));
    assert_false(text_equal_ignoring_case("K", "\xe2\x84\xaa")); /* KELVIN SIGN */
    assert_false(text_equal_ignoring_case("É", "é"));
}

static void null_equals_null_only(void **state)
{
    (void)state;
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_false(text_equal("", NULL));
    assert_true(text_equal("a", "a"));
}

static void a_start_is_compared_whole(void **state)
{
    (void)state;
    assert_true(text_starts_with("sqlite:///x", "sqlite:"));
    assert_false(text_starts_with("sql", "sqlite:"));
}

static void the_nearest_name_is_found_and_a_far_one_is_not(void **state)
{
    static const char *const names[] = { "title", "start_time", "end_time", "id", "x", "username" };
    const size_t count = sizeof(names) / sizeof(names[0]);

    (void)state;
    assert_string_equal(text_nearest("titel", names, count), "title");
    assert_string_equal(text_nearest("Title", names, count), "title");
    assert_string_equal(text_nearest("starttime", names, count), "start_time");
    assert_string_equal(text_nearest("endtime", names, count), "end_time");
    assert_string_equal(text_nearest("user_name", names, count), "username");
    assert_null(text_nearest("full_name", names, count));
    assert_null(text_nearest("colour", names, count));
    assert_null(text_nearest("q", names, count));
    assert_null(text_nearest("", names, count));
}

static void a_very_long_name_is_near_to_nothing(void **state)
{
    static const char *const names[] = { "title" };
    char name[1000];

    (void)state;
    memset(name, 't', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_null(text_nearest(name, names, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_takes_the_first_and_last_of_each_length),
        cmocka_unit_test(utf8_refuses_overlong_forms_surrogates_and_what_is_cut),
        cmocka_unit_test(length_counts_code_points),
        cmocka_unit_test(controls_are_all_but_tab_and_newline),
        cmocka_unit_test(a_number_has_one_spelling),
        cmocka_unit_test(case_is_ignored_in_ascii_only),
        cmocka_unit_test(null_equals_null_only),
        cmocka_unit_test(a_start_is_compared_whole),
        cmocka_unit_test(the_nearest_name_is_found_and_a_far_one_is_not),
        cmocka_unit_test(a_very_long_name_is_near_to_nothing),
    };
    return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
