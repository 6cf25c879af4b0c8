/* A real server on a free port, with a route table of its own, spoken to over sockets. */
#include "server_app.h"
#include "talk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"

static long long notes(void)
{
    const char *reply = talk(GET("/notes"));
    const char *count = strstr(reply, "\"count\":");

    assert_int_equal(status_of(reply), 200);
    return atoll(count + strlen("\"count\":"));
}

/* -- Tests ------------------------------------------------------------------------------------ */

static void every_reply_carries_the_security_headers(void **state)
{
    static const char *const requests[] = { GET("/hello"), GET("/nothing"), GET("/mine") };

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const char *reply = talk(requests[i]);
        assert_has(reply, "X-Content-Type-Options: nosniff\r\n");
        assert_has(reply, "Referrer-Policy: no-referrer\r\n");
        assert_has(reply, "Cache-Control: ");
        assert_has(reply, "X-Request-Id: ");
        assert_has(reply, "Content-Security-Policy: default-src 'none'");
        assert_has(reply, "Cross-Origin-Opener-Policy: same-origin\r\n");
        assert_has(reply, "Cross-Origin-Resource-Policy: same-origin\r\n");
    }
}

static void a_request_id_is_taken_when_it_is_sound(void **state)
{
    (void)state;
    assert_has(talk("GET /hello HTTP/1.1\r\n" LAST "X-Request-Id: a.B-1_\r\n\r\n"),
               "X-Request-Id: a.B-1_\r\n");
    assert_null(strstr(talk("GET /hello HTTP/1.1\r\n" LAST "X-Request-Id: a b\r\n\r\n"),
                       "X-Request-Id: a b"));
}

static void head_gives_the_headers_alone(void **state)
{
    const char *reply = talk("HEAD /hello HTTP/1.1\r\n" LAST "\r\n");

    (void)state;
    assert_int_equal(status_of(reply), 200);
    assert_has(reply, "Content-Length: 18\r\n");
    assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
}

