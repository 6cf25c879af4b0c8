#include "http/peers.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"

enum { PEERS_AT_ONCE = 32 };

#define CUT   INT64_MIN
#define NEVER INT64_MAX

#define TIMEOUT_BODY                                                                               \
    "{\"type\":\"urn:fasti:problem:request-timeout\",\"title\":\"The request took too long\","     \
    "\"status\":408,\"detail\":\"The request did not arrive in time.\"}"
static_assert(sizeof(TIMEOUT_BODY) - 1 == 140, "Content-Length below");

static const char timeout_reply[] = "HTTP/1.1 408 Request Timeout\r\n"
                                    "Content-Type: application/problem+json\r\n"
                                    "Content-Length: 140\r\n"
                                    "Cache-Control: no-store\r\n"
                                    "X-Content-Type-Options: nosniff\r\n"
                                    "Referrer-Policy: no-referrer\r\n"
                                    "Connection: close\r\n\r\n" TIMEOUT_BODY;

static void cut_if_late(Peer *peer, int64_t now)
{
    int64_t deadline = atomic_load(&peer->deadline_us);

    if (deadline >= now || deadline == CUT ||
        !atomic_compare_exchange_strong(&peer->deadline_us, &deadline, CUT))
        return;
    /* The network thread has not begun a reply, or the deadline would be NEVER. */
    if (peer->is_in_request && !peer->is_encrypted)
        (void)send(peer->socket, timeout_reply, sizeof(timeout_reply) - 1,
                   MSG_DONTWAIT | MSG_NOSIGNAL);
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

/* FNV-1a. */
static size_t place_of(const char *address)
{
    uint32_t hash = 2166136261U;

    for (; *address != '\0'; address++)
        hash = (hash ^ (unsigned char)*address) * 16777619U;
    return (hash ^ hash >> 16) % PEERS_ADDRESSES;
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

Peer *peers_add(Peers *peers, int socket, const struct sockaddr *address, bool is_encrypted)
{
    int64_t deadline = clock_monotonic_us() + LIMIT_IDLE_S * INT64_C(1000000);
    bool is_local = address->sa_family == AF_UNIX;
    Peer fresh = {
        .socket = socket,
        .is_encrypted = is_encrypted && !is_local,
        .is_local = is_local,
        .deadline_us = deadline,
    };

    peer_format_address(address, fresh.address);
    random_hex(fresh.id, PEER_ID_DIGITS / 2);
    pthread_mutex_lock(&peers->mutex);
    Peer *peer = take_unused(peers);
    *peer = fresh;
    peer->next = peers->open;
    if (peer->next != NULL)
        peer->next->previous = peer;
    peers->open = peer;
    peers->count++;
    if (!is_local)
        peers->count_by_address[place_of(peer->address)]++;
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
    peer->next = peers->unused;
    peers->unused = peer;
    peers->count--;
    if (!peer->is_local)
        peers->count_by_address[place_of(peer->address)]--;
    pthread_mutex_unlock(&peers->mutex);
}

size_t peers_count(Peers *peers)
{
    pthread_mutex_lock(&peers->mutex);
    size_t count = peers->count;
    pthread_mutex_unlock(&peers->mutex);
    return count;
}

size_t peers_count_of(Peers *peers, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];

    peer_format_address(address, text);
    pthread_mutex_lock(&peers->mutex);
    size_t count = peers->count_by_address[place_of(text)];
    pthread_mutex_unlock(&peers->mutex);
    return count;
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
