#include "http/door.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

#define GOOD "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
#define BAD  "GET  /a HTTP/1.1\r\nHost: a\r\n\r\n"

typedef struct Stage {
    Peer peer;
    int client;
} Stage;

static int start(void **state)
{
    static Stage stage;
    int ends[2];

    log_set_level(LOG_OFF);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    stage = (Stage){
        .peer = { .socket = ends[0], .deadline_us = INT64_MAX - 1, .id = "0123456789abcdef" },
        .client = ends[1],
    };
    door_watch(&stage.peer);
    *state = &stage;
    return 0;
}

static int stop(void **state)
{
    Stage *stage = *state;

    door_forget(&stage->peer);
    close(stage->peer.socket);
    close(stage->client);
    return 0;
}

/* The client sends this; what does the library see? -1 as recv(2) has it. */
static ssize_t passes(Stage *stage, const char *text, char ret_seen[4096])
{
    assert_int_equal(send(stage->client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    ssize_t got = recv(stage->peer.socket, ret_seen, 4095, 0);
    ret_seen[got > 0 ? got : 0] = '\0';
    return got;
}

static const char *reply(const Stage *stage)
{
    static char text[4096];
    ssize_t got = recv(stage->client, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void what_is_sound_is_seen_as_it_is(void **state)
{
    Stage *stage = *state;
    char seen[4096];

    assert_false(stage->peer.requests == 0 && !door_has_seen(&stage->peer));
    assert_int_equal(passes(stage, GOOD GOOD, seen), strlen(GOOD GOOD));
    assert_string_equal(seen, GOOD GOOD);
    stage->peer.requests = 2;
    assert_true(door_has_seen(&stage->peer));
    stage->peer.requests = 3;
    assert_false(door_has_seen(&stage->peer));
    assert_string_equal(reply(stage), "");
}

static void what_is_not_is_never_seen_and_is_answered_once(void **state)
{
    Stage *stage = *state;
    char seen[4096];

    assert_int_equal(passes(stage, BAD GOOD, seen), -1);
    assert_int_equal(errno, EAGAIN);
    assert_memory_equal(reply(stage), "HTTP/1.1 400 ", 13);
    assert_int_equal(recv(stage->client, seen, 1, 0), 0); /* the end */
    assert_int_equal(passes(stage, GOOD, seen), -1);
    door_answered(&stage->peer);
    assert_int_equal(recv(stage->client, seen, 1, 0), 0);
    shutdown(stage->client, SHUT_WR);
    assert_int_equal(recv(stage->peer.socket, seen, 1, 0), 0); /* the library may close */
}

static void who_asked_soundly_before_is_answered_before(void **state)
{
    Stage *stage = *state;
    char seen[4096];

    assert_int_equal(passes(stage, GOOD GOOD BAD, seen), strlen(GOOD GOOD));
    assert_string_equal(reply(stage), "");
    stage->peer.ended = 1;
    door_answered(&stage->peer);
    assert_string_equal(reply(stage), "");
    stage->peer.ended = 2;
    door_answered(&stage->peer);
    assert_memory_equal(reply(stage), "HTTP/1.1 400 ", 13);
}

static void a_body_that_goes_wrong_is_answered_at_once(void **state)
{
    static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    Stage *stage = *state;
    char seen[4096];

    assert_int_equal(passes(stage, head, seen), strlen(head));
    stage->peer.requests = 1;
    assert_int_equal(passes(stage, "5;x\n", seen), -1);
    assert_memory_equal(reply(stage), "HTTP/1.1 400 ", 13);
}

static void who_was_cut_is_told_nothing_more(void **state)
{
    Stage *stage = *state;
    char seen[4096];

    atomic_store(&stage->peer.deadline_us, INT64_MIN); /* as peers.c leaves it */
    assert_int_equal(passes(stage, BAD, seen), -1);
    assert_string_equal(reply(stage), "");
}

static void a_descriptor_that_is_not_watched_is_read_as_ever(void **state)
{
    Stage *stage = *state;
    char seen[4096];

    door_forget(&stage->peer);
    assert_int_equal(passes(stage, BAD, seen), strlen(BAD));
    stage->peer.is_encrypted = true; /* what GnuTLS reads is no HTTP yet */
    door_watch(&stage->peer);
    assert_int_equal(passes(stage, BAD, seen), strlen(BAD));
    assert_null(stage->peer.fault);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sound_is_seen_as_it_is),
        TEST(what_is_not_is_never_seen_and_is_answered_once),
        TEST(who_asked_soundly_before_is_answered_before),
        TEST(a_body_that_goes_wrong_is_answered_at_once),
        TEST(who_was_cut_is_told_nothing_more),
        TEST(a_descriptor_that_is_not_watched_is_read_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
