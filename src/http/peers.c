#include "http/peers.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/subnet.h"
#include "http/bare_reply.h"

enum { PEERS_AT_ONCE = 32 };

struct Client {
    Client *next;   /* at the same place, or of those that are not used */
    Client **place; /* in Peers */
    uint64_t key;   /* of its network: base/address.h */
    unsigned connections;
};

#define CUT   INT64_MIN
#define NEVER INT64_MAX

static void cut_if_late(Peer *peer, int64_t now)
{
    int64_t deadline = atomic_load(&peer->deadline_us);

    if (deadline >= now || deadline == CUT ||
        !atomic_compare_exchange_strong(&peer->deadline_us, &deadline, CUT))
        return;
    /* The network thread has not begun a reply, or the deadline would be NEVER. */
    if (atomic_load(&peer->is_in_request) && !peer->is_encrypted)
        bare_reply_send(peer->socket, ERROR_REQUEST_TIMEOUT, "The request did not arrive in time.",
                        peer->id);
    shutdown(peer->socket, SHUT_RDWR);
}

static void *watch(void *context)
{
    Peers *peers = context;

    pthread_mutex_lock(&peers->mutex);
    while (!peers->is_stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&peers->stop, &peers->mutex, &until);
        int64_t now = clock_monotonic_us();
        for (Peer *peer = peers->open; peer != NULL; peer = peer->next)
            cut_if_late(peer, now);
    }
    pthread_mutex_unlock(&peers->mutex);
    return NULL;
}

bool peers_start(Peers *peers, Arena *arena, Error *err)
{
    pthread_condattr_t monotonic;

    *peers = (Peers){ .arena = arena };
    random_bytes(&peers->seed, sizeof(peers->seed));
    pthread_mutex_init(&peers->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&peers->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&peers->thread, NULL, watch, peers);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "Cannot start a thread: %s.", strerror(failed));
    return true;
}

void peers_stop(Peers *peers)
{
    pthread_mutex_lock(&peers->mutex);
    peers->is_stopping = true;
    pthread_cond_signal(&peers->stop);
    pthread_mutex_unlock(&peers->mutex);
    pthread_join(peers->thread, NULL);
    pthread_cond_destroy(&peers->stop);
    pthread_mutex_destroy(&peers->mutex);
}

static Peer *take_unused(Peers *peers)
{
    if (peers->unused == NULL) {
        Peer *fresh = ARENA_ARRAY(peers->arena, Peer, PEERS_AT_ONCE);
        for (size_t i = 0; i < PEERS_AT_ONCE; i++) {
            fresh[i].next = peers->unused;
            peers->unused = &fresh[i];
        }
    }
    Peer *peer = peers->unused;
    peers->unused = peer->next;
    return peer;
}

/* The client of this key, whose connections were counted; a new one if there is none. */
static Client *find_client(Peers *peers, uint64_t key)
{
    Client **place = &peers->clients[address_spread(key, peers->seed) % PEERS_PLACES];

    for (Client *one = *place; one != NULL; one = one->next) {
        if (one->key == key)
            return one;
    }
    Client *client = peers->unused_clients;
    if (client == NULL)
        client = ARENA_NEW(peers->arena, Client);
    else
        peers->unused_clients = client->next;
    *client = (Client){ .next = *place, .place = place, .key = key };
    *place = client;
    return client;
}

static void leave_client(Peers *peers, Client *client)
{
    if (client == NULL || --client->connections > 0)
        return;
    Client **link = client->place;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    client->next = peers->unused_clients;
    peers->unused_clients = client;
}

/* False: it has as many as it may. */
static bool join_client(Peers *peers, Peer *peer, unsigned limit)
{
    peer->client = find_client(peers, address_network(peer->address));
    peer->client->connections++;
    if (limit == 0 || peer->client->connections <= limit)
        return true;
    leave_client(peers, peer->client);
    return false;
}

static Peer *insert(Peers *peers, const Peer *fresh)
{
    Peer *peer = take_unused(peers);

    *peer = *fresh;
    peer->next = peers->open;
    if (peer->next != NULL)
        peer->next->previous = peer;
    peers->open = peer;
    peers->count++;
    return peer;
}

static bool is_loopback(const char *address)
{
    struct in6_addr bytes;

    return subnet_read_address(address, strlen(address), &bytes) && subnet_is_loopback(&bytes);
}

Peer *peers_add(Peers *peers, int socket, const struct sockaddr *address, bool is_encrypted,
                unsigned limit)
{
    bool is_local = address->sa_family == AF_UNIX;
    Peer fresh = {
        .socket = socket,
        .is_encrypted = is_encrypted && !is_local,
        .is_local = is_local,
        .deadline_us = clock_monotonic_us() + LIMIT_IDLE_S * SECOND_US,
    };
    Peer *peer = NULL;

    peer_format_address(address, fresh.address);
    fresh.is_loopback = is_loopback(fresh.address);
    random_hex(fresh.id, PEER_ID_DIGITS / 2);
    pthread_mutex_lock(&peers->mutex);
    if (is_local || join_client(peers, &fresh, limit))
        peer = insert(peers, &fresh);
    pthread_mutex_unlock(&peers->mutex);
    return peer;
}

void peers_remove(Peers *peers, Peer *peer)
{
    pthread_mutex_lock(&peers->mutex);
    if (peer->previous != NULL)
        peer->previous->next = peer->next;
    else
        peers->open = peer->next;
    if (peer->next != NULL)
        peer->next->previous = peer->previous;
    leave_client(peers, peer->client);
    peer->next = peers->unused;
    peers->unused = peer;
    peers->count--;
    pthread_mutex_unlock(&peers->mutex);
}

Peer *peers_take(Peers *peers, int socket)
{
    pthread_mutex_lock(&peers->mutex);
    Peer *peer = peers->open;
    /* The newest stand first: only those that came in the last moment are looked at. */
    while (peer != NULL && (peer->socket != socket || peer->is_taken))
        peer = peer->next;
    assert(peer != NULL); /* every connection came through peers_add */
    peer->is_taken = true;
    pthread_mutex_unlock(&peers->mutex);
    return peer;
}

size_t peers_count(Peers *peers)
{
    pthread_mutex_lock(&peers->mutex);
    size_t count = peers->count;
    pthread_mutex_unlock(&peers->mutex);
    return count;
}

uint64_t peers_refused(Peers *peers)
{
    pthread_mutex_lock(&peers->mutex);
    uint64_t refused = peers->refused;
    pthread_mutex_unlock(&peers->mutex);
    return refused;
}

void peers_count_refused(Peers *peers)
{
    pthread_mutex_lock(&peers->mutex);
    peers->refused++;
    pthread_mutex_unlock(&peers->mutex);
}

bool peer_expect_by(Peer *peer, int64_t deadline_us)
{
    int64_t old = atomic_load(&peer->deadline_us);

    while (old != CUT) {
        if (atomic_compare_exchange_weak(&peer->deadline_us, &old, deadline_us))
            return true;
    }
    return false;
}

bool peer_is_waiting(Peer *peer)
{
    return peer_expect_by(peer, NEVER);
}

void peer_format_address(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN])
{
    if (address->sa_family == AF_UNIX) {
        snprintf(ret_text, INET6_ADDRSTRLEN, "local");
        return;
    }
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, ret_text, INET6_ADDRSTRLEN);
        return;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], ret_text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, &six->sin6_addr, ret_text, INET6_ADDRSTRLEN);
}
