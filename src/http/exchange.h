/* Exchange - one request on its way through the server: the Request that handlers see, and what
 * the network side and the lanes keep about it.
 *
 * It belongs to one thread at a time: to the network thread that reads and answers, or, while the
 * connection is suspended, to the lane that holds it. It lives in its own arena, from the request
 * line until the last byte of the reply has been sent. */
#pragma once

#include <microhttpd.h>

#include "auth/token_cache.h"
#include "base/buffer.h"
#include "http/peers.h"
#include "http/reply.h"
#include "http/router.h"

typedef struct Exchange Exchange;

/* The header fields that the server itself acts on, as they came; NULL: not there. */
typedef struct Head {
    const char *host;
    const char *content_type;
    const char *content_length;
    const char *transfer_encoding;
    const char *authorization;
    const char *expect;
    const char *forwarded_for; /* the last one */
    const char *origin;
    bool is_forwarded;        /* a proxy says so */
    bool is_for_this_machine; /* in HTTP/1.1, to a name of loopback */
    bool has_two_content_types;
    bool has_content_encoding;
} Head;

struct Exchange {
    Task task; /* first, so that a lane's task is the exchange */
    Request request;
    Arena arena;

    /* The head */
    struct MHD_Connection *connection;
    struct NetworkThread *thread; /* the connection's */
    Peer *peer;
    TokenCache *tokens;
    const Router *router;
    const char *uri;    /* as it came, in the arena */
    const char *method; /* in the arena */
    Head head;
    const char *allow; /* the methods of the path, for OPTIONS and 405 */
    size_t route_index;
    bool is_head_read;
    bool must_close;         /* nothing more is read from this connection */
    const char *rate_policy; /* RateLimit-Policy and RateLimit, or NULL */
    const char *rate_state;

    /* The body */
    Buffer content;
    size_t content_limit;
    size_t content_seen; /* more than content.length when it is too long */
    bool is_complete;    /* all of the request is here … */
    bool is_input_read;  /* … and decoded */

    /* The lanes */
    Error fault;        /* of query or body; told only to those who may do this */
    size_t step;        /* of route->before; beyond them: the handler */
    size_t first_step;  /* the first one that this request needs */
    bool is_prepared;   /* route->prepare was called, and said … */
    Pace pace;          /* … this */
    bool is_long;       /* a read took more than a brief one may, or is of somebody who has lately
                           read much: it begins, or begins anew, where it may … */
    bool is_overspent;  /* … and this run of it was in vain */
    bool is_barred;     /* its need refused it */
    bool is_done;       /* it was done before, as a step has found: there is a reply to it */
    bool is_asked;      /* what the step wants to know was asked already */
    bool was_in_vain;   /* a step has run that had to run again, and its memory is gone */
    void *state_before; /* request.state as the step found it */
    struct Once *once;  /* with an Idempotency-Key (http/idempotency.h), or NULL */
    bool has_reply;
    bool is_packed; /* or it was tried */
    Reply reply;

    int64_t started_us; /* of the monotonic clock */
};

/* In an arena of its own; `uri` as it came. */
Exchange *exchange_create(struct MHD_Connection *connection, const char *uri);
void exchange_destroy(Exchange **x);

/* Takes the connection out of the network thread's hands, on that thread … */
void exchange_suspend(Exchange *x);

/* … and gives it back, from any. Nobody else touches the exchange after that. */
void exchange_resume(Exchange *x);

static inline void exchange_reply(Exchange *x, Reply reply)
{
    x->reply = reply;
    x->has_reply = true;
}
