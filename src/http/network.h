/* Network - the threads that read requests and send replies, each with a libmicrohttpd of its own,
 * and one that accepts connections and hands them out in turn. The Unix socket has a thread of its
 * own, without TLS, so that an operator gets through when nobody else does.
 *
 * libmicrohttpd's own threads are not used: its epoll loop (0.9.75, MHD_epoll) waits for more
 * events with the full timeout before it handles the 128 it has got, so 128 connections that become
 * ready at once are answered only when something else happens. Driven from outside, by MHD_run, it
 * never waits. docs/decisions/0006.
 *
 * A client has at most LIMIT_CONNECTIONS_PER_IP connections, unless it is a trusted proxy: all of
 * that one's clients have its address. Who comes beyond that gets a 429, and a 503 when all places
 * are taken. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/config.h"
#include "http/packing.h"
#include "http/peers.h"
#include "http/turn_away.h"
#include "work/gather.h"

/* What libmicrohttpd calls, on the thread whose connection it is. */
typedef struct NetworkCallbacks {
    MHD_NotifyConnectionCallback on_connection; /* here and below `context` comes first */
    void *(*on_request_line)(void *context, const char *uri, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback on_request; /* the NetworkThread comes first */
    MHD_RequestCompletedCallback on_end;
    size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
} NetworkCallbacks;

/* Has a thread gone round since somebody last looked? */
typedef struct Pulse {
    atomic_uint turns;
    unsigned seen;
} Pulse;

typedef struct NetworkThread {
    pthread_t thread;
    pthread_t self; /* the same, as the thread itself knows it */
    struct Network *network;
    struct MHD_Daemon *daemon;
    Worker worker;         /* on SQLite without a connection while the thread waits */
    Gather gather;         /* for operation_submit */
    Packer packer;         /* of its replies */
    int wake;              /* an eventfd: a connection was resumed, or this thread shall end */
    atomic_bool is_called; /* `wake` was written and not read yet */
    int arrived[2];        /* a pipe of the Peers that were accepted for this thread */
    int local;             /* or the Unix socket, on which it accepts itself; -1: none */
    Pulse pulse;
    bool has_resumed; /* a connection of its own, on the thread itself: MHD_run once more */
    bool is_running;
} NetworkThread;

typedef struct NetworkSetup {
    const NetworkCallbacks *callbacks;
    void *context; /* for them */
    const Config *config;
    Lanes *lanes;
    Peers *peers;
    Arena *arena; /* until network_start returns */
    int listening;
    int local;           /* the Unix socket, or -1 */
    size_t thread_count; /* of those that serve the network */
} NetworkSetup;

typedef struct Network {
    NetworkSetup setup;
    NetworkThread *threads;
    size_t total; /* of the threads: perhaps one more, for the Unix socket */
    size_t next;  /* who gets the next connection */
    unsigned connection_limit;
    pthread_t acceptor;
    TurnedAway turned_away; /* the acceptor's */
    Pulse pulse;            /* likewise */
    bool is_accepting;
    int quiet;               /* an eventfd: is_quiet was set, or the acceptor shall go round */
    atomic_bool is_quiet;    /* no new connections */
    atomic_bool is_stopping; /* no more anything */
} Network;

/* Takes over the listening sockets, also when it fails. */
bool network_start(Network *network, const NetworkSetup *setup, Error *err);

/* This thread has something to do: libmicrohttpd wakes only threads of its own when a connection is
 * resumed. */
void network_wake(NetworkThread *thread);

/* Has every thread gone round since this was last asked, by the same thread? And has them go round,
 * for the next time. */
bool network_is_alive(Network *network);

/* No new connections but over the Unix socket; those that are open go on. */
void network_quiesce(Network *network);

/* Ends the threads and closes every connection. */
void network_stop(Network *network);
