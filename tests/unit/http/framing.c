#include "http/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

#define GOOD    "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
#define CHUNKED "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH  "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: "

typedef struct Bytes {
    const char *text;
    size_t length;
} Bytes;

#define BYTES(text_)                                                                               \
    {                                                                                              \
        text_, sizeof(text_) - 1                                                                   \
    }

static void what_is_plain_is_taken_however_it_is_cut(void **state)
{
    static const Bytes good[] = {
        BYTES(GOOD),
        BYTES(GOOD GOOD),
        BYTES("HEAD / HTTP/1.0\r\n\r\n"),
        BYTES(LENGTH "5\r\n\r\nhello"),
        BYTES(LENGTH "5\r\n\r\n\r\n\r\n\n"),
        BYTES("POST /a HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:0\r\n\r\n"),
        BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX:\r\nY: \xff\t\"z\" \r\n\r\n"),
        BYTES(CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
        BYTES(CHUNKED "0005\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"),
        BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        for (size_t cut = 0; cut <= good[i].length; cut++) {
            Framing framing = { 0 };
            size_t sound;
            assert_null(framing_read(&framing, good[i].text, cut, &sound));
            assert_null(framing_read(&framing, good[i].text + cut, good[i].length - cut, &sound));
            assert_int_equal(framing.heads, i == 1 ? 2 : 1);
            assert_null(framing_read(&framing, GOOD, strlen(GOOD), &sound)); /* it has ended */
            assert_int_equal(framing.heads, i == 1 ? 3 : 2);
        }
    }
}

