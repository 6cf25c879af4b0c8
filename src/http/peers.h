/* Peers - the open connections: who is at the other end, and by when they must have done what
 * they are about to do.
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

enum { PEER_ID_DIGITS = 16 };

typedef struct Peer Peer;

struct Peer {
    Peer *previous, *next;
    int socket;
    bool is_encrypted;
    bool is_local;               /* on the Unix socket */
    bool is_in_request;          /* a request line has come */
    unsigned requests;           /* on this connection */
    _Atomic int64_t deadline_us; /* of the monotonic clock */
    char address[INET6_ADDRSTRLEN];
    char id[PEER_ID_DIGITS + 1]; /* random; the ids of its requests begin with it */
};

enum { PEERS_ADDRESSES = 8192 };

typedef struct Peers {
    pthread_mutex_t mutex;
    pthread_cond_t stop;
    pthread_t thread;
    bool is_stopping;
    Arena *arena; /* grown under the mutex only */
    Peer *open;
    Peer *unused;
    size_t count;
    uint16_t count_by_address[PEERS_ADDRESSES]; /* by hash: two that meet share one limit */
} Peers;

bool peers_start(Peers *peers, Arena *arena, Error *err);
void peers_stop(Peers *peers);

/* An address of AF_UNIX counts for none, and is never encrypted. */
Peer *peers_add(Peers *peers, int socket, const struct sockaddr *address, bool is_encrypted);
void peers_remove(Peers *peers, Peer *peer);
size_t peers_count(Peers *peers);

/* Open connections from this address. */
size_t peers_count_of(Peers *peers, const struct sockaddr *address);

/* The peer has until then. False: it was cut already. */
bool peer_expect_by(Peer *peer, int64_t deadline_us);

/* The request is complete: what takes time from now on is our own work. False as above. */
bool peer_is_waiting(Peer *peer);

/* The text form of an address; an IPv4 address inside IPv6 is shown as IPv4, AF_UNIX as "local". */
void peer_format_address(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN]);
