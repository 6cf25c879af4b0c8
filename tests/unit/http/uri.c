/* Paths and parameters out of the request line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "http/uri.h"

static void a_path_is_cut_and_decoded_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    static const char raw[] = "/api/users/a%20b%2541+c/";
    Path path;

    (void)state;
    assert_true(uri_read_path(raw, strlen(raw), &arena, &path, &err));
    assert_int_equal(path.count, 3);
    assert_string_equal(path.segments[2], "a b%41+c");
    assert_int_equal(path.lengths[2], 8);
    assert_string_equal(path.text, "/api/users/a b%41+c");
    assert_true(uri_read_path("/", 1, &arena, &path, &err));
    assert_int_equal(path.count, 0);
    assert_string_equal(path.text, "/");
}

static void what_no_address_holds_is_not_there(void **state)
{
    static const struct {
        const char *raw;
        ErrorCode code;
    } rows[] = {
        { "", ERROR_MALFORMED },
        { "api", ERROR_MALFORMED },
        { "/a%", ERROR_MALFORMED },
        { "/a%2", ERROR_MALFORMED },
        { "/a%zz", ERROR_MALFORMED },
        { "//", ERROR_NOT_FOUND },
        { "/a//b", ERROR_NOT_FOUND },
        { "/.", ERROR_NOT_FOUND },
        { "/a/../b", ERROR_NOT_FOUND },
        { "/a/%2e%2e/b", ERROR_NOT_FOUND },
        { "/a%2fb", ERROR_NOT_FOUND },
        { "/a%5Cb", ERROR_NOT_FOUND },
        { "/a%00b", ERROR_NOT_FOUND },
        { "/a%0ab", ERROR_NOT_FOUND },
        { "/a%7f", ERROR_NOT_FOUND },
        { "/a;b", ERROR_NOT_FOUND },
        { "/%ff", ERROR_NOT_FOUND },
        { "/%c0%af", ERROR_NOT_FOUND },
        { "/1/2/3/4/5/6/7/8/9/10/11/12/13", ERROR_NOT_FOUND },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { .code = ERROR_NONE };
        Path path;
        if (uri_read_path(rows[i].raw, strlen(rows[i].raw), &arena, &path, &err))
            fail_msg("\"%s\" is taken", rows[i].raw);
        assert_int_equal(err.code, rows[i].code);
    }
}

static void pairs_are_decoded_once_and_empty_ones_are_none(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    static const char raw[] = "&q=a+b%2Bc&&flag&x==%3D&";
    size_t count = 0;

    (void)state;
    assert_true(uri_read_pairs(raw, strlen(raw), &arena, pairs, &count, &err));
    assert_int_equal(count, 3);
    assert_string_equal(pairs[0].name, "q");
    assert_string_equal(pairs[0].value, "a b+c");
    assert_string_equal(pairs[1].name, "flag");
    assert_string_equal(pairs[1].value, "");
    assert_string_equal(pairs[2].value, "==");
}

static void broken_pairs_and_too_many_are_refused(void **state)
{
    static const char *const broken[] = { "a=%", "%f=1", "a=%ff", "a=%00" };
    Arena AUTO(arena_finish) arena = { 0 };
    TextPair pairs[LIMIT_QUERY_PARAMETERS];
    char many[2 * (LIMIT_QUERY_PARAMETERS + 1)];
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        Error err = { .code = ERROR_NONE };
        assert_false(uri_read_pairs(broken[i], strlen(broken[i]), &arena, pairs, &count, &err));
        assert_int_equal(err.code, ERROR_MALFORMED);
    }
    for (size_t i = 0; i < sizeof(many); i += 2)
        memcpy(&many[i], "a&", 2);
    Error err = { .code = ERROR_NONE };
    assert_true(uri_read_pairs(many, sizeof(many) - 2, &arena, pairs, &count, &err));
    assert_int_equal(count, LIMIT_QUERY_PARAMETERS);
    assert_false(uri_read_pairs(many, sizeof(many), &arena, pairs, &count, &err));
    assert_int_equal(err.code, ERROR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_cut_and_decoded_once),
        cmocka_unit_test(what_no_address_holds_is_not_there),
        cmocka_unit_test(pairs_are_decoded_once_and_empty_ones_are_none),
        cmocka_unit_test(broken_pairs_and_too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
