#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What log_write sends to standard error while `write_line` runs. */
static size_t capture(void (*write_line)(void), char *ret_text, size_t size)
{
    int ends[2];
    int before = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    write_line();
    dup2(before, STDERR_FILENO);
    close(ends[1]);
    ssize_t length = read(ends[0], ret_text, size - 1);
    close(ends[0]);
    close(before);
    assert_true(length > 0);
    ret_text[length] = '\0';
    return (size_t)length;
}

static void write_hostile(void)
{
    log_write(LOG_INFO, "request", "path", "a\"b\\c\r\n{\"level\":\"error\"}\x1b[2J", NULL);
}

static void write_long(void)
{
    static char value[3000];

    memset(value, '\n', sizeof(value) - 1);
    log_write(LOG_INFO, "request", "a", value, "b", value, "c", value, "d", value, "e", "last",
              NULL);
}

static json_t *parse_line(const char *text, size_t length)
{
    assert_int_equal(text[length - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    return line;
}

static void no_value_forges_a_line_or_a_member(void **state)
{
    (void)state;
    char text[8192];
    size_t length = capture(write_hostile, text, sizeof(text));

    json_t *line = parse_line(text, length);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(line, "path")),
                        "a\"b\\c\r\n{\"level\":\"error\"}\x1b[2J");
    json_decref(line);
}

static void a_long_line_loses_the_ends_of_values_but_not_its_form(void **state)
{
    (void)state;
    char text[8192];
    size_t length = capture(write_long, text, sizeof(text));

    assert_true(length <= 4096);
    json_t *line = parse_line(text, length);
    assert_non_null(json_object_get(line, "e"));
    json_decref(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_forges_a_line_or_a_member),
        cmocka_unit_test(a_long_line_loses_the_ends_of_values_but_not_its_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
