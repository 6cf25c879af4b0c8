#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/limits.h> /* <limits.h> is base/limits.h in this folder */
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

/* How it works: a line is built on the stack. Values end where only the room for keys and quotes is
 * left, so a long line loses the ends of its values, never its form.
 *
 * Without log_start a line goes out in one write(2). That waits while nobody reads, so a server
 * puts its lines into a ring instead, under a mutex that is held for a copy, and one thread writes
 * what the ring holds; a line for which there is no room is dropped and counted. The thread asks
 * poll(2) before each write and writes at most PIPE_BUF bytes, which a pipe that is ready takes
 * whole; so it hears of the end within STEP_MS even when nobody ever reads again. It lets lines
 * gather for a moment: that it is woken costs more than what it writes. */

enum {
    LINE_BYTES = 4096,
    VALUE_BYTES = 1024,   /* of one value, escaped */
    ROOM_FOR_FORM = 1024, /* keys, quotes and commas: 20 pairs of 50 bytes */
    ESCAPED_BYTES = 6,    /* \u001f */
    GATHER_US = 2000,     /* a request is answered in less than that, and a person sees no delay */
    STEP_MS = 100,        /* how late the writer may notice that it shall end */
};

#define LAST_US SECOND_US /* what it may take to write the rest at the end */

static_assert((int)LINE_BYTES <= PIPE_BUF, "a line goes out whole");
static_assert(LIMIT_LOG_BYTES > LINE_BYTES * 2, "the ring has room for lines");

typedef struct Line {
    char text[LINE_BYTES];
    size_t length;
} Line;

static atomic_int least_level = LOG_INFO;

/* Of the process, as its standard error is. */
static struct Ring {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    pthread_t writer;
    bool is_on;      /* lines go into the ring */
    bool is_idle;    /* the writer waits for the first line */
    bool is_failing; /* the last write was refused */
    int64_t end_us;  /* of the monotonic clock, by when all is written or given up; 0: no end */
    size_t start;    /* of what is not written yet */
    size_t length;
    uint64_t dropped;
    uint64_t told; /* of them, in the log itself */
    char bytes[LIMIT_LOG_BYTES];
} ring = { .mutex = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };

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
    time_t seconds = (time_t)(now / SECOND_US);
    struct tm utc;
    char text[40];

    gmtime_r(&seconds, &utc);
    size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    length += (size_t)snprintf(text + length, sizeof(text) - length, ".%03dZ",
                               (int)(now % SECOND_US / 1000));
    add(line, text, length);
}

static void begin_line(Line *line, LogLevel level, const char *message)
{
    static const char *const names[] = { "debug", "info", "warning", "error", "off" };
    bool for_reading = is_for_reading();

    line->length = 0; /* 4 KiB that need not be cleared */
    add_text(line, for_reading ? "" : "{\"time\":\"");
    add_time(line);
    add_text(line, for_reading ? " " : "\",\"level\":\"");
    add_text(line, names[level]);
    add_text(line, for_reading ? " " : "\",\"message\":\"");
    add_escaped(line, message);
    add_text(line, for_reading ? "" : "\"");
}

static void add_pair(Line *line, const char *key, const char *value)
{
    bool for_reading = is_for_reading();

    add_text(line, for_reading ? " " : ",\"");
    add_text(line, key);
    add_text(line, for_reading ? "=" : "\":\"");
    add_escaped(line, value != NULL ? value : "");
    add_text(line, for_reading ? "" : "\"");
}

static void end_line(Line *line)
{
    add_text(line, is_for_reading() ? "\n" : "}\n");
}

/* -- The ring --------------------------------------------------------------------------------- */

static void put(const char *bytes, size_t length)
{
    size_t end = (ring.start + ring.length) % LIMIT_LOG_BYTES;
    size_t first = length < LIMIT_LOG_BYTES - end ? length : LIMIT_LOG_BYTES - end;

    memcpy(ring.bytes + end, bytes, first);
    memcpy(ring.bytes, bytes + first, length - first);
    ring.length += length;
}

/* False: there is no ring. */
static bool put_line(const Line *line)
{
    pthread_mutex_lock(&ring.mutex);
    bool is_on = ring.is_on;
    if (is_on && line->length > LIMIT_LOG_BYTES - LINE_BYTES - ring.length)
        ring.dropped++;
    else if (is_on)
        put(line->text, line->length);
    bool is_waited_for = is_on && ring.is_idle;
    ring.is_idle &= !is_waited_for;
    pthread_mutex_unlock(&ring.mutex);
    if (is_waited_for)
        pthread_cond_signal(&ring.filled);
    return is_on;
}

