/* Reply - what a handler returns. Its texts live in the request's arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "json/schema.h"
#include "json/writer.h"

typedef struct Header {
    const char *name;
    const char *value;
} Header;

enum { REPLY_HEADERS = 6 };

/* What every reply carries, unless it says otherwise itself. */
extern const Header reply_usual_headers[];
extern const size_t reply_usual_header_count;

/* A body that is made while it is sent, on the network thread, which must not wait for anything. */
typedef struct Stream Stream;
struct Stream {
    /* Puts at most `size` bytes into `piece`, and gives how many; or one of the below. */
    ptrdiff_t (*proceed)(Stream *stream, char *piece, size_t size);
    /* After STREAM_LATER: from now on request_resume may be called, from any thread, and must be
     * some time, even if only to say that nothing will come: as a task of a lane does in the end.
     * NULL where nothing is ever late. */
    void (*wait)(Stream *stream);
    /* Comes last: all is sent, or the client is gone. Not while it waits. NULL: nothing to do. */
    void (*stop)(Stream *stream);
};

enum {
    STREAM_LATER = 0,   /* nothing yet: it is asked again when resumed */
    STREAM_END = -1,    /* that was all */
    STREAM_BROKEN = -2, /* the connection is cut, so that nobody takes a part for the whole */
};

/* How a failure is told. */
struct FailureForm {
    const char *content_type;
    void (*write)(Buffer *out, const Request *req, const Error *error);
};

/* RFC 9457, and the same with the member `error` of RFC 6749 5.2. */
extern const FailureForm problem_json;
extern const FailureForm problem_json_oauth;

typedef struct Reply {
    int status; /* 0: the step is done, go on with the next */
    const char *body;
    size_t length;
    const char *content_type; /* NULL with no body */
    Stream *stream;   /* instead of `body`, or NULL; none from the WRITE lane, which may take
                       * a reply back */
    bool no_store;    /* Cache-Control: no-store instead of private, no-cache; is never packed */
    bool is_packable; /* there is another form of it for who says another Accept-Encoding */
    bool is_dry_run;  /* nothing was changed: no reply that is kept */
    bool stays;       /* a refusal after which the WRITE lane commits all the same */
    bool looks_first; /* of a handler: reply_look … */
    int64_t again;    /* … or reply_again; 0: no */
    /* What the body was made of, where it is an object or an array of them: a reply that is too
     * large to be kept whole is kept as their ids. */
    const Schema *schema;
    const void *objects;
    size_t object_count;
    bool is_array;
    Header headers[REPLY_HEADERS];
    size_t header_count;
} Reply;

/* The step is done. */
Reply reply_go_on(void);

/* Of a handler that has changed nothing: the step before it runs, needed or not, and then the
 * handler once more. */
Reply reply_look(void);

/* Of a handler in the WRITE lane that has done a piece: it is committed, and when others have had
 * their turn the handler runs once more, with `place` (not 0) in req->place. What fails later
 * leaves the pieces before it. */
Reply reply_again(int64_t place);

/* 200 (or the route's own status) with the object. This and the next three end as reply_error does
 * when the request has taken more memory than it may (base/budget.h). */
Reply reply_object(Request *req, const Schema *schema, const void *object);

/* The same with an array of `count` objects of schema->size bytes, one after another. */
Reply reply_array(Request *req, const Schema *schema, const void *items, size_t count);

/* 201 with Location (an arena text) and the object. */
Reply reply_created(Request *req, const char *location, const Schema *schema, const void *object);

/* What the writer holds, with the route's status. */
Reply reply_written(Request *req, Writer *w);

Reply reply_no_content(void);
Reply reply_not_modified(void);

/* req->error in the route's form; 401 with WWW-Authenticate, 429/503 with Retry-After. */
Reply reply_error(Request *req);

/* 404, as where there never was anything. */
Reply reply_absent(Request *req);

/* Adds a header; name and value must outlive the request or live in its arena. */
void reply_header(Reply *reply, const char *name, const char *value);

/* ETag: "<version>" of an event; not on a refusal. A GET whose If-None-Match names it becomes a
 * 304. */
void reply_etag(Request *req, Reply *reply, int64_t version);
