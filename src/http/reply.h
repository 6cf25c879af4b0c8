/* Reply - what a handler returns. Its texts live in the request's arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/schema.h"
#include "json/writer.h"

typedef struct Request Request;

typedef struct Header {
    const char *name;
    const char *value;
} Header;

enum { REPLY_HEADERS = 6 };

typedef struct Reply {
    int status; /* 0: the step is done, go on with the next */
    const char *body;
    size_t length;
    const char *content_type; /* NULL with no body */
    bool is_static;           /* `body` outlives the request and need not be kept */
    bool no_store;            /* Cache-Control: no-store instead of private, no-cache */
    Header headers[REPLY_HEADERS];
    size_t header_count;
} Reply;

/* The step is done. */
Reply reply_go_on(void);

/* 200 (or the route's own status) with the object. */
Reply reply_object(Request *req, const Schema *schema, const void *object);

/* The same with an array of `count` objects of schema->size bytes, one after another. */
Reply reply_array(Request *req, const Schema *schema, const void *items, size_t count);

/* 201 with Location (an arena text) and the object. */
Reply reply_created(Request *req, const char *location, const Schema *schema, const void *object);

/* What the writer holds, with the route's status. */
Reply reply_written(Request *req, Writer *w);

Reply reply_no_content(void);
Reply reply_not_modified(void);

/* req->error as application/problem+json (RFC 9457): type, title, status, detail, instance, and
 * `errors` for faults; 401 with WWW-Authenticate, 429/503 with Retry-After. */
Reply reply_error(Request *req);

/* Adds a header; name and value must outlive the request or live in its arena. */
void reply_header(Reply *reply, const char *name, const char *value);

/* ETag: "<version>" of an event. A GET whose If-None-Match names it becomes a 304. */
void reply_etag(Request *req, Reply *reply, int64_t version);
