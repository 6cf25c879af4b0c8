#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

/* -- A reader that does not keep up ----------------------------------------------------------- */

typedef struct Pipe {
    int ends[2];
    int before;
    char *text; /* what was read */
    size_t length;
} Pipe;

static void open_pipe(Pipe *self)
{
    assert_int_equal(pipe(self->ends), 0);
    self->before = dup(STDERR_FILENO);
    dup2(self->ends[1], STDERR_FILENO);
    close(self->ends[1]);
    self->text = NULL;
    self->length = 0;
}

static void *read_pipe(void *pipe)
{
    Pipe *self = pipe;
    char piece[65536];
    ssize_t got;

    while ((got = read(self->ends[0], piece, sizeof(piece))) > 0) {
        self->text = realloc(self->text, self->length + (size_t)got + 1);
        memcpy(self->text + self->length, piece, (size_t)got);
        self->length += (size_t)got;
        self->text[self->length] = '\0';
    }
    return NULL;
}

static void close_pipe(Pipe *self)
{
    dup2(self->before, STDERR_FILENO);
    close(self->before);
}

static size_t count_lines(const Pipe *self)
{
    size_t count = 0;

    for (const char *at = self->text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

static void write_requests(int count)
{
    char number[16];

    for (int i = 0; i < count; i++) {
        snprintf(number, sizeof(number), "%d", i);
        log_write(LOG_INFO, "request", "number", number, "path", "/api/events", NULL);
    }
}

static void a_log_that_is_read_loses_nothing_and_keeps_its_order(void **state)
{
    enum { MANY = 20000 };
    pthread_t reader;
    Pipe pipe;

    (void)state;
    uint64_t before = log_dropped();
    open_pipe(&pipe);
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &pipe), 0);
    log_start();
    for (int i = 0; i < MANY; i += 1000) {
        write_requests(1000);
        usleep(4000);
    }
    log_stop();
    close_pipe(&pipe);
    pthread_join(reader, NULL);
    close(pipe.ends[0]);
    assert_int_equal(log_dropped(), before);
    assert_int_equal(count_lines(&pipe), MANY);
    char *line = pipe.text;
    for (int i = 0; i < MANY; i++) {
        char number[32];
        char *end = strchr(line, '\n');
        *end = '\0';
        snprintf(number, sizeof(number), "\"number\":\"%d\"", i % 1000);
        assert_non_null(strstr(line, number));
        line = end + 1;
    }
    free(pipe.text);
}

static void a_log_that_nobody_reads_costs_lines_and_never_time(void **state)
{
    enum { MANY = 30000 };
    pthread_t reader;
    Pipe pipe;

    (void)state;
    uint64_t before = log_dropped();
    open_pipe(&pipe);
    log_start();
    write_requests(MANY);
    uint64_t lost = log_dropped() - before;
    assert_true(lost > 0 && lost < MANY);
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &pipe), 0);
    usleep(300000);
    log_write(LOG_INFO, "it flows", NULL);
    log_stop();
    close_pipe(&pipe);
    pthread_join(reader, NULL);
    close(pipe.ends[0]);

    char told[64];
    snprintf(told, sizeof(told), "\"lines\":\"%llu\"", (unsigned long long)lost);
    assert_non_null(strstr(pipe.text, "nobody read the log"));
    assert_non_null(strstr(pipe.text, told));
    assert_non_null(strstr(pipe.text, "it flows"));
    assert_int_equal(count_lines(&pipe), MANY - lost + 2);
    for (char *line = pipe.text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object); /* no line is torn */
        json_decref(object);
    }
    free(pipe.text);
}

static void a_log_that_nobody_reads_does_not_keep_the_process(void **state)
{
    struct timespec start;
    struct timespec end;
    Pipe pipe;

    (void)state;
    open_pipe(&pipe);
    log_start();
    write_requests(2000);
    clock_gettime(CLOCK_MONOTONIC, &start);
    log_stop();
    log_last_words("the end\n");
    clock_gettime(CLOCK_MONOTONIC, &end);
    close_pipe(&pipe);
    close(pipe.ends[0]);
    assert_true(end.tv_sec - start.tv_sec <= 2);
}

static void a_reader_that_is_gone_costs_lines_too(void **state)
{
    Pipe pipe;

    (void)state;
    uint64_t before = log_dropped();
    signal(SIGPIPE, SIG_IGN);
    open_pipe(&pipe);
    close(pipe.ends[0]);
    log_start();
    write_requests(100);
    log_stop();
    close_pipe(&pipe);
    assert_int_equal(log_dropped() - before, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_forges_a_line_or_a_member),
        cmocka_unit_test(a_long_line_loses_the_ends_of_values_but_not_its_form),
        cmocka_unit_test(a_log_that_is_read_loses_nothing_and_keeps_its_order),
        cmocka_unit_test(a_log_that_nobody_reads_costs_lines_and_never_time),
        cmocka_unit_test(a_log_that_nobody_reads_does_not_keep_the_process),
        cmocka_unit_test(a_reader_that_is_gone_costs_lines_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