static const struct {
    Bytes bytes;
    int status;
} bad[] = {
    { BYTES(" GET /a HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET  /a HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a  HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1 \r\n\r\n"), 400 },
    { BYTES("GET\t/a HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a\tHTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a\r\n\r\n"), 400 },
    { BYTES("GET HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET\r\n\r\n"), 400 },
    { BYTES("GET \0 HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a#b HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("G\0T /a HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /\xc3\xa9 HTTP/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\n\r\n"), 400 },
    { BYTES("GET /a http/1.1\r\n\r\n"), 400 },
    { BYTES("GET /a HTTP/1.10\r\n\r\n"), 400 },
    { BYTES("GET /a HTTP/2.0\r\n\r\n"), 505 },
    { BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
    { BYTES("GET /a HTTP/0.9\r\n\r\n"), 505 },
    { BYTES("\x16\x03\x01\x02"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\n\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\r\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\0\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\x7f\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\r\n b\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\n X: a\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX : a\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\n: a\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nrubbish\r\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\n\n"), 400 },
    { BYTES("GET /a HTTP/1.1\r\nX: a\r\n\rX"), 400 },
    { BYTES(LENGTH "\r\n"), 400 },
    { BYTES(LENGTH "4, 4\r\n"), 400 },
    { BYTES(LENGTH "+4\r\n"), 400 },
    { BYTES(LENGTH "-1\r\n"), 400 },
    { BYTES(LENGTH "04\r\n"), 400 },
    { BYTES(LENGTH "0x4\r\n"), 400 },
    { BYTES(LENGTH "4 4\r\n"), 400 },
    { BYTES(LENGTH "4 \r\n"), 400 },
    { BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\t\r\n"), 400 },
    { BYTES(LENGTH "4\xa0\r\n"), 400 },
    { BYTES(LENGTH "9223372036854775808\r\n"), 413 },
    { BYTES(LENGTH "1111111111111111111111111111111111\r\n"), 400 },
    { BYTES(LENGTH "4\r\nContent-Length: 4\r\n"), 400 },
    { BYTES(LENGTH "4\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { BYTES("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n"), 400 },
    { BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n"), 400 },
    { BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n"), 400 },
    { BYTES("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
            "chunked\r\n"),
      400 },
    { BYTES(CHUNKED "5\nhello"), 400 },
    { BYTES(CHUNKED "5\r\nhello\n"), 400 },
    { BYTES(CHUNKED "5\r\nhello0\r\n"), 400 },
    { BYTES(CHUNKED "5;a\r\nhello"), 400 },
    { BYTES(CHUNKED "5;a\nhello"), 400 },
    { BYTES(CHUNKED "5 \r\nhello"), 400 },
    { BYTES(CHUNKED " 5\r\nhello"), 400 },
    { BYTES(CHUNKED "+5\r\nhello"), 400 },
    { BYTES(CHUNKED "0x5\r\nhello"), 400 },
    { BYTES(CHUNKED "\r\nhello"), 400 },
    { BYTES(CHUNKED "\0\r\nhello"), 400 },
    { BYTES(CHUNKED "00000000000000005\r\nhello"), 400 },
    { BYTES(CHUNKED "0\r\n\n"), 400 },
    { BYTES(CHUNKED "0\n"), 400 },
    { BYTES(CHUNKED "0\r\nX: a\n"), 400 },
    { BYTES(CHUNKED "0\r\nContent-Length: 5\r\n"), 400 },
    { BYTES(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n"), 400 },
};

enum { BAD = sizeof(bad) / sizeof(bad[0]) };

static void what_could_be_read_in_two_ways_is_a_fault_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < BAD; i++) {
        for (size_t cut = 0; cut < bad[i].bytes.length; cut++) {
            Framing framing = { 0 };
            size_t sound = 0;
            const FramingFault *fault = framing_read(&framing, bad[i].bytes.text, cut, &sound);
            if (fault == NULL)
                fault = framing_read(&framing, bad[i].bytes.text + cut, bad[i].bytes.length - cut,
                                     &sound);
            if (fault == NULL || error_status(fault->code) != bad[i].status)
                fail_msg("%zu, cut at %zu: %s", i, cut, bad[i].bytes.text);
            assert_int_equal(sound, 0);
        }
    }
}

static void what_came_before_a_fault_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < BAD; i++) {
        char text[512];
        Framing framing = { 0 };
        size_t sound = 0;

        memcpy(text, GOOD GOOD, strlen(GOOD GOOD));
        memcpy(text + strlen(GOOD GOOD), bad[i].bytes.text, bad[i].bytes.length);
        assert_non_null(
            framing_read(&framing, text, strlen(GOOD GOOD) + bad[i].bytes.length, &sound));
        assert_int_equal(sound, strlen(GOOD GOOD));
        assert_int_equal(framing.heads, 2);
    }
}

static int status_of_head(const char *line, char fill, size_t count, const char *end)
{
    static char text[32768];
    Framing framing = { 0 };
    size_t sound;

    size_t used = (size_t)snprintf(text, sizeof(text), "%s", line);
    memset(text + used, fill, count);
    used += count;
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", end);
    const FramingFault *fault = framing_read(&framing, text, used, &sound);
    return fault != NULL ? error_status(fault->code) : 200;
}

static void every_length_has_its_limit(void **state)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    size_t most = LIMIT_HEAD_BYTES - strlen(start) - strlen("\r\n\r\n");

    (void)state;
    assert_int_equal(status_of_head(start, 'a', most, "\r\n\r\n"), 200);
    assert_int_equal(status_of_head(start, 'a', most + 1, "\r\n\r\n"), 431);
    assert_int_equal(status_of_head("GET /", 'a', LIMIT_URI_BYTES, " HTTP/1.1\r\n"), 414);
    assert_int_equal(status_of_head("", 'A', 32, " / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_int_equal(status_of_head("", 'A', 33, " / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(status_of_head("", '\r', 0, GOOD), 200);
}

static void a_head_has_at_most_a_hundred_fields(void **state)
{
    char text[8192] = "GET / HTTP/1.1\r\nHost: a\r\n";

    (void)state;
    for (int i = 1; i < LIMIT_HEADER_FIELDS; i++)
        strcat(text, "X: y\r\n");
    size_t length = strlen(text);
    Framing framing = { 0 };
    size_t sound;
    assert_null(framing_read(&framing, text, length, &sound));
    const FramingFault *fault = framing_read(&framing, "X", 1, &sound);
    assert_non_null(fault);
    assert_int_equal(error_status(fault->code), 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_taken_however_it_is_cut),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_a_fault_however_it_is_cut),
        cmocka_unit_test(what_came_before_a_fault_is_sound),
        cmocka_unit_test(every_length_has_its_limit),
        cmocka_unit_test(a_head_has_at_most_a_hundred_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
