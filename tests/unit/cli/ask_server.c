/* The client of the socket, against servers that say what a test wants. */
#include "cli/ask_server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/listener.h"

static char folder[] = "/tmp/fasti-ask-XXXXXX";
static char path[64];

typedef struct Script {
    int listening;
    const char *reply;
    char request[1024];
} Script;

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* Reads one request to the end of its body, `{}`, and answers in two pieces. */
static void *serve_one(void *context)
{
    Script *script = context;
    size_t length = 0;
    size_t half = strlen(script->reply) / 2;
    int fd;

    while ((fd = accept(script->listening, NULL, NULL)) < 0)
        usleep(1000);
    while (strstr(script->request, "\r\n\r\n{}") == NULL) {
        ssize_t came = recv(fd, script->request + length, sizeof(script->request) - 1 - length, 0);
        if (came <= 0)
            break;
        length += (size_t)came;
    }
    (void)send(fd, script->reply, half, MSG_NOSIGNAL);
    usleep(1000);
    (void)send(fd, script->reply + half, strlen(script->reply) - half, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static Asked ask(Script *script, Arena *arena, const char **ret_answer, Error *err)
{
    pthread_t thread;

    assert_true(listener_open_local(path, &script->listening, err));
    assert_int_equal(pthread_create(&thread, NULL, serve_one, script), 0);
    Asked asked = ask_server(path, "/commands/x", "{}", arena, ret_answer, err);
    pthread_join(thread, NULL);
    close(script->listening);
    return asked;
}

static void an_answer_is_the_body_of_a_good_reply(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error error = { .code = ERROR_NONE };
    Script script = { .reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 6\r\n\r\nDone.\n" };
    const char *answer = NULL;

    (void)state;
    assert_int_equal(ask(&script, &arena, &answer, &error), ASKED_ANSWERED);
    assert_string_equal(answer, "Done.\n");
    assert_string_equal(script.request, "POST /commands/x HTTP/1.1\r\nHost: fasti\r\n"
                                        "Connection: close\r\nContent-Type: application/json\r\n"
                                        "Content-Length: 2\r\n\r\n{}");
}

static void a_problem_is_the_error_that_it_was_there(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error error = { .code = ERROR_NONE };
    static const char problem[] =
        "{\"type\":\"t\",\"detail\":\"No.\",\"errors\":"
        "[{\"loc\":[],\"msg\":\"One.\"},{\"msg\":\"Two, w\\u00fcrde.\"}]}";
    Script script = { .reply =
                          arena_printf(&arena, "HTTP/1.1 422 x\r\nContent-Length: %zu\r\n\r\n%s",
                                       strlen(problem), problem) };
    const char *answer = NULL;

    (void)state;
    assert_int_equal(ask(&script, &arena, &answer, &error), ASKED_REFUSED);
    assert_string_equal(error.detail, "No.");
    assert_string_equal(error.faults->message, "One.");
    assert_string_equal(error.faults->next->message, "Two, würde.");
    assert_null(error.faults->next->next);
    assert_null(answer);
}

static void what_is_no_whole_reply_is_lost(void **state)
{
    static const char *const replies[] = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nDone",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nDone.",
        "HTTP/1.1 200 OK\r\n\r\n\r\nContent-Length: 5\r\nDone.",
        "SSH-2.0-OpenSSH_9.2\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 x\r\nContent-Length: 4\r\n\r\noops",
        "HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\n{}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        Arena AUTO(arena_finish) arena = { 0 };
        Error error = { .code = ERROR_NONE };
        Script script = { .reply = replies[i] };
        const char *answer = NULL;
        if (ask(&script, &arena, &answer, &error) != ASKED_LOST || answer != NULL)
            fail_msg("taken for a reply: %s", replies[i]);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
    }
}

static void where_nobody_listens_nobody_is_asked(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Error error = { .code = ERROR_NONE };
    char too_long[256];
    const char *answer = NULL;

    (void)state;
    memset(too_long, 'x', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_equal(access(path, F_OK), 0); /* of a server that is gone */
    assert_int_equal(ask_server(path, "/", "{}", &arena, &answer, &error), ASKED_NOBODY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ask_server(path, "/", "{}", &arena, &answer, &error), ASKED_NOBODY);
    assert_int_equal(ask_server(too_long, "/", "{}", &arena, &answer, &error), ASKED_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_the_body_of_a_good_reply),
        cmocka_unit_test(a_problem_is_the_error_that_it_was_there),
        cmocka_unit_test(what_is_no_whole_reply_is_lost),
        cmocka_unit_test(where_nobody_listens_nobody_is_asked),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
