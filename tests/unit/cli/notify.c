/* What a service manager hears: on sockets of the test's own, by name and by path. */
#include "cli/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int forget(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return 0;
}

static int listen_at(const struct sockaddr_un *address, size_t length)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    return fd;
}

static void expect_to_hear(int fd, const char *state)
{
    char heard[64];
    ssize_t length = recv(fd, heard, sizeof(heard), 0);

    assert_int_equal(length, strlen(state));
    assert_memory_equal(heard, state, strlen(state));
}

static void it_is_heard_at_a_path(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char directory[] = "/tmp/fasti-notify-XXXXXX";
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_non_null(mkdtemp(directory));
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
    int fd = listen_at(&address, (size_t)length);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    assert_true(notify_send("READY=1", &err));
    expect_to_hear(fd, "READY=1");
    close(fd);
    unlink(address.sun_path);
    rmdir(directory);
}

static void it_is_heard_at_an_abstract_address(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    Error err = { .code = ERROR_NONE };
    char name[64];

    (void)state;
    int length = snprintf(name, sizeof(name), "@fasti-notify-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, (size_t)length - 1);
    int fd = listen_at(&address, (size_t)length);
    setenv("NOTIFY_SOCKET", name, 1);
    assert_true(notify_send("STOPPING=1", &err));
    expect_to_hear(fd, "STOPPING=1");
    close(fd);
}

static void nobody_is_told_who_did_not_ask(void **state)
{
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(notify_send("READY=1", &err));
    setenv("NOTIFY_SOCKET", "", 1);
    assert_true(notify_send("READY=1", &err));
}

static void who_asked_and_cannot_be_reached_is_a_failure(void **state)
{
    static const char *const nowhere[] = { "/tmp/fasti-notify-nobody", "relative", "/", "@",
                                           "vsock:2:1234" };
    char far[256];

    (void)state;
    memset(far, 'a', sizeof(far) - 1);
    far[0] = '/';
    far[sizeof(far) - 1] = '\0';
    for (size_t i = 0; i <= sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        Error err = { .code = ERROR_NONE };
        bool is_far = i == sizeof(nowhere) / sizeof(nowhere[0]);
        setenv("NOTIFY_SOCKET", is_far ? far : nowhere[i], 1);
        assert_false(notify_send("READY=1", &err));
        assert_int_equal(err.code, i == 0 ? ERROR_UNAVAILABLE : ERROR_INVALID);
    }
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
    char pid[16];

    (void)state;
    assert_int_equal(notify_watchdog_us(), 0);
    setenv("WATCHDOG_USEC", "60000000", 1);
    assert_int_equal(notify_watchdog_us(), 30000000);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_us(), 30000000);
}

static void a_watchdog_of_somebody_else_and_one_without_a_time_is_none(void **state)
{
    static const char *const times[] = { "", "soon", "-5", "0", "5s", "99999999999999999999" };

    (void)state;
    setenv("WATCHDOG_USEC", "60000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_us(), 0);
    unsetenv("WATCHDOG_PID");
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        setenv("WATCHDOG_USEC", times[i], 1);
        assert_int_equal(notify_watchdog_us(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_heard_at_a_path, forget),
        cmocka_unit_test_setup(it_is_heard_at_an_abstract_address, forget),
        cmocka_unit_test_setup(nobody_is_told_who_did_not_ask, forget),
        cmocka_unit_test_setup(who_asked_and_cannot_be_reached_is_a_failure, forget),
        cmocka_unit_test_setup(the_watchdog_is_fed_twice_in_its_time, forget),
        cmocka_unit_test_setup(a_watchdog_of_somebody_else_and_one_without_a_time_is_none, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
