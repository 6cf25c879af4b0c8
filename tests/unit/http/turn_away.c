#include "http/turn_away.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int listen_somewhere(struct sockaddr_in *ret_address)
{
    socklen_t length = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET };
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)ret_address, length), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, &length), 0);
    return fd;
}

static int dial(const struct sockaddr_in *address)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
    return fd;
}

/* All that comes, until the end of it; never a reset, which would be an error. */
static const char *read_all(int fd)
{
    static char text[4096];
    size_t used = 0;
    ssize_t got;

    while ((got = recv(fd, text + used, sizeof(text) - 1 - used, 0)) > 0)
        used += (size_t)got;
    assert_int_equal(got, 0);
    text[used] = '\0';
    close(fd);
    return text;
}

static void many_are_told_and_none_is_reset(void **state)
{
    enum { MANY = 3 * TURNED_AWAY };
    struct sockaddr_in address;
    int clients[MANY];
    TurnedAway away;

    (void)state;
    int listening = listen_somewhere(&address);
    turn_away_start(&away);
    for (int i = 0; i < MANY; i++) {
        clients[i] = dial(&address);
        usleep(1000); /* until the request has arrived */
        turn_away(&away, accept(listening, NULL, NULL), false, ERROR_TOO_MANY_REQUESTS, "Enough.");
    }
    for (int i = 0; i < MANY; i++)
        assert_memory_equal(read_all(clients[i]), "HTTP/1.1 429 ", 13);
    turn_away_stop(&away);
    close(listening);
}

static void an_encrypted_one_is_closed(void **state)
{
    struct sockaddr_in address;
    TurnedAway away;

    (void)state;
    int listening = listen_somewhere(&address);
    turn_away_start(&away);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    turn_away(&away, accept(listening, NULL, NULL), true, ERROR_TOO_MANY_REQUESTS, "Enough.");
    assert_string_equal(read_all(client), "");
    turn_away_stop(&away);
    close(listening);
}

static void without_a_descriptor_left_there_is_still_an_answer(void **state)
{
    struct sockaddr_in address;
    struct rlimit before;
    TurnedAway away;

    (void)state;
    int listening = listen_somewhere(&address);
    turn_away_start(&away);
    int clients[] = { dial(&address), dial(&address) };
    usleep(1000);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* No more than are open now. */
    const struct rlimit none = { .rlim_cur = (rlim_t)clients[1] + 1, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(accept(listening, NULL, NULL), -1);
    turn_away_next(&away, listening, false);
    turn_away_next(&away, listening, false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(read_all(clients[i]), "HTTP/1.1 503 ", 13);
    turn_away_stop(&away);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_told_and_none_is_reset),
        cmocka_unit_test(an_encrypted_one_is_closed),
        cmocka_unit_test(without_a_descriptor_left_there_is_still_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
