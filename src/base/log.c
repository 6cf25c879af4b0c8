#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* How it works: the line is built on the stack and goes out in one write(2), so that lines of
 * several threads never mix. Values end where only the room for keys and quotes is left, so a long
 * line loses the ends of its values, never its form. */

enum {
    LINE_BYTES = 4096,
    VALUE_BYTES = 1024,   /* of one value, escaped */
    ROOM_FOR_FORM = 1024, /* keys, quotes and commas: 20 pairs of 50 bytes */
    ESCAPED_BYTES = 6,    /* \u001f */
};

typedef struct Line {
    char text[LINE_BYTES];
    size_t length;
} Line;

static atomic_int least_level = LOG_INFO;

/* Whether a person reads along does not change, and to ask for it costs a system call. */
static bool is_for_reading(void)
{
    enum { UNKNOWN, FOR_READING, FOR_MACHINES };
    static atomic_int found = UNKNOWN;
    int form = atomic_load_explicit(&found, memory_order_relaxed);

    if (form == UNKNOWN) {
        form = isatty(STDERR_FILENO) == 1 ? FOR_READING : FOR_MACHINES;
        atomic_store_explicit(&found, form, memory_order_relaxed);
    }
    return form == FOR_READING;
}

void log_set_level(LogLevel level)
{
    atomic_store(&least_level, (int)level);
}

bool log_is_on(LogLevel level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

static void add(Line *line, const char *bytes, size_t length)
{
    assert(line->length + length <= LINE_BYTES);
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void add_text(Line *line, const char *text)
{
    add(line, text, strlen(text));
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Escapes what could end a line or a string, drive a terminal or turn the direction of text:
 * controls, quote, backslash, DEL and everything beyond ASCII. */
static void add_escaped(Line *line, const char *value)
{
    size_t end = line->length + VALUE_BYTES;

    if (end > LINE_BYTES - ROOM_FOR_FORM)
        end = LINE_BYTES - ROOM_FOR_FORM;
    while (*value != '\0' && line->length < end) {
        size_t plain = 0;
        while (is_plain(value[plain]))
            plain++;
        if (plain > end - line->length)
            plain = end - line->length;
        add(line, value, plain);
        value += plain;
        if (*value == '\0' || end - line->length < ESCAPED_BYTES)
            return;
        char escaped[ESCAPED_BYTES + 1];
        snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned char)*value++);
        add(line, escaped, ESCAPED_BYTES);
    }
}

static void add_time(Line *line)
{
    int64_t now = clock_now_us();
    time_t seconds = (time_t)(now / 1000000);
    struct tm utc;
    char text[40];

    gmtime_r(&seconds, &utc);
    size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    length += (size_t)snprintf(text + length, sizeof(text) - length, ".%03dZ",
                               (int)(now % 1000000 / 1000));
    add(line, text, length);
}

void log_write(LogLevel level, const char *message, ...)
{
    static const char *const names[] = { "debug", "info", "warning", "error", "off" };
    bool for_reading = is_for_reading();
    Line line;

    if (!log_is_on(level))
        return;
    line.length = 0; /* 4 KiB that need not be cleared */
    add_text(&line, for_reading ? "" : "{\"time\":\"");
    add_time(&line);
    add_text(&line, for_reading ? " " : "\",\"level\":\"");
    add_text(&line, names[level]);
    add_text(&line, for_reading ? " " : "\",\"message\":\"");
    add_escaped(&line, message);
    add_text(&line, for_reading ? "" : "\"");

    va_list args;
    va_start(args, message);
    for (const char *key = va_arg(args, const char *); key != NULL;
         key = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        add_text(&line, for_reading ? " " : ",\"");
        add_text(&line, key);
        add_text(&line, for_reading ? "=" : "\":\"");
        add_escaped(&line, value != NULL ? value : "");
        add_text(&line, for_reading ? "" : "\"");
    }
    va_end(args);

    add_text(&line, for_reading ? "\n" : "}\n");
    ssize_t written = write(STDERR_FILENO, line.text, line.length);
    (void)written; /* there is nowhere left to say so */
}
