#include "http/turn_away.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "http/bare_reply.h"

enum { ID_BYTES = 8 };

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void turn_away_start(TurnedAway *self)
{
    *self = (TurnedAway){ .spare = open_spare() };
    for (size_t i = 0; i < TURNED_AWAY; i++)
        self->sockets[i] = -1;
}

static void end(int socket)
{
    char rubbish[4096];

    if (socket < 0)
        return;
    for (int i = 0; i < 4; i++)
        (void)recv(socket, rubbish, sizeof(rubbish), MSG_DONTWAIT);
    close(socket);
}

static void tell(int socket, bool is_encrypted, ErrorCode code, const char *sentence)
{
    char id[2 * ID_BYTES + 1];

    if (is_encrypted)
        return;
    random_hex(id, ID_BYTES);
    bare_reply_send(socket, code, sentence, id);
    shutdown(socket, SHUT_WR);
}

void turn_away(TurnedAway *self, int socket, bool is_encrypted, ErrorCode code,
               const char *sentence)
{
    int *place = &self->sockets[self->next++ % TURNED_AWAY];

    tell(socket, is_encrypted, code, sentence);
    end(*place);
    *place = is_encrypted ? -1 : socket;
    if (is_encrypted)
        close(socket);
}

void turn_away_next(TurnedAway *self, int listening, bool is_encrypted)
{
    if (self->spare >= 0)
        close(self->spare);
    int socket = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0)
        tell(socket, is_encrypted, ERROR_UNAVAILABLE, "The server has too many files open.");
    end(socket);
    self->spare = open_spare();
}

void turn_away_stop(TurnedAway *self)
{
    for (size_t i = 0; i < TURNED_AWAY; i++)
        end(self->sockets[i]);
    if (self->spare >= 0)
        close(self->spare);
}
