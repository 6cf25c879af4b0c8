#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "json/merge.h"
#include "json/reader.h"

static json_t *value_of(const char *text)
{
    json_t *value = NULL;
    Error err = { .code = ERROR_NONE };

    assert_true(json_read_stored(text, &value, &err));
    return value;
}

static void check_merge(const char *target, const char *patch, const char *result)
{
    Arena AUTO(arena_finish) arena = { 0 };
    json_t *original AUTO(json_release) = value_of(target);
    json_t *change AUTO(json_release) = value_of(patch);
    json_t *merged AUTO(json_release) = json_merge(original, change);
    json_t *expected AUTO(json_release) = value_of(result);
    json_t *before AUTO(json_release) = value_of(target);

    assert_string_equal(json_canonical(&arena, merged), json_canonical(&arena, expected));
    assert_true(json_equal(original, before));
}

/* RFC 7396, Appendix A. */
static void the_rfcs_own_cases_come_out_as_it_says(void **state)
{
    static const char *const cases[][3] = {
        { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
        { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
        { "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
        { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
        { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
        { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
        { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
        { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
        { "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
        { "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
        { "{\"a\":\"foo\"}", "null", "null" },
        { "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
        { "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
        { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
        { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_merge(cases[i][0], cases[i][1], cases[i][2]);
}

/* RFC 7396, 3: the whole example. */
static void a_document_is_changed_where_the_patch_says(void **state)
{
    (void)state;
    check_merge(
        "{\"title\":\"Goodbye!\",\"author\":{\"givenName\":\"John\",\"familyName\":\"Doe\"},"
        "\"tags\":[\"example\",\"sample\"],\"content\":\"This will be unchanged\"}",
        "{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\","
        "\"author\":{\"familyName\":null},\"tags\":[\"example\"]}",
        "{\"title\":\"Hello!\",\"author\":{\"givenName\":\"John\"},\"tags\":[\"example\"],"
        "\"content\":\"This will be unchanged\",\"phoneNumber\":\"+01-123-456-7890\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_own_cases_come_out_as_it_says),
        cmocka_unit_test(a_document_is_changed_where_the_patch_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
