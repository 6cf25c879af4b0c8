#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json/writer.h"

static void commas_stand_between_members_and_nowhere_else(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_object(&w);
    write_key(&w, "empty");
    write_object(&w);
    write_end_object(&w);
    write_key(&w, "list");
    write_array(&w);
    write_integer(&w, 1);
    write_array(&w);
    write_end_array(&w);
    write_object(&w);
    write_key(&w, "a");
    write_null(&w);
    write_end_object(&w);
    write_boolean(&w, false);
    write_end_array(&w);
    write_key(&w, "text");
    write_text(&w, "x");
    write_key(&w, "raw");
    write_raw(&w, "{\"b\":2}");
    write_end_object(&w);
    assert_string_equal(
        writer_text(&w),
        "{\"empty\":{},\"list\":[1,[],{\"a\":null},false],\"text\":\"x\",\"raw\":{\"b\":2}}");
    assert_int_equal(writer_length(&w), strlen(writer_text(&w)));
}

static void integers_are_written_to_both_ends_of_their_range(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_array(&w);
    write_integer(&w, 0);
    write_integer(&w, -1);
    write_integer(&w, 10);
    write_integer(&w, INT64_MAX);
    write_integer(&w, INT64_MIN);
    write_end_array(&w);
    assert_string_equal(writer_text(&w), "[0,-1,10,9223372036854775807,-9223372036854775808]");
}

static void null_pointers_are_written_as_null(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_array(&w);
    write_text(&w, NULL);
    write_raw(&w, NULL);
    write_end_array(&w);
    assert_string_equal(writer_text(&w), "[null,null]");
}

static void keys_and_text_are_escaped(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Writer w = writer_start(&arena);

    (void)state;
    write_object(&w);
    write_key(&w, "a\"b");
    write_text(&w, "c\nd");
    write_end_object(&w);
    assert_string_equal(writer_text(&w), "{\"a\\\"b\":\"c\\nd\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_members_and_nowhere_else),
        cmocka_unit_test(integers_are_written_to_both_ends_of_their_range),
        cmocka_unit_test(null_pointers_are_written_as_null),
        cmocka_unit_test(keys_and_text_are_escaped),
    };
    return cmocka_run_group_tests_name("json/writer", tests, NULL, NULL);
}
