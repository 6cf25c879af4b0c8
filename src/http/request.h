/* Request - everything a handler needs to know, decoded, checked and permitted. Lives in its own
 * arena until the reply has been sent. */
#pragma once

#include "auth/refresh.h"
#include "auth/token.h"
#include "base/config.h"
#include "http/route.h"
#include "store/driver/db.h"
#include "store/records.h"
#include "work/lanes.h"

enum { REQUEST_PATH_VALUES = 4, KEY_BYTES = 32 };

/* What all requests share; constant after start. */
typedef struct App {
    const Config *config;
    const RouteTable *const *tables; /* ended by NULL */
    /* Where programs of this machine and of our own user speak to the server: a Unix socket with
     * routes of its own, which nobody else sees. NULL: nowhere. */
    const char *socket;
    const RouteTable *const *socket_tables; /* ended by NULL; with `socket` */
    unsigned char access_key[KEY_BYTES];
    unsigned char refresh_key[KEY_BYTES];
    unsigned char cursor_key[KEY_BYTES];
    unsigned char replay_key[KEY_BYTES]; /* of the digests of requests with an Idempotency-Key */
    /* The highest cost of a hash that an account has; 0: that of new ones. */
    int dearest_hash;
    const char *setup_token; /* makes the first administrator; NULL: there was one at start … */
    Instant setup_until;     /* … until then */
    const char *version;     /* of the program */
    const char *openapi;     /* what /openapi.json answers, built at start … */
    const char *openapi_tag; /* … and its ETag, with the quotes */
    bool cleans_up;          /* the database is the program's own: work/cleaner.h */
} App;

typedef struct Server Server;

typedef struct Bytes {
    const char *data; /* a '\0' follows */
    size_t length;
} Bytes;

struct Request {
    Arena *arena;
    const App *app;
    Server *server; /* for /readyz and /metrics */
    const Route *route;
    Db *db;              /* the lane's connection; NULL in the HASH lane until request_db */
    Lane lane;           /* where the present step runs */
    Worker *worker;      /* of the thread that runs this step, where request_db may be called */
    const char *id;      /* X-Request-Id */
    bool is_brief;       /* a read that begins anew elsewhere if it takes more than a moment */
    int64_t work_left;   /* of rules, for one step; below 0 afterwards: it was not enough */
    Instant now;         /* one moment for the whole request */
    const char *address; /* of the client, without port */
    const char *agent;   /* User-Agent, at most 255 bytes, or NULL */

    const char *path;                             /* as asked for, decoded */
    const char *path_values[REQUEST_PATH_VALUES]; /* in the order of the route's {names} */
    void *query;                                  /* the struct of route->in.query, or NULL */
    const char *query_text;                       /* as asked for, for links to the next page */
    void *body;                                   /* the struct of route->in.takes, or NULL */
    Bytes bytes;                                  /* with route->in.bytes: the body as it came */
    bool body_was_array;
    bool is_looked_at;    /* a step has checked the new events of the body and filled them in */
    const char *if_match; /* header text, or NULL */
    const char *if_none_match;
    const char *accept_encoding;
    const char *bearer; /* what came as a token in Authorization, whatever it is; or NULL */
    bool is_direct;     /* this machine itself, not through a proxy as far as anybody can tell */

    bool token_given; /* something came in Authorization: tells the two kinds of 401 apart */
    bool has_token;   /* a token that is genuine and not expired came along */
    TokenClaims claims;
    const Identity *user;    /* NULL where nobody in particular is needed */
    void *subject;           /* what the need was about, for who knows it (src/permit/) */
    int64_t subject_version; /* its version: its ETag, in quotes */

    Ask *asked_user; /* what the need asked and takes */
    void *asked_subject;
    void *asked;                  /* what route->ask left for the handler */
    void *state;                  /* what a step left for the next one */
    struct Judged *judged;        /* what it has made of events (api/judged.h) */
    int64_t place;                /* how far the handler has come (reply_again); 0: it begins */
    struct FoldedTexts *folded;   /* what route->digest left for the handler; or NULL */
    struct ChangeSet *change_set; /* what this step has changed so far (store/records.h) */
    Error error;                  /* what went wrong; reply_error(req) makes the reply */
    const char *problem_members;  /* more members for the problem body: JSON text `"a":1,"b":2` */
};

/* ["query"] and ["body"]: where faults are. */
extern const Location query_location;
extern const Location body_location;

/* An id in the path: 1 … 2^63-1 in its one spelling. A path value that is none was already
 * answered with 404 by the router. `name` must be in the route's path (assert). */
int64_t request_id(const Request *req, const char *name);

/* Another path value, as text. */
const char *request_text(const Request *req, const char *name);

/* Is the route open, or did a genuine token come along? */
bool request_may_be_heard(const Request *req);

/* Takes a read connection for the present step where the lane gives none by itself: in the HASH
 * lane and on routes that answer without a database. It goes back when the step returns. False:
 * req->error says why. */
bool request_db(Request *req);

/* The stream that this request is answered with goes on (http/reply.h). From any thread. */
void request_resume(Request *req);
