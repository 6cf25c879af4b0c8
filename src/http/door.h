/* Door - sees every byte of a connection before libmicrohttpd does, and lets in only what framing.h
 * finds sound: so one request gets one reply, which is ours, whichever release of the library it
 * is, and no request is seen that another parser would not see there.
 *
 * libmicrohttpd has no callback for that. It reads with recv(2), or with GnuTLS's
 * gnutls_record_recv, like any program, and these here are the program's: a symbol that a program
 * defines itself goes before that of a library for the libraries too (System V ABI, "Symbol Search
 * Order"; ld.so(8)). On a descriptor that is not watched they are what they ever were.
 *
 * Who is refused is told so at once, or, while requests that came before are not answered yet,
 * after the last of them. Then what he still sends is read and thrown away for a moment: closing a
 * socket with unread bytes makes the kernel throw the reply away. docs/decisions/0016. */
#pragma once

#include <stdbool.h>

#include "http/peers.h"

/* From now on, and until then: on the thread that reads from the connection. */
void door_watch(Peer *peer);
void door_forget(const Peer *peer);

/* Did the head of the peer's latest request come through the door? */
bool door_has_seen(const Peer *peer);

/* One of the peer's requests was answered, and the connection stays open. */
void door_answered(Peer *peer);

/* The request that is being read has a fault of another kind, and no reply yet. `fault` is
 * constant. */
void door_refuse(Peer *peer, const FramingFault *fault);