/* Said in the first moment in which there is room again; that much is always kept free. */
static void tell_dropped(void)
{
    char count[24];
    Line line;

    if (ring.dropped == ring.told || ring.is_failing || ring.length > LIMIT_LOG_BYTES / 2)
        return;
    snprintf(count, sizeof(count), "%" PRIu64, ring.dropped - ring.told);
    ring.told = ring.dropped;
    begin_line(&line, LOG_WARNING, "nobody read the log, and lines of it are lost");
    add_pair(&line, "lines", count);
    end_line(&line);
    put(line.text, line.length);
}

static void look(char *bytes, size_t length)
{
    size_t first = LIMIT_LOG_BYTES - ring.start;

    if (first > length)
        first = length;
    memcpy(bytes, ring.bytes + ring.start, first);
    memcpy(bytes + first, ring.bytes, length - first);
}

/* The next whole lines of the ring; 0: nothing more will come. */
static size_t next_lines(char lines[PIPE_BUF])
{
    pthread_mutex_lock(&ring.mutex);
    tell_dropped();
    while (ring.length == 0 && ring.end_us == 0) {
        ring.is_idle = true;
        pthread_cond_wait(&ring.filled, &ring.mutex);
        pthread_mutex_unlock(&ring.mutex);
        usleep(GATHER_US);
        pthread_mutex_lock(&ring.mutex);
    }
    size_t length = ring.length < PIPE_BUF ? ring.length : PIPE_BUF;
    look(lines, length);
    pthread_mutex_unlock(&ring.mutex);
    const char *last = memrchr(lines, '\n', length);
    return last != NULL ? (size_t)(last + 1 - lines) : length; /* or the rest of a line */
}

static bool is_late(void)
{
    pthread_mutex_lock(&ring.mutex);
    int64_t end_us = ring.end_us;
    pthread_mutex_unlock(&ring.mutex);
    return end_us != 0 && clock_monotonic_us() > end_us;
}

/* Takes what was written out of the ring, or, when it could not be, all of it. */
static void take_lines(const char *lines, size_t length, ssize_t written)
{
    pthread_mutex_lock(&ring.mutex);
    ring.is_failing = written < 0;
    for (size_t i = 0; ring.is_failing && i < length; i++)
        ring.dropped += lines[i] == '\n';
    size_t gone = ring.is_failing ? length : (size_t)written;
    ring.start = (ring.start + gone) % LIMIT_LOG_BYTES;
    ring.length -= gone;
    pthread_mutex_unlock(&ring.mutex);
}

/* False: the end has come, and nobody takes the rest. */
static bool write_lines(const char *lines, size_t length)
{
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

    do {
        if (is_late())
            return false;
    } while (poll(&out, 1, STEP_MS) == 0);
    ssize_t written = write(STDERR_FILENO, lines, length);
    /* Otherwise the disk is full, or the reader is gone. */
    if (written >= 0 || (errno != EINTR && errno != EAGAIN))
        take_lines(lines, length, written);
    return true;
}

static void *run_writer(void *context)
{
    char lines[PIPE_BUF];
    size_t length;

    (void)context;
    while ((length = next_lines(lines)) > 0 && write_lines(lines, length))
        continue;
    return NULL;
}

void log_start(void)
{
    pthread_mutex_lock(&ring.mutex);
    ring.is_idle = false;
    ring.end_us = 0;
    ring.start = 0;
    ring.length = 0;
    /* Without a thread every line is written by who has it to say. */
    ring.is_on = pthread_create(&ring.writer, NULL, run_writer, NULL) == 0;
    pthread_mutex_unlock(&ring.mutex);
}

void log_stop(void)
{
    struct timespec patience;

    pthread_mutex_lock(&ring.mutex);
    bool was_on = ring.is_on;
    ring.is_on = false;
    ring.end_us = clock_monotonic_us() + LAST_US;
    pthread_cond_signal(&ring.filled);
    pthread_mutex_unlock(&ring.mutex);
    clock_gettime(CLOCK_REALTIME, &patience);
    patience.tv_sec += 2;
    /* It is left behind where somebody else filled the pipe just when it was about to write. */
    if (was_on)
        (void)pthread_timedjoin_np(ring.writer, NULL, &patience);
}

uint64_t log_dropped(void)
{
    pthread_mutex_lock(&ring.mutex);
    uint64_t dropped = ring.dropped;
    pthread_mutex_unlock(&ring.mutex);
    return dropped;
}

void log_write(LogLevel level, const char *message, ...)
{
    Line line;

    if (!log_is_on(level))
        return;
    begin_line(&line, level, message);
    va_list args;
    va_start(args, message);
    for (const char *key = va_arg(args, const char *); key != NULL;
         key = va_arg(args, const char *))
        add_pair(&line, key, va_arg(args, const char *));
    va_end(args);
    end_line(&line);
    if (put_line(&line))
        return;
    ssize_t written = write(STDERR_FILENO, line.text, line.length);
    (void)written; /* there is nowhere left to say so */
}

void log_last_words(const char *text)
{
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

    if (poll(&out, 1, 0) == 0)
        return;
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}
