/* Conversation - libmicrohttpd's callbacks: a connection, its requests, their replies.
 *
 *   connection  → on_connection
 *   request line → on_request_line    makes the Exchange
 *   head, body, all of it → on_request   guard, intake, operation, response
 *   sent or given up → on_end         counts, logs, frees the Exchange
 *
 * A request that is refused is still read to its end before it is answered, if it is not too long:
 * closing a socket with unread bytes makes the kernel throw the reply away. Only what breaks the
 * framing is answered at once, and then the connection ends. */
#pragma once

#include "http/network.h"

/* Their context is the Server. */
extern const NetworkCallbacks conversation_callbacks;
