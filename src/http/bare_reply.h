/* Bare reply - a problem (RFC 9457) that is written on a socket without libmicrohttpd: to who is
 * one connection too many, who is too late, and who does not speak HTTP/1.1. It always says
 * `Connection: close`. */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum { BARE_REPLY_BYTES = 2048 };

/* Writes all of it; the length. `sentence` and `id` hold nothing that JSON or a header would have
 * to escape. */
size_t bare_reply_write(char text[BARE_REPLY_BYTES], ErrorCode code, const char *sentence,
                        const char *id);

/* Sends it as far as the socket takes it at once: a fresh connection takes all. */
void bare_reply_send(int socket, ErrorCode code, const char *sentence, const char *id);
