/* Event input - what the files of the event resource share: how an event comes in, who changes it,
 * and how it goes out. */
#pragma once

#include "http/request.h"
#include "store/edits.h"

/* Who changes something in this request, and why. */
Author author_of(const Request *req, const char *comment);

/* The event as the reply to a read or a write, with its ETag. */
Reply reply_event(Request *req, const Event *event);

/* For what is checked after the body was decoded: faults go to `where` in it. */
Decoder body_decoder(Request *req, const Location *where);

/* Checks a new event and fills in what its author left out; `where` is its place in the body.
 * `work_left` is for several of one request (json/schema.h), or NULL. */
bool event_prepare(Request *req, const Location *where, int64_t *work_left, Event *event);

/* The 422 for rules that are too complex to follow, told at `where`: `problem` is that of
 * occurrences_find. Returns false. */
bool refuse_complex(Request *req, const Location *where, const Error *problem);

/* req->error; a uid that the owner has already is a 409. */
Reply reply_clash(Request *req);

/* The parameters of a change: why. */
typedef struct CommentQuery {
    Members given;
    const char *comment;
} CommentQuery;
extern const Schema comment_query_schema;
