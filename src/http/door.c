/* With it <sys/socket.h> has a recv of its own, inline: the one below would be the same one. */
#undef _FORTIFY_SOURCE

#include "http/door.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/bare_reply.h"

enum {
    DESCRIPTORS =
        2 * LIMIT_CONNECTIONS, /* given out from below: those of connections stay under it */
    LINGER_US = 2000000,
    RUBBISH_BYTES = 16 * 1024,
    RUBBISH_TIMES = 16,
};

/* Of the process, as its descriptors are. Each place is written by the thread that reads from the
 * descriptor; who has the same number next does so after it was closed. */
static _Atomic(Peer *) watched[DESCRIPTORS];

static Peer *peer_of(int descriptor)
{
    return descriptor >= 0 && descriptor < DESCRIPTORS
               ? atomic_load_explicit(&watched[descriptor], memory_order_acquire)
               : NULL;
}

void door_watch(Peer *peer)
{
    if (peer->socket < DESCRIPTORS)
        atomic_store_explicit(&watched[peer->socket], peer, memory_order_release);
}

void door_forget(const Peer *peer)
{
    if (peer_of(peer->socket) == peer)
        atomic_store_explicit(&watched[peer->socket], NULL, memory_order_release);
}

bool door_has_seen(const Peer *peer)
{
    return peer->framing.heads >= peer->requests;
}

/* -- Refusing --------------------------------------------------------------------------------- */

static void tell(const Peer *peer, const char *id)
{
    char text[BARE_REPLY_BYTES];
    size_t length = bare_reply_write(text, peer->fault->code, peer->fault->sentence, id);

    if (peer->session != NULL) {
        (void)gnutls_record_send(peer->session, text, length);
        (void)gnutls_bye(peer->session, GNUTLS_SHUT_WR);
    } else if (!peer->is_encrypted) {
        (void)send(peer->socket, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    shutdown(peer->socket, SHUT_WR);
}

static void refuse(Peer *peer)
{
    char id[PEER_ID_DIGITS + 16];
    char status[16];

    atomic_store(&peer->is_in_request, false);
    if (!peer_expect_by(peer, clock_monotonic_us() + LINGER_US))
        return;
    peer->is_refused = true;
    snprintf(id, sizeof(id), "%s-%u", peer->id, peer->ended + 1);
    snprintf(status, sizeof(status), "%d", error_status(peer->fault->code));
    tell(peer, id);
    log_write(LOG_INFO, "request refused", "status", status, "why", peer->fault->sentence, "id", id,
              "address", peer->address, NULL);
}

void door_answered(Peer *peer)
{
    if (peer->fault != NULL && !peer->is_refused && peer->framing.heads == peer->ended)
        refuse(peer);
}

void door_refuse(Peer *peer, const FramingFault *fault)
{
    if (peer->fault != NULL)
        return;
    peer->fault = fault;
    refuse(peer);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static ssize_t read_more(const Peer *peer, void *buffer, size_t size)
{
    unsigned char number[8];

    return peer->session != NULL ? gnutls_record_recv_seq(peer->session, buffer, size, number)
                                 : recvfrom(peer->socket, buffer, size, MSG_DONTWAIT, NULL, NULL);
}

/* As when there is nothing to read, until the other end is closed. */
static ssize_t throw_away(const Peer *peer)
{
    char rubbish[RUBBISH_BYTES];
    ssize_t got = 1;

    for (int i = 0; i < RUBBISH_TIMES && got > 0; i++)
        got = read_more(peer, rubbish, sizeof(rubbish));
    if (got <= 0)
        return got;
    errno = EAGAIN;
    return peer->session != NULL ? GNUTLS_E_AGAIN : -1;
}

/* What of the bytes libmicrohttpd may see. */
static ssize_t let_in(Peer *peer, const char *bytes, size_t length)
{
    size_t sound = 0;

    if (peer->fault != NULL) {
        door_answered(peer);
        return throw_away(peer);
    }
    peer->fault = framing_read(&peer->framing, bytes, length, &sound);
    if (peer->fault == NULL)
        return (ssize_t)length;
    if (sound > 0) /* door_answered goes on */
        return (ssize_t)sound;
    refuse(peer);
    return throw_away(peer);
}

ssize_t recv(int descriptor, void *buffer, size_t size, int flags)
{
    ssize_t got = recvfrom(descriptor, buffer, size, flags, NULL, NULL);
    Peer *peer = got > 0 && (flags & MSG_PEEK) == 0 ? peer_of(descriptor) : NULL;

    /* Of an encrypted one this is what GnuTLS reads. */
    return peer != NULL && !peer->is_encrypted ? let_in(peer, buffer, (size_t)got) : got;
}

ssize_t gnutls_record_recv(gnutls_session_t session, void *buffer, size_t size)
{
    unsigned char number[8];
    ssize_t got = gnutls_record_recv_seq(session, buffer, size, number);
    Peer *peer = got > 0 ? peer_of(gnutls_transport_get_int(session)) : NULL;

    if (peer == NULL)
        return got;
    peer->session = session;
    return let_in(peer, buffer, (size_t)got);
}
