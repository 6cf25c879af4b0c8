/* The Unix socket's file: whose it is, and what it replaces. */
#include "http/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/fasti-listener-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/fasti.db.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static int must_listen(void)
{
    Error error = { .code = ERROR_NONE };
    int listening = -1;

    if (!listener_open_local(path, &listening, &error))
        fail_msg("%s", error.detail);
    return listening;
}

static int dial_path(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void the_socket_is_for_its_owner_alone(void **state)
{
    struct stat info;
    mode_t before = umask(0);
    int listening = must_listen();

    (void)state;
    umask(before);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 07777, 0600);
    close(listening);
}

static void a_socket_that_nobody_has_is_replaced(void **state)
{
    int first = must_listen();
    int second;

    (void)state;
    close(first);
    assert_int_equal(dial_path(), -1);
    second = must_listen();
    int dialled = dial_path();
    assert_true(dialled >= 0);
    close(dialled);
    close(second);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    Error error = { .code = ERROR_NONE };
    int listening = -1;
    FILE *file;

    (void)state;
    (void)unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_false(listener_open_local(path, &listening, &error));
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_path_longer_than_the_system_takes_is_refused(void **state)
{
    Error error = { .code = ERROR_NONE };
    char longest[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    int listening = -1;

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_false(listener_open_local(longest, &listening, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.detail, "more than the 107 bytes"));
    assert_int_equal(listening, -1);
}

static void a_process_of_the_same_user_is_known(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(listener_is_own_user(ends[0]));
    close(ends[0]);
    close(ends[1]);
    assert_false(listener_is_own_user(ends[0])); /* nothing can be known of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_socket_is_for_its_owner_alone),
        cmocka_unit_test(a_socket_that_nobody_has_is_replaced),
        cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
        cmocka_unit_test(a_path_longer_than_the_system_takes_is_refused),
        cmocka_unit_test(a_process_of_the_same_user_is_known),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
