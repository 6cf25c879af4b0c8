/* Log - one line per thing that happened, on standard error. On a terminal it is for reading;
 * off a terminal each line is one JSON object. Only the router and the commands log; libraries
 * return errors. Values are escaped: no input can forge a line. */
#pragma once

#include <stdbool.h>

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_OFF } LogLevel;

/* The least level that is written; INFO at first. The one mutable global of the program. */
void log_set_level(LogLevel level);
bool log_is_on(LogLevel level);

/* `message` is a constant sentence; the arguments are pairs of key and text value, ended by NULL:
 *   log_write(LOG_INFO, "request", "method", "GET", "status", "200", NULL);
 * Values over 1 KiB are cut. */
void log_write(LogLevel level, const char *message, ...) __attribute__((sentinel));
