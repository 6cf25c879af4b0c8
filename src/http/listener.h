/* Listener - the sockets that the server accepts on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Binds and listens; port 0 takes any free one. *ret_socket is the caller's to close. The sentence
 * of a failure is for whoever runs the program. */
bool listener_open(const char *address, uint16_t port, int *ret_socket, uint16_t *ret_port,
                   Error *err);

/* The same on a Unix socket (0600) at `path`, in the place of one that a killed server left there:
 * the caller knows that no living one has it. */
bool listener_open_local(const char *path, int *ret_socket, Error *err);

/* Is it a process of our own user, or of root, at the other end of this Unix socket? */
bool listener_is_own_user(int socket);

/* How many connections may be open, of those wanted, with the descriptors that the system allows
 * this process; raises its soft limit. */
unsigned listener_connection_limit(unsigned wanted);
