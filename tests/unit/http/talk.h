/* Talk - a client of the server of server_app.h. What is returned is good until the next call. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOST      "Host: a\r\n"
#define LAST      HOST "Connection: close\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" LAST "\r\n"

/* An open connection. */
int dial(void);

/* Sends the bytes, says so, and reads until the server closes. */
const char *talk_bytes(const char *bytes, size_t length);
const char *talk(const char *text);
const char *post(const char *path, const char *type, const char *body);
const char *post_json(const char *path, const char *body);

/* 0: it is no reply. */
int status_of(const char *reply);

/* Status lines: what libmicrohttpd says itself may speak of HTTP/1.1 as well. */
size_t count_replies(const char *text);

#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (strstr((text), (part)) == NULL)                                                        \
            fail_msg("no \"%s\" in: %s", (part), (text));                                          \
    } while (0)
