/* Requests and replies in other forms than JSON, over sockets. */
#include "server_app.h"
#include "talk.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static void bytes_come_in_as_they_are(void **state)
{
    (void)state;
    const char *reply = post("/bytes", "text/calendar; charset=utf-8", "BEGIN:\r\n{not json");
    assert_int_equal(status_of(reply), 200);
    assert_has(reply, "\r\n\r\nBEGIN:\r\n{not json");
    reply = post("/bytes", "application/json", "{}");
    assert_int_equal(status_of(reply), 415);
    assert_has(reply, "Send the body as text/calendar in UTF-8.");
    assert_int_equal(status_of(post("/bytes", "text/calendar", "")), 200);
    assert_int_equal(status_of(post("/bytes/few", "text/calendar", "12345")), 413);
    assert_int_equal(status_of(post("/bytes/few", "text/calendar", "1234")), 200);
    assert_int_equal(status_of(post("/bytes/few", "text/plain", "")), 200);
}

static void failures_are_told_in_the_form_of_the_route(void **state)
{
    const char *reply = talk(GET("/words"));

    (void)state;
    assert_int_equal(status_of(reply), 409);
    assert_has(reply, "Content-Type: application/xml\r\n");
    assert_has(reply, "<error>Not like this.</error>");
}

static void a_prefix_takes_every_address_below_it(void **state)
{
    (void)state;
    assert_has(talk(GET("/files/a/b%20c/d.css")), "\r\n\r\na/b c/d.css");
    assert_has(talk(GET("/files/one")), "DAV: 1\r\n");
    assert_has(talk(GET("/files/one/two")), "\r\n\r\none/two");
    assert_int_equal(status_of(talk(GET("/files"))), 404);
    assert_int_equal(status_of(talk(GET("/files/../hello"))), 404);
}

static void a_route_may_take_options_itself(void **state)
{
    (void)state;
    assert_has(talk("OPTIONS /files/a/b HTTP/1.1\r\n" LAST "\r\n"), "DAV: 1\r\n");
    assert_has(talk("OPTIONS /words HTTP/1.1\r\n" LAST "\r\n"), "Allow: GET, HEAD, OPTIONS\r\n");
    assert_has(talk("PUT /files/a HTTP/1.1\r\n" LAST "Content-Length: 0\r\n\r\n"),
               "Allow: GET, HEAD, OPTIONS\r\n");
}

static void wait_for_stops(int count)
{
    for (int i = 0; i < 1000 && atomic_load(&streams_stopped) < count; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&streams_stopped), count);
}

static void a_stream_goes_out_piece_by_piece(void **state)
{
    int before = atomic_load(&streams_stopped);
    const char *reply = talk(GET("/count"));

    (void)state;
    assert_has(reply, "Transfer-Encoding: chunked\r\n");
    assert_has(reply, "\r\n1,\r\n");
    assert_has(reply, "\r\n20,\r\n");
    assert_true(strcmp(reply + strlen(reply) - 5, "0\r\n\r\n") == 0);
    wait_for_stops(before + 1);
}

/* Nothing else happens on the thread then: it must not wait for that. */
static void a_stream_that_is_resumed_by_its_own_thread_goes_on_at_once(void **state)
{
    int64_t begun_us = clock_monotonic_us();
    const char *reply = talk(GET("/count/at-once"));

    (void)state;
    assert_has(reply, "\r\n20,\r\n");
    assert_true(clock_monotonic_us() - begun_us < 5000000);
}

/* Its last chunk is missing, so that nobody takes it for the whole. */
static void a_stream_that_breaks_is_cut(void **state)
{
    int before = atomic_load(&streams_stopped);
    const char *reply = talk(GET("/count/broken"));

    (void)state;
    assert_has(reply, "20,");
    assert_null(strstr(reply, "\r\n0\r\n\r\n"));
    wait_for_stops(before + 1);
}

static void a_client_that_leaves_ends_its_stream(void **state)
{
    static const char text[] = "GET /count HTTP/1.1\r\n" HOST "\r\n";
    int before = atomic_load(&streams_stopped);
    int fd = dial();

    (void)state;
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    close(fd);
    wait_for_stops(before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_in_as_they_are),
        cmocka_unit_test(failures_are_told_in_the_form_of_the_route),
        cmocka_unit_test(a_prefix_takes_every_address_below_it),
        cmocka_unit_test(a_route_may_take_options_itself),
        cmocka_unit_test(a_stream_goes_out_piece_by_piece),
        cmocka_unit_test(a_stream_that_is_resumed_by_its_own_thread_goes_on_at_once),
        cmocka_unit_test(a_stream_that_breaks_is_cut),
        cmocka_unit_test(a_client_that_leaves_ends_its_stream),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
