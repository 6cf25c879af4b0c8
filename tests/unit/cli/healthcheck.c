/* Is the server ready: against servers that say what a test wants. */
#include "cli/command.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/listener.h"

typedef struct Script {
    int listening;
    const char *reply;
    char request[512];
} Script;

static void *serve_one(void *context)
{
    Script *script = context;
    int fd;

    while ((fd = accept(script->listening, NULL, NULL)) < 0)
        usleep(1000);
    (void)recv(fd, script->request, sizeof(script->request) - 1, 0);
    (void)send(fd, script->reply, strlen(script->reply), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static int check(const char *listen_address, uint16_t port, const char *hosts)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const Config config = { .listen_address = listen_address,
                            .listen_port = port,
                            .allowed_hosts = hosts };
    Call call = { .command = command_find("healthcheck"), .config = &config, .arena = &arena };

    return call.command->run(&call);
}

static int check_against(Script *script, const char *listen_address)
{
    Error err = { .code = ERROR_NONE };
    uint16_t port = 0;
    pthread_t thread;

    assert_true(listener_open("127.0.0.1", 0, &script->listening, &port, &err));
    assert_int_equal(pthread_create(&thread, NULL, serve_one, script), 0);
    int code = check(listen_address, port, "calendar.example.org, other.example.org");
    pthread_join(thread, NULL);
    close(script->listening);
    return code;
}

static void a_server_that_is_ready_is_well(void **state)
{
    Script script = { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };

    (void)state;
    /* It listens everywhere, and answers to its own name. */
    assert_int_equal(check_against(&script, "0.0.0.0"), EXIT_OK);
    assert_non_null(strstr(script.request, "GET /readyz HTTP/1.1\r\n"));
    assert_non_null(strstr(script.request, "Host: calendar.example.org\r\n"));
}

static void one_that_is_not_ready_or_makes_no_sense_is_not(void **state)
{
    Script busy = { .reply = "HTTP/1.1 503 Service Unavailable\r\n\r\nnot yet" };
    Script other = { .reply = "220 mail.example.org ESMTP\r\n" };

    (void)state;
    assert_int_equal(check_against(&busy, "127.0.0.1"), EXIT_FAILED);
    assert_int_equal(check_against(&other, "127.0.0.1"), EXIT_FAILED);
}

static void nobody_is_not_ready(void **state)
{
    Error err = { .code = ERROR_NONE };
    uint16_t port = 0;
    int listening = -1;

    (void)state;
    assert_true(listener_open("127.0.0.1", 0, &listening, &port, &err));
    close(listening);
    assert_int_equal(check("127.0.0.1", port, NULL), EXIT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_ready_is_well),
        cmocka_unit_test(one_that_is_not_ready_or_makes_no_sense_is_not),
        cmocka_unit_test(nobody_is_not_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
