/* Listener - the socket that the server accepts on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Binds and listens; port 0 takes any free one. *ret_socket is the caller's to close. The sentence
 * of a failure is for whoever runs the program. */
bool listener_open(const char *address, uint16_t port, int *ret_socket, uint16_t *ret_port,
                   Error *err);

/* How many connections may be open, of those wanted, with the descriptors that the system allows
 * this process; raises its soft limit. */
unsigned listener_connection_limit(unsigned wanted);
