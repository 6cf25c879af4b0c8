#include "cli/ask_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "json/schema.h"

enum { WAIT_S = 30, MOST_BYTES = 64 * 1024 };

/* -- What it answers -------------------------------------------------------------------------- */

typedef struct ProblemFault {
    Members given;
    const char *msg;
} ProblemFault;

typedef struct Problem {
    Members given;
    const char *detail;
    List errors;
} Problem;

static const Field fault_fields[] = { TEXT(ProblemFault, msg, .flags = REQUIRED,
                                           .doc = "A sentence.") };
static const Schema fault_schema = SCHEMA(ProblemFault, fault_fields, .doc = "What is wrong.");
static const Field problem_fields[] = {
    TEXT(Problem, detail, .flags = REQUIRED, .doc = "A sentence."),
    ARRAY(Problem, errors, .schema = &fault_schema, .doc = "All that is wrong."),
};
static const Schema problem_schema = SCHEMA(Problem, problem_fields, .doc = "RFC 9457.");

/* The problem (RFC 9457) as the error that it was over there. */
static Asked read_problem(const char *json, Arena *arena, Error *err)
{
    const Location nowhere = { .name = "body" };
    Problem problem = { .detail = NULL };

    if (!schema_decode_stored(&problem_schema, json, arena, &problem, err) ||
        problem.detail == NULL) {
        error_set(err, ERROR_UNAVAILABLE, "The server gave an answer that is none of Fasti's.");
        return ASKED_LOST;
    }
    const ProblemFault *faults = problem.errors.items;
    for (size_t i = 0; i < problem.errors.count; i++)
        error_fault(err, arena, &nowhere, "refused", "%s", faults[i].msg);
    error_set(err, ERROR_CONFLICT, "%s", problem.detail);
    return ASKED_REFUSED;
}

static Asked lose(const char *why, Error *err)
{
    error_set(err, ERROR_UNAVAILABLE, "%s Look whether it was done before you try again.", why);
    return ASKED_LOST;
}

/* All that came until the server closed: is it a whole reply? */
static Asked read_reply(const char *reply, size_t size, Arena *arena, const char **ret_answer,
                        Error *err)
{
    static const char version[] = "HTTP/1.1 ", length_name[] = "\r\nContent-Length: ";
    const char *end = strstr(reply, "\r\n\r\n");
    const char *length = strstr(reply, length_name);

    if (!text_starts_with(reply, version) || end == NULL || length == NULL || length > end)
        return lose("The server ended before it answered.", err);
    const char *body = end + strlen("\r\n\r\n");
    if (strtoul(length + strlen(length_name), NULL, 10) != size - (size_t)(body - reply))
        return lose("The server ended in the middle of its answer.", err);
    if (strtol(reply + strlen(version), NULL, 10) >= 300)
        return read_problem(body, arena, err);
    *ret_answer = body;
    return ASKED_ANSWERED;
}

/* Both ways in one call: the socket's buffer holds either. */
static Asked converse(int fd, const char *path, const char *json, Arena *arena,
                      const char **ret_answer, Error *err)
{
    const struct timeval patience = { .tv_sec = WAIT_S };
    char *reply = arena_alloc(arena, MOST_BYTES + 1);
    const char *request = arena_printf(arena,
                                       "POST %s HTTP/1.1\r\nHost: fasti\r\nConnection: close\r\n"
                                       "Content-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       path, strlen(json), json);

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    (void)send(fd, request, strlen(request), MSG_NOSIGNAL);
    ssize_t came = recv(fd, reply, MOST_BYTES, MSG_WAITALL);
    if (came < 0 && errno == EAGAIN)
        return lose("The server does not answer.", err);
    size_t size = came > 0 ? (size_t)came : 0;
    reply[size] = '\0';
    return read_reply(reply, size, arena, ret_answer, err);
}

Asked ask_server(const char *socket_path, const char *path, const char *json, Arena *arena,
                 const char **ret_answer, Error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(socket_path) >= sizeof(address.sun_path))
        return ASKED_NOBODY;
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ASKED_NOBODY;
    Asked asked = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0
                      ? converse(fd, path, json, arena, ret_answer, err)
                      : ASKED_NOBODY;
    close(fd);
    return asked;
}
