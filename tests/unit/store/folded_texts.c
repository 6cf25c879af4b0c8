/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <locale.h>
#include <string.h>

#include "base/fold.h"
#include "store/folded_texts.h"

static void a_text_is_folded_once(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    FoldedTexts texts = { .arena = &arena };
    const char *text = "\u00c9t\u00e9";

    (void)state;
    assert_int_equal(folded_texts_cost(&texts, text), strlen(text));
    assert_string_equal(folded_texts_get(&texts, text), "\u00e9t\u00e9");
    assert_int_equal(texts.folded_bytes, strlen(text));
    folded_texts_prepare(&texts, text);
    folded_texts_prepare(&texts, text);
    assert_int_equal(folded_texts_cost(&texts, text), 0);
    const char *same = arena_strdup(&arena, text); /* it goes by what is said, not by where */
    assert_string_equal(folded_texts_get(&texts, same), "\u00e9t\u00e9");
    assert_int_equal(texts.folded_bytes, strlen(text));
}

static void ascii_costs_nothing(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    FoldedTexts texts = { .arena = &arena };

    (void)state;
    folded_texts_prepare(&texts, "Plain");
    assert_int_equal(folded_texts_cost(&texts, "Plain"), 0);
    assert_string_equal(folded_texts_get(&texts, "Plain"), "plain");
    assert_int_equal(texts.folded_bytes, 0);
}

static void what_is_known_is_believed(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    FoldedTexts texts = { .arena = &arena };

    (void)state;
    folded_texts_remember(&texts, "\u00c9", "known");
    assert_string_equal(folded_texts_get(&texts, "\u00c9"), "known");
    assert_string_equal(folded_texts_get(&texts, "\u00c8"), fold_text(&arena, "\u00c8"));
}

static void many_are_kept_apart(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    FoldedTexts texts = { .arena = &arena };

    (void)state;
    for (int i = 0; i < 4 * FOLDED_SLOTS; i++)
        folded_texts_prepare(&texts, arena_printf(&arena, "\u00c9 %d", i));
    for (int i = 0; i < 4 * FOLDED_SLOTS; i++) {
        const char *text = arena_printf(&arena, "\u00c9 %d", i);
        assert_string_equal(folded_texts_get(&texts, text), arena_printf(&arena, "\u00e9 %d", i));
    }
    assert_int_equal(texts.folded_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_folded_once),
        cmocka_unit_test(ascii_costs_nothing),
        cmocka_unit_test(what_is_known_is_believed),
        cmocka_unit_test(many_are_kept_apart),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
