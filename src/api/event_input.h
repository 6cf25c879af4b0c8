/* Event input - what the files of the event resource share: how an event comes in, who changes it,
 * and how it goes out. */
#pragma once

#include "http/reply.h"
#include "store/edits.h"

/* Who changes something in this request, and why. */
Author author_of(const Request *req, const char *comment);

/* What takes long of a body that is an event, or has several (route->digest): their texts are
 * folded. */
void event_digest(Request *req);
void event_digest_texts(Request *req, const Event *event);
void events_digest(Request *req, const List *events);

/* The same of an event as it will be written, once and for all. */
void event_make_texts_ready(Request *req, const Event *event);

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

/* The parameters of what changes an event. Each route has those that its table lists. */
typedef struct ChangeQuery {
    Members given;
    int64_t overrides;
    int64_t conflicts;
    const char *comment;
    int64_t scope; /* SeriesScope; INTEGER_NULL is THIS */
    bool dry_run;
    Instant from;
    Instant to;
    int64_t limit;
} ChangeQuery;
extern const Schema comment_query_schema; /* why */

/* TEXT(ChangeQuery, comment, COMMENT_TEXT) */
#define COMMENT_TEXT                                                                               \
    .min = 1, .max = LIMIT_COMMENT, .doc = "Why: kept with the version and in the changelog.",     \
    .example = "\"Room was taken\""

/* CHOICE(ChangeQuery, overrides, OVERRIDES_CHOICE) */
#define OVERRIDES_CHOICE                                                                           \
    .choices = overrides_choices, .fallback = "\"tell\"",                                          \
    .doc = "When a change leaves overrides without their occurrences: `tell` gives them up and "   \
           "names them in `dropped_overrides`; `strict` refuses the change with 422.",             \
    .example = "\"strict\""
extern const char *const overrides_choices[];

/* False, 422 at `where`.recurrence_overrides, when any were `dropped` and the request said
 * `overrides=strict`. */
bool overrides_may_drop(Request *req, const Location *where, const List *dropped);
