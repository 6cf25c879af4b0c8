#include "talk.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "server_app.h"

int dial(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(server_port(server)) };
    struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

const char *talk_bytes(const char *bytes, size_t length)
{
    static char reply[65536];
    size_t used = 0;
    int fd = dial();

    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
    for (;;) {
        ssize_t got = recv(fd, reply + used, sizeof(reply) - 1 - used, 0);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    reply[used] = '\0';
    close(fd);
    return reply;
}

const char *talk(const char *text)
{
    return talk_bytes(text, strlen(text));
}

int status_of(const char *reply)
{
    return text_starts_with(reply, "HTTP/1.1 ") ? atoi(reply + 9) : 0;
}

size_t count_replies(const char *text)
{
    size_t count = 0;

    for (const char *at = strstr(text, "HTTP/1.1 "); at != NULL; at = strstr(at + 1, "HTTP/1.1 "))
        count += status_of(at) != 0;
    return count;
}

const char *post(const char *path, const char *type, const char *body)
{
    static char request[8192];

    snprintf(request, sizeof(request),
             "POST %s HTTP/1.1\r\n" LAST "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", path,
             type, strlen(body), body);
    return talk(request);
}

const char *post_json(const char *path, const char *body)
{
    return post(path, "application/json", body);
}
