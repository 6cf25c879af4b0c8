#include "http/bare_reply.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const char *reply_to(ErrorCode code)
{
    static char text[4096];
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    bare_reply_send(ends[0], code, "This is why.", "the-id");
    close(ends[0]);
    ssize_t length = recv(ends[1], text, sizeof(text) - 1, MSG_WAITALL);
    close(ends[1]);
    assert_true(length > 0);
    text[length] = '\0';
    return text;
}

static void it_is_a_whole_problem_with_the_usual_fields(void **state)
{
    static const struct {
        ErrorCode code;
        const char *line;
    } rows[] = {
        { ERROR_MALFORMED, "HTTP/1.1 400 Bad Request\r\n" },
        { ERROR_REQUEST_TIMEOUT, "HTTP/1.1 408 Request Timeout\r\n" },
        { ERROR_CONTENT_TOO_LARGE, "HTTP/1.1 413 Content Too Large\r\n" },
        { ERROR_URI_TOO_LONG, "HTTP/1.1 414 URI Too Long\r\n" },
        { ERROR_TOO_MANY_REQUESTS, "HTTP/1.1 429 Too Many Requests\r\n" },
        { ERROR_HEADERS_TOO_LARGE, "HTTP/1.1 431 Request Header Fields Too Large\r\n" },
        { ERROR_UNAVAILABLE, "HTTP/1.1 503 Service Unavailable\r\n" },
        { ERROR_VERSION_NOT_SUPPORTED, "HTTP/1.1 505 HTTP Version Not Supported\r\n" },
    };
    static const char *const fields[] = {
        "\r\nDate: ",
        "\r\nConnection: close\r\n",
        "\r\nContent-Type: application/problem+json\r\n",
        "\r\nCache-Control: no-store\r\n",
        "\r\nX-Request-Id: the-id\r\n",
        "\r\nX-Content-Type-Options: nosniff\r\n",
        "\r\nReferrer-Policy: no-referrer\r\n",
        "\r\nContent-Security-Policy: default-src 'none'",
        "\r\nCross-Origin-Opener-Policy: same-origin\r\n",
        "\r\nCross-Origin-Resource-Policy: same-origin\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *reply = reply_to(rows[i].code);
        int status = error_status(rows[i].code);
        assert_memory_equal(reply, rows[i].line, strlen(rows[i].line));
        for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++)
            assert_non_null(strstr(reply, fields[j]));
        assert_int_equal(strstr(reply, "\r\nRetry-After: 1\r\n") != NULL,
                         status == 429 || status == 503);
        const char *body = strstr(reply, "\r\n\r\n") + 4;
        const char *length = strstr(reply, "Content-Length: ") + strlen("Content-Length: ");
        assert_int_equal(strtoul(length, NULL, 10), strlen(body));
        json_t *problem = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(problem);
        assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
        assert_string_equal(json_string_value(json_object_get(problem, "detail")), "This is why.");
        assert_string_equal(json_string_value(json_object_get(problem, "instance")), "the-id");
        json_decref(problem);
    }
}

static void a_socket_that_takes_nothing_is_not_waited_for(void **state)
{
    static const char filling[65536];
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    while (send(ends[0], filling, sizeof(filling), MSG_DONTWAIT) > 0)
        continue;
    bare_reply_send(ends[0], ERROR_UNAVAILABLE, "This is why.", "the-id");
    close(ends[1]);
    bare_reply_send(ends[0], ERROR_UNAVAILABLE, "This is why.", "the-id"); /* no SIGPIPE */
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_whole_problem_with_the_usual_fields),
        cmocka_unit_test(a_socket_that_takes_nothing_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