static void options_and_wrong_methods_tell_what_is_allowed(void **state)
{
    (void)state;
    const char *reply = talk("OPTIONS /notes HTTP/1.1\r\n" LAST "\r\n");
    assert_int_equal(status_of(reply), 204);
    assert_has(reply, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    reply = talk("DELETE /notes HTTP/1.1\r\n" LAST "\r\n");
    assert_int_equal(status_of(reply), 405);
    assert_has(reply, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    reply = talk("TRACE /notes HTTP/1.1\r\n" LAST "\r\n");
    assert_int_equal(status_of(reply), 405);
    assert_has(reply, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    reply = talk("QUERY /notes HTTP/1.1\r\n" LAST "\r\n");
    assert_int_equal(status_of(reply), 501);
    assert_has(reply, "Allow: GET, HEAD, POST, OPTIONS\r\n");
}

static void errors_are_problem_details(void **state)
{
    const char *reply = talk("GET /nothing HTTP/1.1\r\n" LAST "X-Request-Id: me\r\n\r\n");

    (void)state;
    assert_has(reply, "HTTP/1.1 404 Not Found\r\n");
    assert_has(reply, "Content-Type: application/problem+json\r\n");
    assert_has(reply, "{\"type\":\"urn:fasti:problem:not-found\",\"title\":\"Not found\","
                      "\"status\":404,\"detail\":\"There is nothing at this address.\","
                      "\"instance\":\"me\"}");
}

static void a_body_is_decoded_by_its_schema(void **state)
{
    (void)state;
    const char *reply = post_json("/echo", "{\"text\": \"hi\", \"number\": 3}");
    assert_int_equal(status_of(reply), 200);
    assert_has(reply, "{\"text\":\"hi\",\"number\":3}");

    reply = post("/echo", "application/x-www-form-urlencoded", "text=a+b%21");
    assert_has(reply, "{\"text\":\"a b!\",\"number\":null}");
}

static void every_fault_of_query_and_body_is_told_at_once(void **state)
{
    const char *reply = post_json("/echo?no=1", "{\"number\": 11, \"txet\": 1}");

    (void)state;
    assert_int_equal(status_of(reply), 422);
    assert_has(reply, "[\"query\",\"no\"]");
    assert_has(reply, "[\"body\",\"number\"]");
    assert_has(reply, "[\"body\",\"text\"]");
    assert_has(reply, "[\"body\",\"txet\"]");
}

static void only_json_in_utf8_is_taken(void **state)
{
    static const char *const bad[] = { "text/plain",
                                       "application/json; charset=utf-7",
                                       "application/json\r\nContent-Type: application/json",
                                       "application/json\r\nContent-Encoding: gzip",
                                       "application/jsonp",
                                       "application/merge-patch+json",
                                       "" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(status_of(post("/echo", bad[i], "{\"text\":\"a\"}")), 415);
    assert_int_equal(
        status_of(post("/echo", "Application/JSON ; Charset=\"UTF-8\"", "{\"text\":\"a\"}")), 200);
    assert_int_equal(status_of(post_json("/echo", "{\"text\":\"a\"")), 400);
    assert_int_equal(status_of(post_json("/echo", "")), 400);
}

static void a_long_body_is_refused_with_413(void **state)
{
    static char body[LIMIT_LOGIN_BODY_BYTES + 2];

    (void)state;
    memset(body, ' ', sizeof(body) - 1);
    memcpy(body, "{\"text\":\"a\"}", 12);
    assert_int_equal(status_of(post_json("/login", body)), 413);
    body[LIMIT_LOGIN_BODY_BYTES] = '\0';
    assert_int_equal(status_of(post_json("/login", body)), 200);
    assert_int_equal(status_of(talk("POST /login HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                                    "Content-Length: 99999\r\n\r\n")),
                     413);
}

static void a_401_tells_a_missing_token_from_a_bad_one(void **state)
{
    (void)state;
    const char *reply = talk(GET("/mine"));
    assert_int_equal(status_of(reply), 401);
    assert_has(reply, "WWW-Authenticate: Bearer\r\n");
    reply = talk("GET /mine HTTP/1.1\r\n" LAST "Authorization: bearer x.y.z\r\n\r\n");
    assert_int_equal(status_of(reply), 401);
    assert_has(reply, "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n");
    assert_int_equal(status_of(talk("GET /mine HTTP/1.1\r\n" LAST "Authorization: Bearer a\r\n"
                                    "Authorization: Bearer a\r\n\r\n")),
                     400);
}

static void an_oauth_error_carries_its_code(void **state)
{
    (void)state;
    assert_has(post_json("/login", "{"), "\"error\":\"invalid_request\"");
}

static void an_entity_tag_that_is_known_is_304(void **state)
{
    (void)state;
    assert_has(talk(GET("/version")), "ETag: \"7\"\r\n");
    const char *reply = talk("GET /version HTTP/1.1\r\n" LAST "If-None-Match: W/\"7\"\r\n\r\n");
    assert_int_equal(status_of(reply), 304);
    assert_has(reply, "ETag: \"7\"\r\n");
    assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
}

static void a_write_is_committed_and_a_refused_one_is_not(void **state)
{
    long long before = notes();

    (void)state;
    const char *reply = post_json("/notes", "{\"text\": \"a\"}");
    assert_int_equal(status_of(reply), 201);
    assert_has(reply, "Location: /notes/1\r\n");
    assert_int_equal(notes(), before + 1);
    assert_int_equal(status_of(post_json("/notes", "{\"text\": \"conflict\"}")), 409);
    assert_int_equal(status_of(post_json("/notes", "{\"text\": \"broken\"}")), 500);
    assert_int_equal(notes(), before + 1);
}

static void what_others_brought_about_is_tried_again_three_times(void **state)
{
    static const struct {
        ErrorCode code;
        int status; /* when it does not help */
    } rows[] = { { ERROR_RETRY, 503 }, { ERROR_REFERENCED, 409 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long long before = notes();
        atomic_store(&setback_code, (int)rows[i].code);
        atomic_store(&setbacks, 3);
        assert_int_equal(status_of(post_json("/notes", "{\"text\": \"a\"}")), 201);
        assert_int_equal(notes(), before + 1);
        atomic_store(&setbacks, 4);
        const char *reply = post_json("/notes", "{\"text\": \"a\"}");
        assert_int_equal(status_of(reply), rows[i].status);
        if (rows[i].status == 503)
            assert_has(reply, "Retry-After: ");
        assert_int_equal(notes(), before + 1);
    }
}

static void *post_note(void *text)
{
    char request[256];
    char reply[4096];
    char body[64];
    int fd = dial();

    snprintf(body, sizeof(body), "{\"text\": \"%s\"}", (const char *)text);
    snprintf(request, sizeof(request),
             "POST /notes HTTP/1.1\r\n" LAST
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    ssize_t sent = send(fd, request, strlen(request), MSG_NOSIGNAL);
    ssize_t got = sent < 0 ? 0 : recv(fd, reply, sizeof(reply) - 1, MSG_WAITALL);
    close(fd);
    reply[got < 0 ? 0 : got] = '\0';
    return (void *)(intptr_t)status_of(reply);
}

/* Some of these fall into one group; each must get its own answer. */
static void post_notes_at_once(const char *const texts[4], const int expected[4])
{
    pthread_t threads[40];
    long long before = notes();
    long long made = 0;

    for (size_t i = 0; i < 40; i++)
        pthread_create(&threads[i], NULL, post_note, (void *)(uintptr_t)texts[i % 4]);
    for (size_t i = 0; i < 40; i++) {
        void *status;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, expected[i % 4]);
        made += expected[i % 4] == 201;
    }
    assert_int_equal(notes(), before + made);
}

static void a_write_that_is_refused_leaves_its_group_alone(void **state)
{
    (void)state;
    post_notes_at_once((const char *const[]){ "a", "refused", "b", "refused" },
                       (const int[]){ 201, 409, 201, 409 });
}

static void a_write_that_is_refused_late_is_undone_alone(void **state)
{
    (void)state;
    post_notes_at_once((const char *const[]){ "a", "conflict", "b", "refused" },
                       (const int[]){ 201, 409, 201, 409 });
}

static void one_bad_write_does_not_spoil_its_group(void **state)
{
    (void)state;
    post_notes_at_once((const char *const[]){ "a", "conflict", "b", "broken" },
                       (const int[]){ 201, 409, 201, 500 });
}

static void steps_run_in_their_lanes_one_after_another(void **state)
{
    (void)state;
    assert_has(post_json("/steps", ""), "{\"text\":\"from the slow lane\",\"number\":null}");
}

static void wait_for_a_reply(const int *sockets, size_t count)
{
    struct pollfd waiting[LIMIT_HASH_QUEUE * 2];

    assert_true(count <= sizeof(waiting) / sizeof(waiting[0]));
    for (size_t i = 0; i < count; i++)
        waiting[i] = (struct pollfd){ .fd = sockets[i], .events = POLLIN };
    assert_true(poll(waiting, count, 20000) > 0);
}

static void a_full_slow_lane_is_503_and_others_go_on(void **state)
{
    static const char text[] = "POST /gate HTTP/1.1\r\n" LAST "Content-Length: 0\r\n\r\n";
    enum { MANY = LIMIT_HASH_QUEUE + 40 };
    int sockets[MANY];
    int refused = 0;

    (void)state;
    atomic_store(&is_gate_closed, 1);
    for (int i = 0; i < MANY; i++) {
        sockets[i] = dial();
        assert_int_equal(send(sockets[i], text, strlen(text), 0), (ssize_t)strlen(text));
    }
    assert_int_equal(status_of(talk(GET("/hello"))), 200);
    assert_int_equal(status_of(post_json("/notes", "{\"text\": \"a\"}")), 201);
    /* While the gate is closed only a refusal answers. */
    wait_for_a_reply(sockets, MANY);
    atomic_store(&is_gate_closed, 0);
    for (int i = 0; i < MANY; i++) {
        char reply[2048] = "";
        ssize_t got = recv(sockets[i], reply, sizeof(reply) - 1, 0);
        assert_true(got > 0);
        int status = status_of(reply);
        assert_true(status == 204 || status == 503);
        if (status == 503)
            assert_has(reply, "Retry-After: 1\r\n");
        refused += status == 503;
        close(sockets[i]);
    }
    assert_true(refused > 0 && refused <= MANY - LIMIT_HASH_QUEUE);
}

static bool is_alive_within_s(int seconds, bool wanted)
{
    for (int i = 0; i < seconds * 100; i++) {
        usleep(10000);
        if (server_is_alive(server) == wanted)
            return true;
    }
    return false;
}

static void a_server_is_alive_while_all_of_its_threads_go_round(void **state)
{
    char reply[2048] = "";

    (void)state;
    assert_true(is_alive_within_s(10, true));
    atomic_store(&is_gate_closed, 1);
    int fd = dial();
    assert_int_equal(send(fd, GET("/gate"), strlen(GET("/gate")), 0),
                     (ssize_t)strlen(GET("/gate")));
    assert_true(is_alive_within_s(10, false));
    usleep(100000); /* the other threads have had time to go round, one has not */
    (void)server_is_alive(server);
    assert_false(is_alive_within_s(1, true));
    atomic_store(&is_gate_closed, 0);
    assert_true(recv(fd, reply, sizeof(reply) - 1, 0) > 0);
    close(fd);
    assert_int_equal(status_of(reply), 204);
    assert_true(is_alive_within_s(10, true));
}

/* Each thread has one: were they two on one, the second would wait for the first, for ever. */
static void connections_that_arrive_together_are_spread_over_the_threads(void **state)
{
    int sockets[MEETING];

    (void)state;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MEETING; i++)
            sockets[i] = dial();
        for (int i = 0; i < MEETING; i++)
            send(sockets[i], GET("/meeting"), strlen(GET("/meeting")), MSG_NOSIGNAL);
        for (int i = 0; i < MEETING; i++) {
            char reply[2048] = "";
            assert_true(recv(sockets[i], reply, sizeof(reply) - 1, 0) > 0);
            assert_int_equal(status_of(reply), 204);
            close(sockets[i]);
        }
    }
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    const char *reply = talk("POST /steps HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"
                             "GET /version HTTP/1.1\r\n" HOST "\r\n" GET("/hello"));

    (void)state;
    assert_int_equal(count_replies(reply), 3);
    const char *first = strstr(reply, "slow lane");
    const char *second = strstr(reply, "/version");
    const char *third = strstr(reply, "/hello");
    assert_true(first != NULL && second != NULL && third != NULL);
    assert_true(first < second && second < third);
}

/* What libmicrohttpd would take in silence, or answer with a page of its own. */
static void a_head_that_is_not_plain_is_refused_and_the_connection_closed(void **state)
{
#define BAD(text)                                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    static const struct {
        const char *text;
        size_t length;
    } bad[] = {
        BAD("GET /hello HTTP/1.1\nHost: a\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\n\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\nY: d\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX: b\0\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\0\r\nX: b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nX\x80: b\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: \r\n\r\n"),
        BAD("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        BAD("GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("GET /hello\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("GET /h\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("G\0T /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("GET\t/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n"),
        BAD("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BAD("GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *reply = talk_bytes(bad[i].text, bad[i].length);
        if (count_replies(reply) != 1 || status_of(reply) != 400)
            fail_msg("%zu: %s: %s", i, bad[i].text, reply);
        assert_has(reply, "Content-Type: application/problem+json\r\n");
        assert_has(reply, "X-Request-Id: ");
        assert_has(reply, "X-Content-Type-Options: nosniff\r\n");
    }
}

static void too_many_or_too_long_fields_are_431_and_a_long_address_is_414(void **state)
{
    static char text[32768];
    size_t used = (size_t)sprintf(text, "GET /hello HTTP/1.1\r\n" LAST);

    (void)state;
    for (int i = 0; i < LIMIT_HEADER_FIELDS - 1; i++)
        used += (size_t)sprintf(text + used, "X: %d\r\n", i);
    memcpy(text + used, "\r\n", 3);
    assert_int_equal(status_of(talk(text)), 431);

    used = (size_t)sprintf(text, "GET /hello HTTP/1.1\r\n" LAST "X: ");
    memset(text + used, 'x', LIMIT_HEAD_BYTES);
    memcpy(text + used + LIMIT_HEAD_BYTES - used - 4, "\r\n\r\n", 5);
    assert_int_equal(status_of(talk(text)), 200);
    memset(text + used, 'x', LIMIT_HEAD_BYTES);
    memcpy(text + used + LIMIT_HEAD_BYTES - used - 3, "\r\n\r\n", 5);
    assert_int_equal(status_of(talk(text)), 431);

    memset(text, 'x', sizeof(text));
    memcpy(text, "GET /", 5);
    strcpy(text + 5 + LIMIT_URI_BYTES, " HTTP/1.1\r\n" LAST "\r\n");
    assert_int_equal(status_of(talk(text)), 414);
}

static void a_body_that_does_not_come_is_408(void **state)
{
    const char *reply = talk("POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
                             "Content-Length: 10\r\n\r\n{");

    (void)state;
    assert_int_equal(status_of(reply), 408);
    assert_int_equal(count_replies(reply), 1);
}

static void metrics_count_by_route_and_status(void **state)
{
    const char *reply = talk(GET("/metrics"));

    (void)state;
    assert_has(reply, "fasti_http_requests_total{method=\"GET\",route=\"/hello\",status=\"200\"} ");
    assert_has(reply, "fasti_http_requests_total{method=\"\",route=\"\",status=\"404\"} ");
    assert_has(reply, "fasti_http_request_duration_seconds_bucket{le=\"+Inf\"} ");
    /* The one before may still be counting itself off: its client had its reply first. */
    for (int i = 0; i < 100 && strstr(reply, "\nfasti_http_requests_in_flight 1\n") == NULL; i++) {
        usleep(10000);
        reply = talk(GET("/metrics"));
    }
    assert_has(reply, "\nfasti_http_requests_in_flight 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reply_carries_the_security_headers),
        cmocka_unit_test(a_request_id_is_taken_when_it_is_sound),
        cmocka_unit_test(head_gives_the_headers_alone),
        cmocka_unit_test(options_and_wrong_methods_tell_what_is_allowed),
        cmocka_unit_test(errors_are_problem_details),
        cmocka_unit_test(a_body_is_decoded_by_its_schema),
        cmocka_unit_test(every_fault_of_query_and_body_is_told_at_once),
        cmocka_unit_test(only_json_in_utf8_is_taken),
        cmocka_unit_test(a_long_body_is_refused_with_413),
        cmocka_unit_test(a_401_tells_a_missing_token_from_a_bad_one),
        cmocka_unit_test(an_oauth_error_carries_its_code),
        cmocka_unit_test(an_entity_tag_that_is_known_is_304),
        cmocka_unit_test(a_write_is_committed_and_a_refused_one_is_not),
        cmocka_unit_test(what_others_brought_about_is_tried_again_three_times),
        cmocka_unit_test(a_write_that_is_refused_leaves_its_group_alone),
        cmocka_unit_test(a_write_that_is_refused_late_is_undone_alone),
        cmocka_unit_test(one_bad_write_does_not_spoil_its_group),
        cmocka_unit_test(steps_run_in_their_lanes_one_after_another),
        cmocka_unit_test(a_full_slow_lane_is_503_and_others_go_on),
        cmocka_unit_test(a_server_is_alive_while_all_of_its_threads_go_round),
        cmocka_unit_test(connections_that_arrive_together_are_spread_over_the_threads),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_head_that_is_not_plain_is_refused_and_the_connection_closed),
        cmocka_unit_test(too_many_or_too_long_fields_are_431_and_a_long_address_is_414),
        cmocka_unit_test(a_body_that_does_not_come_is_408),
        cmocka_unit_test(metrics_count_by_route_and_status),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
