#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static void an_empty_buffer_is_an_empty_text(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    Buffer buffer = buffer_start(&arena);
    assert_string_equal(buffer.data, "");
    assert_int_equal(buffer.length, 0);
}

static void text_of_any_length_is_kept_and_terminated(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    Buffer buffer = buffer_start(&arena);
    for (int i = 0; i < 10000; i++) {
        buffer_add_char(&buffer, (char)('a' + i % 26));
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_int_equal(strlen(buffer.data), 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
}

static void a_growing_buffer_takes_no_more_than_twice_its_text(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    Buffer buffer = buffer_start(&arena);
    for (int i = 0; i < 4000; i++)
        buffer_add_char(&buffer, 'x');
    assert_true(arena.used <= 8192); /* it grew in place */
    assert_int_equal(arena.total, 8192);
}

static void printing_continues_where_the_text_ends(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    char long_text[500];

    (void)state;
    memset(long_text, 'y', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    Buffer buffer = buffer_start(&arena);
    buffer_add(&buffer, "a");
    buffer_printf(&buffer, "%d%s", 7, long_text);
    buffer_add_bytes(&buffer, "zzz", 1);
    assert_int_equal(buffer.length, 502);
    assert_memory_equal(buffer.data, "a7y", 3);
    assert_string_equal(buffer.data + 500, "yz");
}

static const char *quoted(Arena *arena, const char *text)
{
    Buffer buffer = buffer_start(arena);

    buffer_add_json_string(&buffer, text);
    assert_int_equal(buffer_json_length(text), strlen(buffer.data));
    return buffer.data;
}

static void a_json_string_escapes_what_must_be_and_nothing_else(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };

    (void)state;
    assert_string_equal(quoted(&arena, ""), "\"\"");
    assert_string_equal(quoted(&arena, "a\"b\\c"), "\"a\\\"b\\\\c\"");
    assert_string_equal(quoted(&arena, "\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\"");
    assert_string_equal(quoted(&arena, "\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\"");
    assert_string_equal(quoted(&arena, "/é漢😀"), "\"/é漢😀\"");
    for (char c = 1; c < 0x7f; c++) {
        bool is_escaped = c < 0x20 || c == '"' || c == '\\';
        const char *text = quoted(&arena, (char[]){ c, '\0' });
        assert_int_equal(text[1] == '\\', is_escaped);
        assert_int_equal(strlen(text) == 3, !is_escaped);
    }
}

/* The text is looked at eight bytes at a time, with a rest at the end. */
static void what_must_be_escaped_is_found_at_every_place_of_a_text(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 34; length++) {
        for (size_t at = 0; at < length; at++) {
            Arena AUTO(arena_finish) arena = { 0 };
            for (int c = 1; c <= 0xff; c++) {
                bool is_escaped = c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
                char text[40];
                memset(text, '!', length); /* beside a quote in the alphabet */
                text[at] = (char)c;
                text[length] = '\0';
                const char *json = quoted(&arena, text);
                size_t tail = length - at - 1;
                assert_int_equal(strspn(json + 1, "!"), c == '!' ? length : at);
                assert_int_equal(json[1 + at] == '\\', is_escaped);
                assert_true(is_escaped || json[1 + at] == (char)c);
                assert_int_equal(strspn(json + strlen(json) - 1 - tail, "!"), tail);
                arena_reset(&arena);
            }
        }
    }
}

static void a_text_of_nothing_but_what_must_be_escaped_is_escaped_whole(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    char text[301];

    (void)state;
    memset(text, '\x01', 300);
    text[300] = '\0';
    const char *json = quoted(&arena, text);
    assert_int_equal(strlen(json), 2 + 300 * 6);
    for (int i = 0; i < 300; i++)
        assert_memory_equal(json + 1 + (size_t)i * 6, "\\u0001", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(text_of_any_length_is_kept_and_terminated),
        cmocka_unit_test(a_growing_buffer_takes_no_more_than_twice_its_text),
        cmocka_unit_test(printing_continues_where_the_text_ends),
        cmocka_unit_test(a_json_string_escapes_what_must_be_and_nothing_else),
        cmocka_unit_test(what_must_be_escaped_is_found_at_every_place_of_a_text),
        cmocka_unit_test(a_text_of_nothing_but_what_must_be_escaped_is_escaped_whole),
    };
    return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
