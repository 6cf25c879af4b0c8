/* Route - one row per operation: the router, the checks, /openapi.json and the tests read it.
 *
 * Before the handler runs, the server has done everything the row says: matched the path, limited
 * the rate, checked the token, decoded and checked query and body against their tables, found the
 * user and what the route is about, and refused who may not.
 *
 * A {name} in a path says what it stands for after a colon: {event_id:int} is an id, 1 … 2^63-1 in
 * its one spelling; {file:rest} is all of the path that is left, at least one part of it, for what
 * is mounted there; {name} alone is one part, as text. A fixed part goes before a {name} at the
 * same place, and a {name} before a rest. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "http/need.h"
#include "work/task.h"
#include "json/schema.h"

typedef struct Reply Reply;
typedef struct Route Route;
typedef struct FailureForm FailureForm; /* http/reply.h */

typedef Reply (*Handler)(Request *req);

/* HEAD is GET. OPTIONS is answered with the methods of the path where no route takes it. */
#define METHODS(X) X(GET) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)

typedef enum Method {
#define X(name) METHOD_##name,
    METHODS(X)
#undef X
        METHOD_COUNT,
} Method;

/* Where a handler runs (work/task.h). READ: at once, on a read connection. SCAN: on one too, but
 * never on a network thread; for steps, a handler says so by its pace. WRITE: in a queue,
 * inside a transaction that the lane commits when the reply is 2xx (or the step says to go on) and
 * rolls back otherwise; it may run again from the start when it is rolled back (a deadlock, a
 * neighbour in the group that failed), so it must set, not add, in what it was given. HASH: in a
 * small pool with a bounded queue, on a read connection (for who is signed in, or with request_db).
 */

/* QUICK: it looks at no more than some rows along an index, and so may be answered together with
 * others, who wait for it. BRIEF: most are as quick, but one may ask for more: it begins with
 * little work and memory (req->is_brief), and heeds both in all that grows with what is stored.
 * SCAN: it looks at all that somebody has, so it never runs on a network thread, and nobody has all
 * threads of its lane for himself. */
typedef enum Pace { PACE_QUICK, PACE_BRIEF, PACE_SCAN } Pace;

/* A part of an operation that must run in another lane first, e.g. bcrypt before the INSERT. It
 * leaves what it found in req->state and returns reply_go_on(), or the final reply. A handler that
 * finds that it is needed after all, or that what it found is no more so, returns reply_look().
 * The WRITE lane commits what a step did, so a counted attempt stays counted. HASH never comes
 * first where not everybody may: who may not is refused before anything waits for it. */
typedef struct Step {
    Lane lane;
    Handler run; /* NULL: no step */
    /* NULL, or says whether this request needs the step; it is sound, and nobody knows yet whether
     * its sender may. */
    bool (*is_needed)(const Request *req);
} Step;

typedef enum Shape {
    GIVES_NOTHING, /* 204 */
    GIVES_ONE,     /* the object of `gives` */
    GIVES_PAGE,    /* {items, total, next_cursor} of `gives` */
    GIVES_ARRAY,   /* a bare array of `gives` */
    GIVES_OTHER,   /* not JSON, or not described by a schema: `content_type` */
} Shape;

/* What comes in. A body is JSON of `takes`, or in the media type of `bytes`, which is not looked
 * into: req->bytes. With neither it takes none. */
typedef struct Input {
    const Schema *query; /* NULL: takes no parameters, any one is a 422 */
    const Schema *takes;
    DecodeMode mode;
    bool takes_form;      /* application/x-www-form-urlencoded and multipart/form-data too */
    const char *array_as; /* a bare array in the body is taken as this member */
    const char *bytes;    /* "text/calendar" */
    bool is_optional;     /* the body; null counts as left out */
    const char *example; /* JSON text of a body, where the members' own examples make no good one */
    size_t limit;        /* of the body; 0: LIMIT_BODY_BYTES */
} Input;

