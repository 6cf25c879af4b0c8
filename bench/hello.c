/* hello - the least that libmicrohttpd can do: one reply, always the same, without a look at the
 * request. What Fasti could at best be on this machine.
 *
 *   hello PORT THREADS BYTES
 *
 * As src/http/network.c does it (docs/decisions/0006 says why): the same flags, a daemon for each
 * thread, connections handed out in turn; the same header fields, a body of BYTES. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Worker {
    struct MHD_Daemon *daemon;
    int arrived[2]; /* a pipe of accepted sockets */
} Worker;

static struct MHD_Response *response;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static int seen;

    (void)context, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (*state == NULL) { /* the first call comes before the request is complete */
        *state = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void *work(void *context)
{
    Worker *self = context;
    struct pollfd sources[] = {
        { .fd = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
          .events = POLLIN },
        { .fd = self->arrived[0], .events = POLLIN },
    };

    for (;;) {
        MHD_UNSIGNED_LONG_LONG timeout = 0;
        struct sockaddr_in address;
        socklen_t length = sizeof(address);
        int connection;
        int wait = MHD_get_timeout(self->daemon, &timeout) == MHD_YES ? (int)timeout : -1;
        if (poll(sources, 2, wait) > 0 && sources[1].revents != 0 &&
            read(self->arrived[0], &connection, sizeof(connection)) == sizeof(connection) &&
            getpeername(connection, (struct sockaddr *)&address, &length) == 0)
            MHD_add_connection(self->daemon, connection, (struct sockaddr *)&address, length);
        MHD_run(self->daemon);
    }
    return NULL;
}

static int start_worker(Worker *self)
{
    pthread_t thread;

    self->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            MHD_USE_TURBO,
        0, NULL, NULL, answer, NULL, MHD_OPTION_CONNECTION_LIMIT, 12000u, MHD_OPTION_END);
    return self->daemon != NULL && pipe(self->arrived) == 0 &&
           pthread_create(&thread, NULL, work, self) == 0;
}

static int listen_on(int port)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1024) != 0)
        return -1;
    return fd;
}

int main(int argc, char **argv)
{
    size_t size = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    char *body = malloc(size + 1);
    Worker *workers = calloc(count + 1, sizeof(*workers));

    if (size == 0 || count == 0 || body == NULL || workers == NULL) {
        fprintf(stderr, "hello PORT THREADS BYTES\n");
        return 2;
    }
    memset(body, 'x', size);
    response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    MHD_add_response_header(response, "ETag", "\"1\"");
    MHD_add_response_header(response, "X-Request-Id", "0123456789abcdef-123");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; frame-ancestors 'none'");
    for (size_t i = 0; i < count; i++) {
        if (!start_worker(&workers[i]))
            return 1;
    }
    int listening = listen_on(atoi(argv[1]));
    for (size_t turn = 0; listening >= 0; turn++) {
        int connection = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
        if (connection < 0 || write(workers[turn % count].arrived[1], &connection,
                                    sizeof(connection)) != sizeof(connection))
            break;
    }
    return 1;
}
