#include "cli/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The length of the address; 0: `path` is none. A '@' stands for the NUL byte that an abstract
 * address begins with. */
static socklen_t read_address(const char *path, struct sockaddr_un *ret_address)
{
    size_t length = strlen(path);

    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof(ret_address->sun_path))
        return 0;
    memcpy(ret_address->sun_path, path, length);
    if (path[0] == '@')
        ret_address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

bool notify_send(const char *state, Error *err)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;

    if (path == NULL || path[0] == '\0')
        return true;
    socklen_t length = read_address(path, &address);
    if (length == 0)
        return error_set(err, ERROR_INVALID, "NOTIFY_SOCKET is no address of a socket: %.150s.",
                         path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = fd < 0 ? -1
                          : sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                                   (const struct sockaddr *)&address, length);
    int why = errno;
    if (fd >= 0)
        close(fd);
    return sent >= 0 || error_set(err, ERROR_UNAVAILABLE, "%s cannot be sent to %.150s: %s.", state,
                                  path, strerror(why));
}

/* 0: there is no such variable, or it holds no number. */
static int64_t number_of(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' ? number : 0;
}

int64_t notify_watchdog_us(void)
{
    int64_t pid = number_of("WATCHDOG_PID"); /* of whom it waits for, where it says so */

    return pid == 0 || pid == getpid() ? number_of("WATCHDOG_USEC") / 2 : 0;
}
