/* Turn away - the reply to a connection that is one too many, and its end.
 *
 * Nobody reads from such a connection, so it cannot be closed at once: what the client sends would
 * make the kernel throw the reply away. The last few stay half open for that while, in descriptors
 * that are kept for it. So is one for the time when the process may have no more of them. */
#pragma once

#include "base/error.h"

enum { TURNED_AWAY = 16 };

typedef struct TurnedAway {
    int sockets[TURNED_AWAY]; /* -1: none */
    unsigned next;
    int spare;
} TurnedAway;

void turn_away_start(TurnedAway *self);

/* Takes over the socket. `is_encrypted`: there can be no reply, it is just closed. */
void turn_away(TurnedAway *self, int socket, bool is_encrypted, ErrorCode code,
               const char *sentence);

/* accept(2) failed for want of descriptors: accepts one by the spare one and turns it away. */
void turn_away_next(TurnedAway *self, int listening, bool is_encrypted);

void turn_away_stop(TurnedAway *self);
