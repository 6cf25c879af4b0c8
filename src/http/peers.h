/* Peers - the open connections: who is at the other end, how many one client has, and by when they
 * must have done what they are about to do.
 *
 * libmicrohttpd's own timeout starts again with every byte, so a client that sends one byte now
 * and then holds a connection for ever. A thread looks once a second and cuts those that are late;
 * one in the middle of a request is told so with a 408. */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "http/framing.h"

enum { PEER_ID_DIGITS = 16, PEER_ADDRESS_BYTES = INET6_ADDRSTRLEN };

typedef struct Peer Peer;
typedef struct Client Client; /* all connections of one address */

struct Peer {
    Peer *previous, *next;
    Client *client; /* NULL on the Unix socket */
    int socket;
    bool is_encrypted;
    bool is_local;                      /* on the Unix socket */
    bool is_loopback;                   /* on this machine */
    bool is_taken;                      /* libmicrohttpd has it */
    atomic_bool is_in_request;          /* a request line has come */
    unsigned requests;                  /* on this connection, whose line has come … */
    unsigned ended;                     /* … and of them those that are over */
    _Atomic int64_t deadline_us;        /* of the monotonic clock */
    Framing framing;                    /* for http/door.h, as the next three */
    struct gnutls_session_int *session; /* once it has read over TLS */
    const FramingFault *fault;          /* nothing more is read; NULL: all is well so far */
    bool is_refused;                    /* and was told so */
    char address[PEER_ADDRESS_BYTES];
    char id[PEER_ID_DIGITS + 1]; /* random; the ids of its requests begin with it */
};

enum { PEERS_PLACES = 4096 }; /* three clients in each, were there as many as connections */

typedef struct Peers {
    pthread_mutex_t mutex;
    pthread_cond_t stop;
    pthread_t thread;
    bool is_stopping;
    Arena *arena; /* grown under the mutex only */
    Peer *open;
    Peer *unused;
    size_t count;
    uint64_t refused;
    uint64_t seed; /* of the places */
    Client *clients[PEERS_PLACES];
    Client *unused_clients;
} Peers;

bool peers_start(Peers *peers, Arena *arena, Error *err);
void peers_stop(Peers *peers);

/* A connection that was accepted; NULL: its client has `limit` of them already (0: no limit). An
 * address of AF_UNIX counts for no client, and is never encrypted. */
Peer *peers_add(Peers *peers, int socket, const struct sockaddr *address, bool is_encrypted,
                unsigned limit);
void peers_remove(Peers *peers, Peer *peer);

/* The one with this socket that nobody has taken yet; from now on libmicrohttpd has it. */
Peer *peers_take(Peers *peers, int socket);

size_t peers_count(Peers *peers);

/* Connections that were turned away, and one more of them. */
uint64_t peers_refused(Peers *peers);
void peers_count_refused(Peers *peers);

/* The peer has until then. False: it was cut already. */
bool peer_expect_by(Peer *peer, int64_t deadline_us);

/* The request is complete: what takes time from now on is our own work. False as above. */
bool peer_is_waiting(Peer *peer);

/* The text form of an address; an IPv4 address inside IPv6 is shown as IPv4, AF_UNIX as "local". */
void peer_format_address(const struct sockaddr *address, char ret_text[PEER_ADDRESS_BYTES]);
