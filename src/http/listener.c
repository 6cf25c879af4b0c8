#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    OTHER_DESCRIPTORS = 64, /* database files, sockets to it, standard streams, epoll */
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
