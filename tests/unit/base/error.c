#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

static void a_fault_names_its_place_as_a_json_array(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    const Location body = { .name = "body" };
    const Location items = { .parent = &body, .name = "items" };
    const Location third = { .parent = &items, .index = 3 };
    const Location member = { .parent = &third, .name = "a\"b\n" };

    (void)state;
    assert_false(error_fault(&err, &arena, &member, "missing", "Add %s.", "it"));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_string_equal(err.faults->location, "[\"body\",\"items\",3,\"a\\\"b\\n\"]");
    assert_string_equal(err.faults->type, "missing");
    assert_string_equal(err.faults->message, "Add it.");
}

static void faults_stay_in_their_order_and_are_limited_but_counted(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    const Location body = { .name = "body" };
    size_t kept = 0;

    (void)state;
    for (int i = 0; i < LIMIT_FAULTS + 1; i++)
        error_fault(&err, &arena, &body, "missing", "%d", i);
    assert_string_equal(err.faults->message, "0");
    assert_string_equal(err.faults->next->message, "1");
    for (const Fault *fault = err.faults; fault != NULL; fault = fault->next)
        kept++;
    assert_int_equal(kept, LIMIT_FAULTS);
    assert_int_equal(err.fault_count, LIMIT_FAULTS + 1);
}

static void a_sentence_that_is_too_long_is_cut_between_characters(void **state)
{
    Error err = { .code = ERROR_NONE };
    char text[1000];

    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xf0\x9f\x98\x80", 5);
        assert_false(error_set(&err, ERROR_CONFLICT, "%s", text));
        size_t length = strlen(err.detail);
        assert_true(text_is_utf8(err.detail, length));
        assert_true(length + 4 >= sizeof(err.detail) - 1);
    }
    error_set(&err, ERROR_CONFLICT, "caf\xc3\xa9");
    assert_string_equal(err.detail, "caf\xc3\xa9");
}

static void every_code_has_a_status_a_type_and_a_title(void **state)
{
    (void)state;
    for (int code = ERROR_NONE; code <= ERROR_REFERENCED; code++) {
        assert_in_range(error_status((ErrorCode)code), 200, 599);
        assert_non_null(error_type((ErrorCode)code));
        assert_non_null(error_title((ErrorCode)code));
    }
    assert_int_equal(error_status(ERROR_MALFORMED), 400);
    assert_int_equal(error_status(ERROR_INVALID), 422);
}

static void a_cleared_error_is_as_new(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error err = { .code = ERROR_NONE };
    const Location body = { .name = "body" };

    (void)state;
    error_fault(&err, &arena, &body, "missing", "x");
    error_clear(&err);
    assert_int_equal(err.code, ERROR_NONE);
    assert_null(err.faults);
    assert_int_equal(err.fault_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_names_its_place_as_a_json_array),
        cmocka_unit_test(faults_stay_in_their_order_and_are_limited_but_counted),
        cmocka_unit_test(a_sentence_that_is_too_long_is_cut_between_characters),
        cmocka_unit_test(every_code_has_a_status_a_type_and_a_title),
        cmocka_unit_test(a_cleared_error_is_as_new),
    };
    return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
