/* Log - one line per thing that happened, on standard error. On a terminal it is for reading;
 * off a terminal each line is one JSON object. Only the router and the commands log; libraries
 * return errors. Values are escaped: no input can forge a line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_OFF } LogLevel;

/* The least level that is written; INFO at first. The one mutable global of the program. */
void log_set_level(LogLevel level);
bool log_is_on(LogLevel level);

/* `message` is a constant sentence; the arguments are pairs of key and text value, ended by NULL:
 *   log_write(LOG_INFO, "request", "method", "GET", "status", "200", NULL);
 * Values over 1 KiB are cut. */
void log_write(LogLevel level, const char *message, ...) __attribute__((sentinel));

/* From here on no line waits for who reads the log: up to LIMIT_LOG_BYTES of them wait in memory
 * for a thread that writes them, and what comes beyond is dropped, counted, and told in the log
 * when it flows again. For a server: a process that is killed loses what it wrote in the last few
 * milliseconds. */
void log_start(void);

/* Writes what is left, for at most a second where nobody reads; lines go out at once again. */
void log_stop(void);

/* Lines that were dropped so far. */
uint64_t log_dropped(void);

/* Writes the text, which ends with a newline, as it is, if that can be done at once: for a process
 * that is about to end and must not hang instead. */
void log_last_words(const char *text);