/* What goes out when it went well. */
typedef struct Output {
    int status; /* 0: 200 (204 with GIVES_NOTHING) */
    Shape shape;
    const Schema *gives;
    const Schema *or_gives; /* the other form of the reply, where the contract has two */
    bool gives_array_or;    /* with or_gives: `gives` is an array, `or_gives` one object */
    const char *content_type;
} Output;

struct Route {
    Method method;
    const char *path; /* "/api/events/{event_id:int}/history/{version:int}" */
    Handler handler;
    Lane lane;
    Step before[2];
    /* NULL, or asks the database what the handler will want to know (db_ask), and leaves the
     * questions in req->asked for it: called before it is known whether the caller may, with a
     * sound request and req->claims, without req->user and req->subject. Asks before the need
     * does: a WRITE locks here what else it is about. */
    void (*ask)(Request *req);
    /* NULL: PACE_QUICK. Called once, before `ask` and without a database: leaves in req->asked what
     * `ask` and the handler need of the request. */
    Pace (*prepare)(Request *req);
    /* NULL, or does beforehand what takes long of a long body alone, once it has been decoded and
     * is sound, without a database: for the handler not to do it in its lane. */
    void (*digest)(Request *req);
    bool changes_many;     /* WRITE: a short body may ask for much, so it runs alone */
    bool works_without_db; /* READ: no connection is taken unless the handler calls request_db */
    bool asks_db_itself;   /* with works_without_db: the handler calls request_db */

    const Need *needs;
    /* Who is given the kept reply when the same is asked for again with the same Idempotency-Key,
     * where the change itself ends what `needs` asks for, or `needs` does not say all. NULL:
     * `needs`. */
    const Need *needs_again;
    bool limits_guessing;  /* the tight rate limit; POST routes that are open have it anyway */
    bool has_etag;         /* replies carry an ETag; a GET honours If-None-Match with 304 */
    bool honours_if_match; /* its subject's ETag is checked: stale is 412, 428 when required */

    Input in;
    Output out;
    uint64_t fails;              /* FAILS_2(NOT_FOUND, CONFLICT): beyond what the row implies */
    const FailureForm *fails_as; /* NULL: problem_json */

    const char *id;  /* of the operation, unique: what generated clients call their function */
    const char *tag; /* group in the documentation */
    const char *summary;
    const char *doc;
};

#define FAIL_BIT(code)      (UINT64_C(1) << ERROR_##code)
#define FAILS_1(a)          FAIL_BIT(a)
#define FAILS_2(a, b)       (FAIL_BIT(a) | FAIL_BIT(b))
#define FAILS_3(a, b, c)    (FAIL_BIT(a) | FAIL_BIT(b) | FAIL_BIT(c))
#define FAILS_4(a, b, c, d) (FAILS_3(a, b, c) | FAIL_BIT(d))

/* All failures a client can meet at this route: `fails` and what the row implies (401 with a token,
 * 404 with an id, 403 by the access table, 400/413/415/422 with a body, 412/428, 429, 503 …). */
uint64_t route_failures(const Route *route);

/* The table of one resource. All of them together are a list of such tables, ended by NULL. */
typedef struct RouteTable {
    const Route *routes;
    size_t count;
} RouteTable;

/* May anybody do it? */
static inline bool route_is_open(const Route *route)
{
    return route->needs->permit == NULL;
}

/* Does it keep its reply for who names it with an Idempotency-Key? What changes something, for who
 * is signed in; but replies under /api/auth/ hold tokens, and nothing of them is kept. */
bool route_honours_key(const Route *route);

const char *method_name(Method method);

typedef enum PathType { PATH_TEXT, PATH_INT, PATH_REST } PathType;

/* What the {name} at `brace` stands for. */
PathType route_path_type(const char *brace);

/* The path without the types: "/api/events/{event_id}". */
void route_write_path(const Route *route, Buffer *out);
