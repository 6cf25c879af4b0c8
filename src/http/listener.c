#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    /* Database files, sockets to it, standard streams, epoll, who is just turned away. */
    OTHER_DESCRIPTORS = 96,
};

typedef union Address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} Address;

/* The address's family; AF_UNSPEC: it is none. */
static sa_family_t read_address(const char *text, uint16_t port, Address *ret_address)
{
    *ret_address = (Address){ .six = { .sin6_family = AF_INET6, .sin6_port = htons(port) } };
    if (inet_pton(AF_INET6, text, &ret_address->six.sin6_addr) == 1)
        return AF_INET6;
    *ret_address = (Address){ .four = { .sin_family = AF_INET, .sin_port = htons(port) } };
    return inet_pton(AF_INET, text, &ret_address->four.sin_addr) == 1 ? AF_INET : AF_UNSPEC;
}

static bool bind_socket(int fd, const Address *address)
{
    static const int yes = 1;
    socklen_t length =
        address->any.sa_family == AF_INET ? sizeof(address->four) : sizeof(address->six);

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    return bind(fd, &address->any, length) == 0 && listen(fd, BACKLOG) == 0;
}

bool listener_open(const char *address, uint16_t port, int *ret_socket, uint16_t *ret_port,
                   Error *err)
{
    Address wanted;
    Address bound = { 0 };
    socklen_t length = sizeof(bound);

    sa_family_t family = read_address(address, port, &wanted);
    if (family == AF_UNSPEC)
        return error_set(err, ERROR_INVALID, "%s is no address to listen on.", address);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !bind_socket(fd, &wanted) || getsockname(fd, &bound.any, &length) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return error_set(err, ERROR_UNAVAILABLE, "Cannot listen on %s, port %u: %s.", address, port,
                         strerror(why));
    }
    *ret_socket = fd;
    *ret_port = ntohs(wanted.any.sa_family == AF_INET ? bound.four.sin_port : bound.six.sin6_port);
    return true;
}

static bool bind_local(int fd, const struct sockaddr_un *address)
{
    struct stat info;

    if (lstat(address->sun_path, &info) == 0 && S_ISSOCK(info.st_mode))
        (void)unlink(address->sun_path);
    /* Nobody can connect before listen. */
    return bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
           chmod(address->sun_path, S_IRUSR | S_IWUSR) == 0 && listen(fd, BACKLOG) == 0;
}

bool listener_open_local(const char *path, int *ret_socket, Error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(path);

    if (length >= sizeof(address.sun_path))
        return error_set(
            err, ERROR_INVALID,
            "The path of the socket %.150s has more than the %zu bytes that the system "
            "takes: give the database by a shorter one.",
            path, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !bind_local(fd, &address)) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return error_set(err, ERROR_UNAVAILABLE, "Cannot listen on the socket %s: %s.", path,
                         strerror(why));
    }
    *ret_socket = fd;
    return true;
}

bool listener_is_own_user(int socket)
{
    struct ucred other;
    socklen_t length = sizeof(other);

    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &length) == 0 &&
           (other.uid == 0 || other.uid == geteuid());
}

unsigned listener_connection_limit(unsigned wanted)
{
    struct rlimit files;
    rlim_t needed = (rlim_t)wanted + OTHER_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    if (files.rlim_cur < needed) {
        files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= needed)
        return wanted;
    /* Few descriptors: half of them, rather than none, for connections. */
    return files.rlim_cur > 2 * OTHER_DESCRIPTORS ? (unsigned)files.rlim_cur - OTHER_DESCRIPTORS
                                                  : (unsigned)files.rlim_cur / 2;
}
