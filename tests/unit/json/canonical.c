/* One text for each value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "json/reader.h"

/* json_form may say less of a text than is so, and never more. */
static void a_value_has_one_text_and_that_is_known_without_building_it(void **state)
{
    static const struct {
        const char *text;
        const char *canonical;
        JsonForm form;
    } rows[] = {
        { "{}", "{}", FORM_CANONICAL },
        { "[]", "[]", FORM_CANONICAL },
        { "null", "null", FORM_CANONICAL },
        { "{\"a\":1,\"b\":[true,false,null]}", "{\"a\":1,\"b\":[true,false,null]}",
          FORM_CANONICAL },
        { "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}", FORM_COMPACT },
        { "{\"a\":{\"c\":1,\"b\":2}}", "{\"a\":{\"b\":2,\"c\":1}}", FORM_COMPACT },
        { "{\"a\": 1}", "{\"a\":1}", FORM_OTHER },
        { " [1]", "[1]", FORM_OTHER },
        { "[\"\\u00e9\"]", "[\"é\"]", FORM_OTHER },
        { "[\"é\"]", "[\"é\"]", FORM_CANONICAL },
        { "[\"\\/\"]", "[\"/\"]", FORM_OTHER },
        { "[\"a\\n\\\"b\\\"\"]", "[\"a\\n\\\"b\\\"\"]", FORM_CANONICAL },
        { "{\"a\":1,\"aa\":2,\"b\":3}", "{\"a\":1,\"aa\":2,\"b\":3}", FORM_CANONICAL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { .code = ERROR_NONE };
        json_t *root AUTO(json_release) = NULL;
        json_t *again AUTO(json_release) = NULL;
        assert_true(json_read_stored(rows[i].text, &root, &err));
        assert_string_equal(json_canonical(&arena, root), rows[i].canonical);
        if (json_form(rows[i].text) != rows[i].form)
            fail_msg("%s has the form %d", rows[i].text, (int)json_form(rows[i].text));
        assert_true(json_read_stored(rows[i].canonical, &again, &err));
        assert_true(json_equal(root, again));
    }
}

/* Each as PostgreSQL and the writer could give it; none is called canonical that would change. */
static void what_is_called_canonical_does_not_change(void **state)
{
    static const char *const texts[] = {
        "1",           "-1",
        "0",           "1.0",
        "1e3",         "123456789012345678",
        "\"\"",        "\"\\u0007\"",
        "[[[[]]]]",    "{\"\":{\"\":0}}",
        "[1,2]",       "{\"a\":[{}]}",
        "\"\\u0001\"", "-0",
        "0.10",        "[\"\\t\"]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error err = { .code = ERROR_NONE };
        json_t *root AUTO(json_release) = NULL;
        assert_true(json_read_stored(texts[i], &root, &err));
        const char *canonical = json_canonical(&arena, root);
        if (json_form(texts[i]) == FORM_CANONICAL && strcmp(canonical, texts[i]) != 0)
            fail_msg("%s is called canonical, and %s is", texts[i], canonical);
        json_t *again AUTO(json_release) = NULL;
        assert_true(json_read_stored(canonical, &again, &err));
        assert_string_equal(json_canonical(&arena, again), canonical);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_has_one_text_and_that_is_known_without_building_it),
        cmocka_unit_test(what_is_called_canonical_does_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
