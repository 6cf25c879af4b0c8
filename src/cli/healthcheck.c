/* fasti healthcheck: is the server that these settings are of ready? For containers, which have no
 * shell and no curl to ask with. */

#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"

enum { WAIT_S = 4, MOST_BYTES = 8192 };

/* The server may listen everywhere; it is asked for on this machine. */
static const char *host_of(const Config *config)
{
    if (text_equal(config->listen_address, "0.0.0.0"))
        return "127.0.0.1";
    return text_equal(config->listen_address, "::") ? "::1" : config->listen_address;
}

static int dial(const Config *config, Error *err)
{
    const struct timeval patience = { .tv_sec = WAIT_S };
    const struct addrinfo wanted = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char port[8];
    int fd = -1;

    snprintf(port, sizeof(port), "%u", config->listen_port);
    if (getaddrinfo(host_of(config), port, &wanted, &found) == 0) {
        fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
        freeaddrinfo(found);
    }
    if (fd < 0)
        error_set(err, ERROR_UNAVAILABLE, "Nobody listens at %s port %s.", host_of(config), port);
    return fd;
}

/* The name that the server answers to. */
static const char *name_of(const Config *config, Arena *arena)
{
    const char *hosts = config->allowed_hosts != NULL ? config->allowed_hosts : "localhost";

    hosts += strspn(hosts, ", ");
    return arena_strndup(arena, hosts, strcspn(hosts, ", "));
}

/* Its certificate is for its clients: whom we speak to is known by the address. */
static BIO *open_channel(const Config *config, int fd)
{
    BIO *channel = BIO_new_socket(fd, BIO_CLOSE);
    SSL_CTX *context = NULL;

    if (config->tls_cert == NULL || channel == NULL)
        return channel;
    context = SSL_CTX_new(TLS_client_method());
    BIO *tls = context != NULL ? BIO_new_ssl(context, 1) : NULL;
    SSL_CTX_free(context); /* the channel has its own reference */
    return tls != NULL ? BIO_push(tls, channel) : channel;
}

static bool ask(Call *call, BIO *channel, const char **ret_reply)
{
    const char *request =
        arena_printf(call->arena, "GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                     name_of(call->config, call->arena));
    char *reply = arena_alloc(call->arena, MOST_BYTES + 1);
    int used = 0;
    int got;

    if (BIO_write(channel, request, (int)strlen(request)) != (int)strlen(request))
        return false;
    while (used < MOST_BYTES && (got = BIO_read(channel, reply + used, MOST_BYTES - used)) > 0)
        used += got;
    *ret_reply = reply;
    return text_starts_with(reply, "HTTP/1.1 ");
}

int run_healthcheck(Call *call)
{
    Error err = { .code = ERROR_NONE };
    const char *reply = NULL;

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int fd = dial(call->config, &err);
    if (fd < 0)
        return call_fail(&err);
    BIO *channel = open_channel(call->config, fd);
    bool has_answered = channel != NULL && ask(call, channel, &reply);
    BIO_free_all(channel);
    if (!has_answered) {
        error_set(&err, ERROR_UNAVAILABLE, "The server does not answer.");
        return call_fail(&err);
    }
    if (strtol(reply + strlen("HTTP/1.1 "), NULL, 10) == 200) {
        puts("The server is ready.");
        return EXIT_OK;
    }
    const char *body = strstr(reply, "\r\n\r\n");
    fprintf(stderr, "The server is not ready: %s\n", body != NULL ? body + 4 : reply);
    return EXIT_FAILED;
}
