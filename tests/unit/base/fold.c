/* fold_text is what libunistring makes of the same text, whatever short way it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <unicase.h>
#include <uninorm.h>

#include "base/fold.h"

static void it_makes_one_of_what_means_the_same(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        { "", "" },
        { "Town HALL", "town hall" },
        { "Stra\u00dfe STRASSE", "strasse strasse" },
        { "Caf\u00c9", "caf\u00e9" },
        { "Cafe\u0301", "caf\u00e9" },
        { "e\u0323\u0301 e\u0301\u0323", "\u1eb9\u0301 \u1eb9\u0301" },
        { "\u0391\u03a3 \u03c3\u03c2", "\u03b1\u03c3 \u03c3\u03c3" },
        { "\u212a \u212b", "k \u00e5" },           /* Kelvin, Ångström */
        { "\u0130 \u0131 I", "i\u0307 \u0131 i" }, /* İ is i with a dot above, ı a letter */
        { "\u1112\u1161\u11ab", "\ud55c" },        /* three letters of one Korean syllable */
        { "\ud558\u11ab", "\ud55c" },
        { "\uf900", "\u8c48" },
        { "\u13a0 \uab70", "\u13a0 \u13a0" }, /* Cherokee folds to capitals */
        { "\U0001d400 \U00010400", "\U0001d400 \U00010428" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        assert_string_equal(fold_text(&arena, cases[i].text), cases[i].folded);
    }
}

static void must_be_as_the_library_has_it(const char *text)
{
    Arena AUTO(arena_finish) arena = { 0 };
    size_t length = 0;
    uint8_t *apart = u8_normalize(UNINORM_NFD, (const uint8_t *)text, strlen(text), NULL, &length);
    size_t folded_length = 0;
    uint8_t *expected = u8_casefold(apart, length, NULL, UNINORM_NFC, NULL, &folded_length);
    const char *folded = fold_text(&arena, text);

    if (strlen(folded) != folded_length || memcmp(folded, expected, folded_length) != 0)
        fail_msg("\"%s\" is folded to \"%s\"", text, folded);
    assert_string_equal(fold_text(&arena, folded), folded);
    free(apart);
    free(expected);
}

static void write_all(const ucs4_t *characters, size_t count, char *text)
{
    for (size_t i = 0; i < count; i++)
        text += fold_write(characters[i], text);
    *text = '\0';
}

enum { LAST = 0x10ffff };

static bool is_character(ucs4_t c)
{
    return c < 0xd800 || (c > 0xdfff && c <= LAST);
}

static void each_character_is_folded(void **state)
{
    (void)state;
    for (ucs4_t c = 1; c <= LAST; c++) {
        char text[16];
        if (!is_character(c))
            continue;
        write_all((ucs4_t[]){ 'A', c, 'B' }, 3, text);
        must_be_as_the_library_has_it(text);
    }
}

/* Whatever can become one with what stands before it does, wherever the text is cut. */
static void what_is_composed_is_composed(void **state)
{
    (void)state;
    for (ucs4_t c = 1; c <= LAST; c++) {
        ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
        int count = is_character(c) ? uc_canonical_decomposition(c, parts) : -1;
        char text[128];
        if (count < 2)
            continue;
        write_all(parts, (size_t)count, text);
        must_be_as_the_library_has_it(text);
    }
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void any_text_is_folded(void **state)
{
    static const ucs4_t some[] = { 'a',    'S',     0xdf,   0x130,  0x345,  0x3b1, 0x1f80, 0x301,
                                   0x323,  0x1100,  0x1161, 0x11a8, 0xac00, 0x9be, 0x9c7,  0x212a,
                                   0xf900, 0x10400, 0x3099, 0x304b, 0x1e9e, 0x149, 0xfb03, 0x4e00 };
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        ucs4_t characters[24];
        char text[128];
        size_t count = next(&seed) % 24;
        for (size_t j = 0; j < count; j++) {
            do {
                characters[j] =
                    next(&seed) % 4 != 0 ? some[next(&seed) % 24] : 1 + next(&seed) % LAST;
            } while (!is_character(characters[j]));
        }
        write_all(characters, count, text);
        must_be_as_the_library_has_it(text);
    }
}

static double milliseconds_for(const char *of)
{
    enum { LENGTH = 1 << 20 };
    Arena AUTO(arena_finish) arena = { 0 };
    char *text = arena_alloc(&arena, LENGTH + 1);
    size_t length = 0;
    size_t more = strlen(of);

    for (; length + more <= LENGTH; length += more)
        memcpy(text + length, of, more);
    text[length] = '\0';
    clock_t began = clock();
    fold_text(&arena, text);
    return (double)(clock() - began) * 1000 / CLOCKS_PER_SEC;
}

/* Also one letter with half a million marks. */
static void a_mebibyte_takes_no_second(void **state)
{
    static const char *const texts[] = { "\u041f\u0440\u0438\u0432\u0435\u0442 ", "\u0301\u0323",
                                         "e\u0301", "\uf900\uf901", "\u0939\u093f\u0928\u094d" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double took = milliseconds_for(texts[i]);
        print_message("%s: %.1f ms\n", texts[i], took);
        assert_true(took < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_makes_one_of_what_means_the_same),
        cmocka_unit_test(each_character_is_folded),
        cmocka_unit_test(what_is_composed_is_composed),
        cmocka_unit_test(any_text_is_folded),
        cmocka_unit_test(a_mebibyte_takes_no_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
